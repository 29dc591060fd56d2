"""Tokens of an issuer, checked against a local issuer that serves its keys over real HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from tests.helpers.issuer import AUDIENCE, Issuer

from networkx_mcp.errors import InvalidInput, Unavailable
from networkx_mcp.http import oidc
from networkx_mcp.http.auth import Authenticator, AuthFailure
from networkx_mcp.settings import Oidc as OidcSettings
from networkx_mcp.settings import Settings


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
        ({"nbf": 4_000_000_000}, "signature"),
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
    token = issuer.token(exp=time.time() + 1.5)
    assert await auth.caller(bearer(token))
    await asyncio.sleep(2)
    assert await reason(auth, token) == "expired"


def test_an_issuer_over_plain_http_is_refused_unless_it_is_on_this_machine() -> None:
    with pytest.raises(InvalidInput, match="https"):
        Authenticator(Settings(oidc=OidcSettings(issuer="http://issuer.example.org", audience="x")))
    Authenticator(Settings(oidc=OidcSettings(issuer="https://issuer.example.org", audience="x")))


async def test_the_challenge_names_the_metadata_and_the_scopes(issuer: Issuer) -> None:
    auth = authenticator(issuer)
    url = "https://graphs.example.org/.well-known/oauth-protected-resource/mcp"
    missing = auth.challenge(AuthFailure("missing", ""), url).decode()
    assert missing == f'Bearer resource_metadata="{url}", scope="read write"'
    assert auth.challenge(AuthFailure("expired", ""), url).decode().startswith('Bearer error="invalid_token", ')


def test_the_metadata_names_resource_and_issuer(issuer: Issuer) -> None:
    document = oidc.Oidc(OidcSettings(issuer=issuer.url, audience=AUDIENCE)).metadata(AUDIENCE)
    assert document["resource"] == AUDIENCE
    assert document["authorization_servers"] == [issuer.url]
    assert document["scopes_supported"] == ["read", "write", "admin"]
