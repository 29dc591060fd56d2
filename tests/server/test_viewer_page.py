"""/view and /graphs/{id}/layout: what they send to whom, and what a browser is told to do with it."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator

import httpx
import pytest
from tests.helpers.patience import PATIENCE
from tests.helpers.server import NO_TLS, Server, message, modern


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("viewer-page"), auth=True) as started:
        edges = {"graph_id": "g", "edges": [["a", "b"], ["b", "c"]]}
        assert "error" not in message(started.rpc("tools/call", {"name": "create_graph", "arguments": edges}))
        yield started


def get(server: Server, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(method, server.base_url + path, headers=named, timeout=PATIENCE, verify=NO_TLS)


def mine(server: Server) -> str:
    return f"Bearer {server.token}"


def test_the_page_is_the_same_for_all_without_a_token(server: Server) -> None:
    pages = {get(server, path).content for path in ("/view", "/view/", "/view/g", "/view/of-somebody-else")}
    assert len(pages) == 1
    assert get(server, "/view/g", accept_encoding="identity").content in pages
    assert get(server, "/view", "HEAD").content == b""
    assert get(server, "/view/g/more").status_code == 404
    assert get(server, "/view", "POST").status_code == 405


def test_the_page_may_do_nothing_but_call_its_server(server: Server) -> None:
    headers = get(server, "/view").headers
    policy = dict(part.partition(" ")[::2] for part in headers["content-security-policy"].split("; "))
    for name in ("default-src", "base-uri", "form-action", "frame-ancestors"):
        assert policy[name] == "'none'", name
    assert policy["connect-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["script-src"].startswith("'sha256-")
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["referrer-policy"], headers["x-content-type-options"]) == ("no-referrer", "nosniff")


def test_the_page_is_not_sent_again_to_who_has_it(server: Server) -> None:
    tag = get(server, "/view").headers["etag"]
    again = get(server, "/view/g", if_none_match=tag)
    assert (again.status_code, again.content) == (304, b"")


def test_what_can_be_saved_is_a_download_and_never_a_page(server: Server) -> None:
    for path, kind in (("/graphs/g/layout", "application/json"), ("/graphs/g?format=node-link", "application/json")):
        headers = get(server, path, authorization=mine(server)).headers
        assert headers["content-disposition"].startswith("attachment;"), path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["content-type"].startswith(kind), path


def test_a_layout_is_the_callers_own_in_either_encoding_and_sent_once(server: Server) -> None:
    path = "/graphs/g/layout?layout=circular&measure=degree&limit=2"
    assert get(server, path).status_code == 401
    packed = get(server, path, authorization=mine(server))
    plain = get(server, path, authorization=mine(server), accept_encoding="identity")
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
    assert (len(plain.json()["ids"]), plain.json()["layout"], plain.json()["measure"]) == (2, "circular", "degree")
    again = get(server, path, authorization=mine(server), if_none_match=packed.headers["etag"])
    assert again.status_code == 304
    other = get(
        server, "/graphs/g/layout?layout=random", authorization=mine(server), if_none_match=packed.headers["etag"]
    )
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("layout=none", "layout"),
        ("limit=0", "limit"),
        ("nodes=[1", "nodes"),
        ("seed=1&seed=2", "seed"),
        ("x=1", "x"),
        ("graph_id=h", "graph_id"),
    ],
)
def test_a_wrong_parameter_is_named(server: Server, query: str, field: str) -> None:
    answer = get(server, f"/graphs/g/layout?{query}", authorization=mine(server))
    assert answer.status_code == 400
    assert answer.json()["field"].split(".")[0] == field


def test_the_page_of_this_server_may_call_it_and_that_of_another_may_not(server: Server) -> None:
    own = server.base_url
    request = modern("tools/list", token=server.token)
    for origin, status in ((own, 200), ("https://evil.example.org", 403), (own.replace("127.0.0.1", "localhost"), 403)):
        headers = {**request["headers"], "origin": origin}
        answer = httpx.post(server.url, content=request["content"], headers=headers, timeout=PATIENCE, verify=NO_TLS)
        assert answer.status_code == status, origin


def test_the_data_is_for_the_viewer_and_not_for_the_model(server: Server) -> None:
    result = message(server.rpc("tools/call", {"name": "view_graph", "arguments": {"graph_id": "g"}}))["result"]
    assert "ids" not in json.dumps([result["content"], result["structuredContent"]])
    document = json.loads(gzip.decompress(base64.b64decode(result["_meta"]["networkx-mcp/document"])))
    assert document["ids"] == ["a", "b", "c"]


def test_a_setting_switches_the_page_off(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Server(tmp_path_factory.mktemp("no-viewer"), http_viewer="false") as server:
        assert get(server, "/view").status_code == 404
        origin = server.base_url
        request = modern("tools/list")
        headers = {**request["headers"], "origin": origin}
        answer = httpx.post(server.url, content=request["content"], headers=headers, timeout=PATIENCE, verify=NO_TLS)
        assert answer.status_code == 403
