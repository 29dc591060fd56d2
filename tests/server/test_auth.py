"""Tokens on a real server: who is let in, what others are told, and how tokens change without a restart."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from tests.helpers.issuer import AUDIENCE, Issuer
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.server import Server, message, modern

Make = Callable[..., Server]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("auth"), auth=True) as started:
        yield started


def test_without_a_token_the_answer_asks_for_one(server: Server) -> None:
    answer = httpx.post(server.url, timeout=PATIENCE, **modern("tools/list"))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["error"]["data"]["error"] == "unauthenticated"


def test_failures_are_counted_by_reason_and_audited_without_the_token(server: Server) -> None:
    before = server.metric("auth_failures_total", reason="unknown")
    secret = "nmcp_" + "Q" * 43
    answer = server.rpc("tools/list", token=secret)
    assert server.metric("auth_failures_total", reason="unknown") == before + 1
    lines = server.audited(answer)
    assert [(line["action"], line["reason"], line["success"]) for line in lines] == [("authenticate", "unknown", False)]
    assert secret not in server.log_text()
    assert str(server.token) not in server.log_text()


def test_a_new_token_works_soon_and_a_removed_one_ends(server: Server) -> None:
    fresh = server.add_token("fresh", tenant="fresh")
    eventually(lambda: server.rpc("tools/list", token=fresh).status_code == 200)
    server.write_tokens([entry for entry in server.entries if entry["name"] != "fresh"])
    eventually(lambda: server.rpc("tools/list", token=fresh).status_code == 401)
    assert server.rpc("tools/list").status_code == 200


def test_a_broken_file_locks_nobody_out_and_is_logged(server: Server) -> None:
    (server.tokens_dir / "tokens.json").write_text("{ not json", encoding="utf-8")
    try:
        eventually(lambda: server.events("tokens_invalid"))
        assert server.rpc("tools/list").status_code == 200
    finally:
        server.write_tokens(server.entries)


def test_a_token_that_only_reads_cannot_write_and_is_told_which_scope_it_lacks(server: Server) -> None:
    reader = server.add_token("reader", scopes=["read"])
    eventually(lambda: server.rpc("tools/list", token=reader).status_code == 200)
    assert not server.call("list_graphs", token=reader).get("isError")
    answer = server.rpc("tools/call", {"name": "create_graph", "arguments": {"graph_id": "mine"}}, token=reader)
    denied = message(answer)["result"]
    assert denied["isError"]
    assert denied["_meta"]["networkx-mcp/error"]["error"] == "forbidden"
    assert "write" in denied["content"][0]["text"]
    (line,) = server.audited(answer)
    assert line["action"] == "authorize"
    assert (line["user_id"], line["scope"], line["success"]) == ("reader", "write", False)


def test_a_foreign_graph_and_an_absent_one_give_the_same_answer(server: Server) -> None:
    server.call("create_graph", {"graph_id": "theirs"})
    stranger = server.add_token("stranger", tenant="elsewhere")
    eventually(lambda: server.rpc("tools/list", token=stranger).status_code == 200)
    foreign, absent = (
        server.call("describe_graph", {"graph_id": name}, token=stranger) for name in ("theirs", "nobody")
    )
    assert foreign["isError"]
    assert json.dumps(foreign).replace("theirs", "X") == json.dumps(absent).replace("nobody", "X")


def test_an_expired_token_is_refused(server: Server) -> None:
    for seconds in (4, 16, 64):  # a slow machine may read the entry when it is over
        ends = int(time.time()) + seconds
        told = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ends))
        short = server.add_token(f"short-{seconds}", expires=told)
        while (status := server.rpc("tools/list", token=short).status_code) != 200 and time.time() < ends:
            time.sleep(0.05)
        if status == 200:
            break
    assert status == 200
    eventually(lambda: server.rpc("tools/list", token=short).status_code == 401)
    assert server.metric("auth_failures_total", reason="expired") >= 1


def test_without_tokens_it_refuses_to_listen_for_others(make_server: Make) -> None:
    server = make_server(http_host="0.0.0.0")
    with pytest.raises(RuntimeError, match="NETWORKX_MCP_AUTH_TOKENS_DIR"):
        server.start()
    assert server.wait() == 2


def test_with_an_issuer_the_metadata_is_served_and_named(make_server: Make) -> None:
    issuer = Issuer()
    try:
        server = make_server(
            auth=True,
            oidc_issuer=issuer.url,
            oidc_audience=AUDIENCE,
            oidc_resource_url="https://graphs.example.org/mcp",
        ).start()
        metadata = "https://graphs.example.org/.well-known/oauth-protected-resource/mcp"
        asked = httpx.post(server.url, timeout=PATIENCE, **modern("tools/list"))
        assert asked.status_code == 401
        assert asked.headers["www-authenticate"] == f'Bearer resource_metadata="{metadata}", scope="read write"'
        document = server.get("/.well-known/oauth-protected-resource/mcp").json()
        assert document["resource"] == "https://graphs.example.org/mcp"
        assert document["authorization_servers"] == [issuer.url]
        before = httpx.options(server.base_url + "/.well-known/oauth-protected-resource/mcp", timeout=PATIENCE)
        assert (before.status_code, before.headers["access-control-allow-origin"]) == (204, "*")
        assert "MCP-Protocol-Version" in before.headers["access-control-allow-headers"]
        answer = server.rpc(
            "tools/call", {"name": "create_graph", "arguments": {"graph_id": "g"}}, token=issuer.token()
        )
        assert answer.status_code == 200, answer.text
        assert not message(answer)["result"].get("isError")
        (line,) = server.audited(answer)
        assert (line["user_id"], line["tenant"]) == ("oidc:ann", "acme")
        wrong = server.rpc("tools/list", token=issuer.token(aud="https://other.example.org"))
        assert wrong.status_code == 401
        assert 'error="invalid_token"' in wrong.headers["www-authenticate"]
        assert server.rpc("tools/list").status_code == 200  # tokens of the table go on working
    finally:
        issuer.close()


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """One that also has a key which cannot be used."""
    found = Issuer()
    found.extra.append({"kty": "RSA", "kid": {"a": 1}, "n": [], "e": None})
    yield found
    found.close()


@pytest.fixture(scope="module")
def trusting(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that takes tokens of the issuer alone."""
    oidc = {"oidc_issuer": issuer.url, "oidc_audience": AUDIENCE}
    with Server(tmp_path_factory.mktemp("trusting"), http_allowed_hosts="localhost,127.0.0.1", **oidc) as started:
        yield started


