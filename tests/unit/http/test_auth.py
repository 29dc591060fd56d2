"""Who calls: bearer tokens, what is refused and how it is counted, and who may be served without."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.metrics import sample

from networkx_mcp.context import ANONYMOUS
from networkx_mcp.errors import InvalidInput
from networkx_mcp.http import tokens
from networkx_mcp.http.auth import Authenticator
from networkx_mcp.http.auth_failure import REASONS, AuthFailure
from networkx_mcp.http.exposure import check_exposure, is_loopback
from networkx_mcp.settings import Auth, Http, Settings


@pytest.fixture
def add(tmp_path: Path) -> Callable[..., str]:
    """Writes one entry and returns its token."""

    def add_(**changes: Any) -> str:
        token = tokens.mint()
        entry = tokens.describe(token, name="ann", tenant="acme", scopes=["read"], days=None)
        (tmp_path / f"{token[-8:]}.json").write_text(json.dumps({**entry, **changes}), encoding="utf-8")
        return token

    return add_


@pytest.fixture
def auth(tmp_path: Path) -> Callable[[], Authenticator]:
    return lambda: Authenticator(Settings(auth=Auth(tokens_dir=tmp_path)))


def bearer(token: str) -> list[tuple[bytes, bytes]]:
    return [(b"host", b"x"), (b"authorization", f"Bearer {token}".encode("latin-1"))]


def failures(reason: str) -> float:
    return sample("auth_failures_total", reason=reason)


async def test_a_valid_token_names_its_caller(add: Any, auth: Any) -> None:
    caller = await auth_caller(auth(), add)
    assert (caller.user_id, caller.tenant, caller.scopes) == ("ann", "acme", {"read"})


async def auth_caller(authenticator: Authenticator, add: Any) -> Any:
    token = add()
    assert authenticator.table is not None
    authenticator.table.load()
    return await authenticator.caller(bearer(token))


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
async def test_the_scheme_is_not_case_sensitive(scheme: str, add: Any, auth: Any) -> None:
    token = add()
    assert (await auth().caller([(b"authorization", f"{scheme} {token}".encode())])).user_id == "ann"


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ([], "missing"),
        ([(b"authorization", b"")], "malformed"),
        ([(b"authorization", b"Bearer")], "malformed"),
        ([(b"authorization", b"Basic abc")], "malformed"),
        ([(b"authorization", b"Bearer \xff")], "malformed"),
        ([(b"authorization", b"Bearer " + b"a" * 20_000)], "malformed"),
        ([(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")], "malformed"),
        (bearer("nmcp_" + "a" * 43), "unknown"),
        (bearer("a.b.c"), "unknown"),
    ],
)
async def test_anything_else_is_refused_and_counted_by_reason(headers: Any, reason: str, add: Any, auth: Any) -> None:
    add()
    before = failures(reason)
    with pytest.raises(AuthFailure) as refusal:
        await auth().caller(headers)
    assert refusal.value.reason == reason
    assert reason in REASONS
    assert failures(reason) == before + 1


async def test_an_expired_token_is_refused_and_one_that_lasts_is_not(add: Any, auth: Any) -> None:
    old, lasting = add(expires="2020-01-01T00:00:00Z"), add(expires="2999-01-01T00:00:00+01:00")
    authenticator = auth()
    with pytest.raises(AuthFailure, match="expired"):
        await authenticator.caller(bearer(old))
    assert (await authenticator.caller(bearer(lasting))).user_id == "ann"


async def test_static_tokens_are_asked_for_by_plain_bearer(auth: Any) -> None:
    failure = AuthFailure("unknown", "no")
    assert auth().challenge(failure, {"scheme": "http", "headers": []}) == b"Bearer"


async def test_without_tokens_everybody_is_the_same_caller() -> None:
    assert await Authenticator(Settings()).caller([]) is ANONYMOUS


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"])
def test_without_tokens_it_serves_this_machine(host: str) -> None:
    assert is_loopback(host)
    check_exposure(Settings(http=Http(host=host)))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org", "localhost.example.org", ""])
def test_without_tokens_it_refuses_to_serve_others_and_says_what_to_set(host: str) -> None:
    with pytest.raises(InvalidInput, match="NETWORKX_MCP_AUTH_TOKENS_DIR"):
        check_exposure(Settings(http=Http(host=host)))


def test_without_tokens_it_serves_others_where_somebody_says_so() -> None:
    check_exposure(Settings(http=Http(host="0.0.0.0"), auth=Auth(anonymous=True)))


def test_tokens_and_nobody_needing_one_are_a_contradiction(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"auth\.anonymous"):
        check_exposure(Settings(auth=Auth(tokens_dir=tmp_path, anonymous=True)))


def test_a_unix_socket_is_the_users_alone() -> None:
    check_exposure(Settings(http=Http(host="0.0.0.0", socket=Path("server.sock"))))


def test_with_tokens_it_serves_others(tmp_path: Path) -> None:
    check_exposure(Settings(http=Http(host="0.0.0.0"), auth=Auth(tokens_dir=tmp_path)))


def test_a_token_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is not a directory"):
        check_exposure(Settings(auth=Auth(tokens_dir=tmp_path / "absent")))
