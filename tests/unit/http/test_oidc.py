"""Tokens of an issuer, checked against a local issuer that serves its keys over real HTTP."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.helpers.issuer import AUDIENCE, Issuer

from networkx_mcp.errors import InvalidInput, Unavailable
from networkx_mcp.http import oidc, resource_metadata
from networkx_mcp.http.auth import Authenticator
from networkx_mcp.http.auth_failure import REASONS, AuthFailure
from networkx_mcp.http.tokens import TENANT
from networkx_mcp.settings import Oidc as OidcSettings
from networkx_mcp.settings import Settings

PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    running = Issuer()
    yield running
    running.close()


def authenticator(issuer: Issuer, **settings: Any) -> Authenticator:
    return Authenticator(
        Settings(oidc=OidcSettings(issuer=issuer.url, audience=AUDIENCE, **{"leeway_seconds": 5, **settings}))
    )


def bearer(token: str) -> list[tuple[bytes, bytes]]:
    return [(b"authorization", f"Bearer {token}".encode())]


async def reason(auth: Authenticator, token: str) -> str:
    with pytest.raises(AuthFailure) as failure:
        await auth.caller(bearer(token))
    return failure.value.reason


async def test_a_good_token_names_subject_tenant_and_our_scopes(issuer: Issuer) -> None:
    caller = await authenticator(issuer).caller(bearer(issuer.token()))
    assert (caller.user_id, caller.tenant, caller.scopes) == ("oidc:ann", "acme", {"read", "write"})


async def test_the_claims_that_name_tenant_and_scopes_are_settings(issuer: Issuer) -> None:
    auth = authenticator(issuer, tenant_claim="org", scope_claim="permissions")
    caller = await auth.caller(bearer(issuer.token(org="corp", permissions=["read", "fly"])))
    assert (caller.tenant, caller.scopes) == ("corp", {"read"})


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"exp": 1}, "expired"),
        ({"nbf": 4_000_000_000}, "claims"),
        ({"exp": 10**400}, "claims"),
        ({"exp": float("inf")}, "claims"),
        ({"exp": float("nan")}, "claims"),
        ({"iat": True}, "claims"),
        ({"exp": "4000000000"}, "claims"),
        ({"exp": [4_000_000_000]}, "claims"),
        ({"nbf": -(10**400)}, "claims"),
        ({"nbf": "0"}, "claims"),
        ({"iat": 10**400}, "claims"),
        ({"iat": float("-inf")}, "claims"),
        ({"sub": 7}, "claims"),
        ({"sub": " "}, "claims"),
        ({"jti": 7}, "claims"),
        ({"iss": "https://other.example.org"}, "issuer"),
        ({"aud": "https://other.example.org"}, "audience"),
        ({"aud": None}, "claims"),
        ({"exp": None}, "claims"),
        ({"sub": None}, "claims"),
        ({"tenant": None}, "claims"),
        ({"tenant": "a:b"}, "claims"),
        ({"tenant": ["acme"]}, "claims"),
    ],
)
async def test_a_token_for_another_time_place_or_person_is_refused(
    issuer: Issuer, claims: dict[str, Any], expected: str
) -> None:
    assert await reason(authenticator(issuer), issuer.token(**claims)) == expected


#: Whatever JSON there is, and what Python's json takes for JSON.
ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**400), 2**53, 2**63, 0, "", "a", "\x00", "\ud800", AUDIENCE])
    | st.floats()
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
CLAIMS = ("exp", "nbf", "iat", "iss", "aud", "sub", "jti", "tenant", "scope", "azp", "acr")
HEADERS = ("kid", "typ", "cty", "crit", "b64", "jwk", "jku", "x5c", "alg")


def segment(value: Any) -> bytes:
    text = value if isinstance(value, bytes) else json.dumps(value).encode("utf-8", "surrogatepass")
    return base64.urlsafe_b64encode(text).rstrip(b"=")


def signed(issuer: Issuer, header: Any, payload: Any) -> str:
    """A token whose signature is good, whatever it says."""
    head = segment(header) + b"." + segment(payload)
    signature = issuer.keys["one"].sign(head, padding.PKCS1v15(), hashes.SHA256())
    return (head + b"." + segment(signature)).decode("ascii")


@pytest.fixture(scope="module")
def steady() -> Iterator[tuple[Issuer, Authenticator]]:
    """An issuer and what checks its tokens, for many examples."""
    running = Issuer()
    yield running, authenticator(running)
    running.close()


async def told(auth: Authenticator, token: str) -> str:
    """The reason, "" for a token that is taken. Any other error than a refusal is one of ours, and fails the test."""
    auth.oidc._known.clear()  # type: ignore[union-attr]
    failure: AuthFailure | None
    try:
        caller = await auth.caller(bearer(token))
    except AuthFailure as refused:
        failure = refused
    else:
        failure = None
    if failure is not None:
        assert failure.reason in REASONS
        assert failure.message
        return failure.reason
    assert TENANT.fullmatch(caller.tenant)
    assert caller.user_id.startswith("oidc:")
    return ""


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changed=st.dictionaries(st.sampled_from(CLAIMS), ANY, min_size=1, max_size=2))
def test_whatever_a_claim_holds_the_token_is_taken_or_refused_with_a_reason(
    steady: tuple[Issuer, Authenticator], changed: dict[str, Any]
) -> None:
    issuer, auth = steady
    good = {
        "iss": issuer.url,
        "aud": AUDIENCE,
        "sub": "ann",
        "exp": time.time() + 600,
        "tenant": "acme",
        "scope": "read",
    }
    asyncio.run(told(auth, signed(issuer, {"alg": "RS256", "kid": "one"}, {**good, **changed})))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changed=st.dictionaries(st.sampled_from(HEADERS), ANY, min_size=1, max_size=2))
def test_whatever_a_header_field_holds_the_token_is_taken_or_refused_with_a_reason(
    steady: tuple[Issuer, Authenticator], changed: dict[str, Any]
) -> None:
    issuer, auth = steady
    good = {"iss": issuer.url, "aud": AUDIENCE, "sub": "ann", "exp": time.time() + 600, "tenant": "acme"}
    asyncio.run(told(auth, signed(issuer, {"alg": "RS256", "kid": "one", **changed}, good)))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=ANY | st.binary(max_size=20), payload=ANY | st.binary(max_size=20))
def test_tokens_of_anything_are_refused_with_a_reason(
    steady: tuple[Issuer, Authenticator], header: Any, payload: Any
) -> None:
    issuer, auth = steady
    assert asyncio.run(told(auth, signed(issuer, header, payload)))
    assert asyncio.run(told(auth, signed(issuer, {"alg": "RS256", "kid": "one"}, payload)))


async def test_claims_nested_beyond_what_can_be_read_are_refused(issuer: Issuer) -> None:
    auth = authenticator(issuer)
    deep = b'{"a":' * 1200 + b"1" + b"}" * 1200
    assert await told(auth, signed(issuer, {"alg": "RS256", "kid": "one"}, deep)) == "claims"
    assert await told(auth, signed(issuer, deep, {})) == "malformed"


@settings(max_examples=200, deadline=None)
@given(
    bad=st.lists(
        ANY | st.fixed_dictionaries({}, optional=dict.fromkeys(("kty", "kid", "use", "alg", "n", "e", "crv"), ANY)),
        max_size=3,
    ),
    changed=st.dictionaries(st.sampled_from(["kid", "use", "alg", "n", "e", "key_ops"]), ANY, max_size=2),
)
def test_a_key_that_cannot_be_used_spoils_no_other(bad: list[Any], changed: dict[str, Any]) -> None:
    key = jwt.algorithms.RSAAlgorithm.to_jwk(PRIVATE.public_key(), as_dict=True)
    good = {**key, "kid": "good", "use": "sig"}
    keys = oidc._public_keys({"keys": [*bad, {**good, "kid": "other", **changed}, good]})
    assert "good" in keys
    assert set(map(type, keys)) <= {str, type(None)}


@pytest.mark.parametrize("document", [{}, {"keys": None}, {"keys": 7}, {"keys": {}}, {"keys": "one"}, {"keys": []}])
def test_a_document_that_is_no_key_set_is_no_key_set(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="key set"):
        oidc._public_keys(document)


async def test_a_bad_key_is_told_in_the_log(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    issuer.extra += [{"kty": "RSA", "kid": ["one"]}, {"kty": "RSA", "kid": "two", "n": 5}, 7]
    with caplog.at_level(logging.WARNING):
        assert await authenticator(issuer).caller(bearer(issuer.token()))
    (line,) = [record for record in caplog.records if record.message == "oidc_keys_skipped"]
    fields = line.networkx_mcp  # type: ignore[attr-defined]
    assert fields["keys"] == 3
    assert "kid is no text" in fields["message"]


async def test_an_audience_among_others_is_enough(issuer: Issuer) -> None:
    auth = authenticator(issuer)
    assert await auth.caller(bearer(issuer.token(aud=["https://other.example.org", AUDIENCE])))


async def test_a_clock_a_little_behind_is_tolerated_and_one_far_behind_is_not(issuer: Issuer) -> None:
    auth = authenticator(issuer, leeway_seconds=30)
    assert await auth.caller(bearer(issuer.token(exp=time.time() - 10)))
    assert await reason(auth, issuer.token(exp=time.time() - 60)) == "expired"


async def test_a_forged_signature_is_refused(issuer: Issuer) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    auth = authenticator(issuer)
    assert await reason(auth, issuer.token(key=stranger)) == "signature"
    head, body, _ = issuer.token().split(".")
    assert await reason(auth, f"{head}.{body}.AAAA") == "signature"


async def test_shared_secrets_and_unsigned_tokens_are_refused_before_any_key_is_looked_up(issuer: Issuer) -> None:
    auth = authenticator(issuer)
    secret = "x" * 32
    assert await reason(auth, issuer.token(key=secret, alg="HS256")) == "signature"
    unsigned = jwt.encode({"iss": issuer.url, "aud": AUDIENCE}, None, algorithm="none")
    assert await reason(auth, unsigned) == "signature"
    assert await reason(auth, "nonsense") == "malformed"
    assert issuer.requests == []


async def test_a_public_key_is_not_taken_for_a_secret(issuer: Issuer) -> None:
    issuer.extra.append({"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "kid": "shared", "alg": "HS256"})
    forged = issuer.token("shared", key="secretsecretsecretsecret" * 2, alg="HS256")
    assert await reason(authenticator(issuer), forged) == "signature"


async def test_elliptic_curve_keys_are_accepted(issuer: Issuer) -> None:
    issuer.keys["curve"] = ec.generate_private_key(ec.SECP256R1())
    assert await authenticator(issuer).caller(bearer(issuer.token("curve", alg="ES256")))


async def test_the_algorithm_must_be_the_key_s_own(issuer: Issuer) -> None:
    issuer.keys["curve"] = ec.generate_private_key(ec.SECP256R1())
    auth = authenticator(issuer)
    assert await reason(auth, issuer.token("curve", key=issuer.keys["one"], alg="RS256")) == "signature"


async def test_keys_are_fetched_once_for_many_tokens(issuer: Issuer) -> None:
    auth = authenticator(issuer)
    for number in range(20):
        await auth.caller(bearer(issuer.token(sub=f"user{number}")))
    assert issuer.requests == ["/.well-known/openid-configuration", "/keys"]


async def test_a_named_key_set_needs_no_discovery(issuer: Issuer) -> None:
    auth = authenticator(issuer, jwks_url=f"{issuer.url}/keys")
    assert await auth.caller(bearer(issuer.token()))
    assert issuer.requests == ["/keys"]


async def test_a_rotated_key_is_found_without_a_restart(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "_COOLDOWN_SECONDS", 0.0)
    auth = authenticator(issuer)
    await auth.caller(bearer(issuer.token()))
    issuer.keys["two"] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert await auth.caller(bearer(issuer.token("two")))


async def test_a_withdrawn_key_is_forgotten_at_the_next_refresh(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc, "_COOLDOWN_SECONDS", 0.0)
    auth = authenticator(issuer)
    old = issuer.token(sub="late")
    await auth.caller(bearer(issuer.token()))
    issuer.keys = {"two": rsa.generate_private_key(public_exponent=65537, key_size=2048)}
    await auth.caller(bearer(issuer.token("two")))
    assert await reason(auth, old) == "signature"


async def test_invented_key_ids_do_not_turn_us_against_the_issuer(issuer: Issuer) -> None:
    auth = authenticator(issuer)
    await auth.caller(bearer(issuer.token()))
    before = len(issuer.requests)
    for number in range(50):
        assert await reason(auth, issuer.token(f"invented{number}", key=issuer.keys["one"])) == "signature"
    assert len(issuer.requests) == before


async def test_an_issuer_that_is_away_keeps_known_keys_valid(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "_COOLDOWN_SECONDS", 0.0)
    auth = authenticator(issuer)
    await auth.caller(bearer(issuer.token()))
    issuer.broken = True
    assert await reason(auth, issuer.token("unknown", key=issuer.keys["one"])) == "signature"
    assert await auth.caller(bearer(issuer.token(sub="bob")))


async def test_without_any_key_the_fault_is_ours_and_repeating_helps(issuer: Issuer) -> None:
    issuer.broken = True
    with pytest.raises(Unavailable) as failure:
        await authenticator(issuer).caller(bearer(issuer.token()))
    assert failure.value.retry_after


async def test_a_token_expires_although_it_was_seen_before(issuer: Issuer) -> None:
    auth = authenticator(issuer, leeway_seconds=0)
    token = issuer.token(exp=time.time() + 5)
    assert await auth.caller(bearer(token))
    await asyncio.sleep(5.5)
    assert await reason(auth, token) == "expired"


def test_an_issuer_over_plain_http_is_refused_unless_it_is_on_this_machine() -> None:
    with pytest.raises(InvalidInput, match="https"):
        Authenticator(Settings(oidc=OidcSettings(issuer="http://issuer.example.org", audience="x")))
    Authenticator(Settings(oidc=OidcSettings(issuer="https://issuer.example.org", audience="x")))


async def test_the_challenge_names_the_metadata_and_the_scopes(issuer: Issuer) -> None:
    auth = authenticator(issuer)
    scope = {"scheme": "https", "headers": [(b"host", b"graphs.example.org")]}
    url = "https://graphs.example.org/.well-known/oauth-protected-resource/mcp"
    missing = auth.challenge(AuthFailure("missing", ""), scope).decode()
    assert missing == f'Bearer resource_metadata="{url}", scope="read write"'
    assert auth.challenge(AuthFailure("expired", ""), scope).decode().startswith('Bearer error="invalid_token", ')


def test_the_metadata_names_resource_and_issuer(issuer: Issuer) -> None:
    document = resource_metadata.document(OidcSettings(issuer=issuer.url, audience=AUDIENCE), AUDIENCE)
    assert document["resource"] == AUDIENCE
    assert document["authorization_servers"] == [issuer.url]
    assert document["scopes_supported"] == ["read", "write", "admin"]