def test_the_metadata_repeats_no_host_that_the_server_does_not_answer_to(trusting: Server) -> None:
    path = "/.well-known/oauth-protected-resource/mcp"
    own = trusting.get(path)
    assert own.json()["resource"] == f"http://127.0.0.1:{trusting.port}/mcp"
    assert own.headers["vary"] == "Host"
    for host in ("evil.example.org", "localhost.evil.example.org", 'x"y', "127.0.0.1:80:80", ""):
        foreign = trusting.get(path, headers={"host": host})
        assert foreign.status_code == 421, host
        assert "http.allowed_hosts" in foreign.text
        assert "evil" not in foreign.text
        asked = trusting.rpc("tools/list", headers={"host": host})
        assert (asked.status_code, "www-authenticate" in asked.headers) == (421, False)


def test_claims_of_any_type_end_as_a_refusal(trusting: Server, issuer: Issuer) -> None:
    bad: list[tuple[str, object]] = [
        ("exp", 10**400), ("exp", "soon"), ("nbf", float("inf")), ("iat", "x"), ("sub", [1]), ("jti", {}), ("tenant", [])
    ]  # fmt: skip
    assert trusting.rpc("tools/list", token=issuer.token()).status_code == 200
    for name, value in bad:
        answer = trusting.rpc("tools/list", token=issuer.token(**{name: value}))
        assert answer.status_code == 401
        assert name in message(answer)["error"]["message"]
    assert trusting.metric("auth_failures_total", reason="claims") == len(bad)
    # No scope of ours is in it.
    assert trusting.call("list_graphs", token=issuer.token(scope={"a": 1}))["isError"]
    assert trusting.events("oidc_keys_skipped")
