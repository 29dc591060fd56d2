"""/graphs on real servers: files in and out, versions as ETags, limits on both sides, and clients that give up."""

from __future__ import annotations

import contextlib
import io
import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import networkx as nx
import pytest
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.raw_http import RawClient
from tests.helpers.server import Server
from tests.unit.formats.files import BOTH, UNDECIDED, parts, read, written

from networkx_mcp.arrays.formats import RECORDS, ParseLimits, of_content_type, parse
from networkx_mcp.http.spool import RATE_WINDOW_SECONDS

MIB = 1024 * 1024
CASES = Path(__file__).parents[1] / "unit/formats/cases"
EXPECTED: dict[str, dict[str, Any]] = json.loads((CASES / "expected.json").read_text(encoding="utf-8"))


class Files:
    """A server, and its spool directory."""

    def __init__(self, directory: Path, **settings: object) -> None:
        self.spool = directory / "spool"
        self.spool.mkdir(parents=True)
        self.server = Server(directory, auth=True, environment={"TMPDIR": str(self.spool)}, **settings)

    def headers(self, **more: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.server.token}"} | {
            name.replace("_", "-"): value for name, value in more.items()
        }

    def put(self, path: str, content: Any, *, token: str | None = None, **headers: str) -> httpx.Response:
        fields = self.headers(**headers) | ({"authorization": f"Bearer {token}"} if token else {})
        return httpx.put(f"{self.server.base_url}/graphs/{path}", content=content, headers=fields, timeout=PATIENCE)

    def get(self, path: str, *, token: str | None = None, **headers: str) -> httpx.Response:
        fields = self.headers(**headers) | ({"authorization": f"Bearer {token}"} if token else {})
        return httpx.get(f"{self.server.base_url}/graphs/{path}", headers=fields, timeout=PATIENCE)

    def begin(
        self, path: str, length: int | None, body: bytes = b"", *, token: str | None = None, admitted: bool = False
    ) -> RawClient:
        """The beginning of an upload; `length` None: in chunks; `admitted`: the server has begun to receive it."""
        client = RawClient(self.server)
        size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        head = (
            f"PUT /graphs/{path} HTTP/1.1\r\nHost: {client.host}\r\n"
            f"Authorization: Bearer {token or self.server.token}\r\n{size}"
        )
        if admitted:
            client.send(f"{head}\r\nExpect: 100-continue\r\n\r\n")
            client.admitted()
            client.send(body)
        else:
            client.send(f"{head}\r\n\r\n".encode() + body)
        return client

    def idle(self) -> None:
        """Nothing of a transfer is left: no worker, no file."""
        eventually(lambda: self.running() == 0)
        eventually(lambda: list(self.spool.iterdir()) == [])

    def running(self) -> float:
        """Workers with a job."""
        return self.server.metric("workers", state="busy")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    """1 MiB, 50 nodes, 80 edges, three uploads at once, for as long as it takes."""
    made = Files(
        tmp_path_factory.mktemp("transfer"),
        limits_upload_mb=1,
        limits_graph_nodes=50,
        limits_graph_edges=80,
        limits_upload_concurrent=3,
        memory_resident_mb=64,
    )
    with made.server:
        yield made


@pytest.fixture(autouse=True)
def nothing_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    for name in ("files", "large", "hasty"):
        if name in request.fixturenames:
            request.getfixturevalue(name).idle()


def version_of(answer: httpx.Response) -> int:
    """The version in the ETag."""
    return int(answer.headers["etag"].strip('"').partition("-")[0])


def error(answer: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()
    return found


# -- formats


#: Formats of undirected graphs of the nodes 0 to n - 1 and nothing else.
BARE = ("graph6", "sparse6")


@pytest.mark.parametrize("format_", BARE)
def test_what_a_bare_format_holds_goes_in_and_comes_out(files: Files, format_: str) -> None:
    graph = nx.path_graph(4)
    made = files.put(f"bare-{format_}?format={format_}", written(graph, format_))
    assert made.status_code == 201, made.text
    assert (made.json()["nodes"], made.json()["edges"]) == (4, 3)
    out = files.get(f"bare-{format_}?format={format_}")
    assert parts(read(out.content, format_)) == parts(graph)
    files.put("directed?format=edge-list&directed=true", b"a b\n")
    refused = files.get(f"directed?format={format_}")
    assert refused.status_code == 400
    assert "no place for directions" in error(refused)["message"]


@pytest.mark.parametrize("format_", [name for name in BOTH if name not in BARE])
def test_a_graph_goes_in_and_comes_out_in_each_format(files: Files, format_: str) -> None:
    graph = nx.DiGraph()
    graph.add_nodes_from("zab")
    graph.add_edges_from([("z", "b"), ("b", "a"), ("a", "a")])
    if format_ != "adjacency-list":
        nx.set_edge_attributes(graph, 2.5, "weight")
    options = "&directed=true" if format_ in UNDECIDED else ""
    name = f"each-{format_}"
    nodes = {"nodes": "all"} if format_ == "csv" else {}  # else it tells the order of edges only
    made = files.put(f"{name}?format={format_}{options}", written(graph, format_, **nodes))
    assert made.status_code == 201, made.text
    assert version_of(made) == 1
    info = made.json()
    assert {key: info[key] for key in ("graph_id", "version", "directed", "nodes", "edges")} == {
        "graph_id": name,
        "version": 1,
        "directed": True,
        "nodes": 3,
        "edges": 3,
    }
    out = files.get(f"{name}?format={format_}{'&nodes=all' if format_ == 'csv' else ''}")
    assert out.status_code == 200
    assert out.headers["etag"] == made.headers["etag"][:-1] + f'-{format_}"'
    assert "vary" not in out.headers
    assert out.headers["content-type"] == RECORDS[format_].content_type
    assert out.headers["content-disposition"] == f'attachment; filename="{name}.{RECORDS[format_].extensions[0]}"'
    assert int(out.headers["content-length"]) == len(out.content)
    again = read(out.content, format_, **({"directed": True} if format_ in UNDECIDED else {}))
    assert parts(again) == parts(graph)


@pytest.mark.parametrize("format_", [name for name in BOTH if of_content_type(RECORDS[name].content_type)])
def test_the_content_type_names_the_format(files: Files, format_: str) -> None:
    graph = nx.path_graph(3)
    made = files.put(
        f"typed-{format_}", written(graph, format_), content_type=f"{RECORDS[format_].content_type}; charset=utf-8"
    )
    assert made.status_code == 201, made.text
    out = files.get(f"typed-{format_}", accept=f"{RECORDS[format_].content_type}, */*;q=0.1")
    assert parts(read(out.content, format_)) == parts(graph)
    assert out.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    ("query", "headers", "data", "format_", "by"),
    [
        ("", {}, b"source,target\na,b\n", "csv", "content"),
        ("?filename=roads.adjlist", {}, b"a b\n", "adjacency-list", "name"),
        ("", {"content_disposition": 'attachment; filename="roads.csv"'}, b"source,target\na,b\n", "csv", "name"),
        ("", {"content_type": "application/x-www-form-urlencoded"}, b"graph [ node [ id 1 ] ]", "gml", "content"),
        (
            "",
            {"content_type": "text/csv; charset=ISO-8859-1"},
            "source,target\na,é\n".encode("latin-1"),
            "csv",
            "caller",
        ),
    ],
)
def test_without_a_format_the_file_tells_it(
    files: Files, query: str, headers: dict[str, str], data: bytes, format_: str, by: str
) -> None:
    made = files.put(f"told{query}", data, **headers)
    assert made.status_code in (200, 201), made.text
    reading = made.json()["reading"]
    assert (reading["format"], reading["format_from"]) == (format_, by)
    if "é" in data.decode("latin-1"):
        assert "é" in files.get("told?format=edge-list").text


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_of_another_program_gives_its_graph(files: Files, name: str) -> None:
    expected = EXPECTED[name]
    answer = files.put(f"case?format={expected['format']}", (CASES / name).read_bytes())
    if "refused" in expected:
        assert answer.status_code == 400
        assert re.search(expected["refused"], error(answer)["message"])
    else:
        assert answer.status_code in (200, 201), answer.text
        assert (answer.json()["nodes"], answer.json()["edges"]) == (expected["nodes"], expected["edges"])


def test_options_come_with_the_query(files: Files) -> None:
    data = "from;to;w\n1;2;3\n1;2;4\n"
    query = (
        "format=csv&delimiter=%3B&source=from&target=to&ids=string&directed=true&duplicates=update&description=roads"
    )
    info = files.put(f"options?{query}", data).json()
    assert (info["directed"], info["nodes"], info["edges"], info["description"]) == (True, 2, 1, "roads")
    out = files.get("options?format=csv&nodes=all&delimiter=%09")
    assert out.text == "source\ttarget\tw\n1\t\t\n2\t\t\n1\t2\t4\n"


@pytest.mark.parametrize(
    ("path", "field", "text"),
    [
        ("x?format=xlsx", "format", "use one of csv, edge-list"),
        ("x?format=csv&columns=a", "options.columns", "'columns' is unknown here; the options are decimal, delimiter"),
        ("x?format=csv&directed=yes", "options.directed", "use true or false"),
        ("x?format=csv&ids=auto&ids=string", "ids", "given twice"),
        ("X!?format=csv", None, "id"),
        ("?format=csv", "id", "Name the graph"),
    ],
)
def test_an_unknown_format_or_option_is_named(files: Files, path: str, field: str | None, text: str) -> None:
    answer = files.put(path, "source,target\na,b\n")
    assert answer.status_code == 400
    assert text in error(answer)["message"]
    assert field is None or error(answer)["field"] == field


def test_what_a_format_cannot_carry_is_told_at_the_download(files: Files) -> None:
    files.put(
        "rich?format=node-link", json.dumps({"graph": {"name": "x"}, "nodes": [{"id": 1}, {"id": "1"}], "edges": []})
    )
    answer = files.get("rich?format=csv")
    assert answer.status_code == 400
    assert "node-link" in error(answer)["message"]
    assert files.get("rich?format=csv&columns=3").status_code == 400
    assert files.get("rich?format=graphml").status_code == 200


# -- versions


def test_if_match_writes_onto_one_version_only(files: Files) -> None:
    assert version_of(files.put("match?format=edge-list", "a b\n")) == 1
    second = files.put("match?format=edge-list", "a b\nb c\n", if_match='"1"')
    assert (second.status_code, version_of(second)) == (200, 2)
    stale = files.put("match?format=edge-list", "x y\n", if_match='"1"')
    assert stale.status_code == 412
    assert error(stale)["version"] == 2
    assert files.put("match?format=edge-list", "x y\n", if_match="W/2").status_code == 400
    assert files.put("absent?format=edge-list", "x y\n", if_match='"1"').status_code == 404
    assert version_of(files.get("match?format=edge-list")) == 2
    tag = files.get("match?format=csv").headers["etag"]
    assert files.put("match?format=edge-list", "x y\n", if_match=tag).status_code == 200
    assert files.put("match?format=edge-list", "x y\n", if_match=tag).status_code == 412


def test_a_graph_that_was_made_again_is_not_the_one_of_an_old_etag(files: Files) -> None:
    old = files.put("again?format=edge-list", "a b\n").headers["etag"]
    download = files.get("again?format=csv").headers["etag"]
    assert not files.server.call("delete_graph", {"graph_id": "again"}).get("isError")
    made = files.put("again?format=edge-list", "secret graph\n")
    assert version_of(made) == 1
    assert files.get("again?format=csv", if_none_match=download).status_code == 200
    stale = files.put("again?format=edge-list", "x y\n", if_match=old)
    assert stale.status_code == 412
    assert "another one now" in error(stale)["message"]
    keyed = files.put("again?format=edge-list", "x y\n", if_match=old, idempotency_key="k")
    assert keyed.status_code == 412
    assert files.put("again?format=edge-list", "x y\n", if_match=made.headers["etag"]).status_code == 200


def test_if_none_match_makes_new_graphs_only_and_saves_downloads(files: Files) -> None:
    assert files.put("fresh?format=edge-list", "a b\n", if_none_match="*").status_code == 201
    assert files.put("fresh?format=edge-list", "a c\n", if_none_match="*").status_code == 412
    assert files.put("fresh?format=edge-list", "a c\n", if_none_match='"1"').status_code == 400
    tag = files.get("fresh?format=edge-list").headers["etag"]
    for known in (tag, f"W/{tag}", f'"7", {tag}', "*"):
        unchanged = files.get("fresh?format=edge-list", if_none_match=known)
        assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", tag)
    assert files.get("fresh?format=csv", if_none_match=tag).status_code == 200
    assert files.get("fresh", if_none_match="*", accept="text/csv").headers["vary"] == "Accept"
    assert files.get("fresh?format=edge-list", if_none_match='"7"').text == "a\nb\na b\n"


def test_without_a_condition_the_graph_is_replaced(files: Files) -> None:
    files.put("replaced?format=edge-list", "a b\n")
    assert files.put("replaced?format=edge-list", "c d\n").json()["version"] == 2
    assert files.get("replaced?format=adjacency-list").text == "c d\nd\n"


def test_a_repeated_upload_with_its_key_happens_once(files: Files) -> None:
    first = files.put("once?format=edge-list", "a b\n", idempotency_key="key-1")
    again = files.put("once?format=edge-list", "a b\n", idempotency_key="key-1")
    assert (first.json()["repeated"], again.json()["repeated"]) == (False, True)
    assert version_of(first) == 1
    assert again.headers["etag"] == first.headers["etag"]
    other = files.put("once?format=edge-list", "a c\n", idempotency_key="key-1")
    assert other.status_code in (400, 409)
    assert files.get("once?format=edge-list").text == "a\nb\na b\n"


# -- broken files and limits


@pytest.mark.parametrize(
    ("format_", "data"),
    [
        ("csv", "source,target\na,b\nb\n"),
        ("graphml", "<graphml>\n<graph>\n</graphml>"),
        ("edge-list", "a b\nc d\na b\n"),
    ],
)
def test_a_broken_file_names_the_line_and_changes_nothing(files: Files, format_: str, data: str) -> None:
    files.put("kept?format=edge-list", "k l\n")
    before = files.get("kept?format=edge-list").headers["etag"]
    answer = files.put(f"kept?format={format_}", data)
    assert answer.status_code == 400
    assert error(answer)["error"] == "invalid_input"
    assert error(answer)["line"] == 3
    assert error(answer)["message"].startswith("line 3: ")
    after = files.get("kept?format=edge-list")
    assert (after.headers["etag"], after.text) == (before, "k\nl\nk l\n")
    assert files.put(f"never?format={format_}", data).status_code == 400
    assert files.get("never?format=csv").status_code == 404


def test_nodes_and_edges_are_limited_on_both_sides(files: Files) -> None:
    full = nx.path_graph(50)
    assert files.put("nodes?format=edge-list", written(full, "edge-list")).status_code == 201
    full.add_node(50)
    answer = files.put("nodes?format=edge-list", written(full, "edge-list"))
    assert (answer.status_code, error(answer)["setting"]) == (413, "limits.graph_nodes")
    dense = nx.gnm_random_graph(50, 80, seed=1)
    assert files.put("edges?format=csv", written(dense, "csv")).status_code == 201
    dense.add_edge(0, 0)
    answer = files.put("edges?format=csv", written(dense, "csv"))
    assert (answer.status_code, error(answer)["setting"]) == (413, "limits.graph_edges")


def padded(size: int) -> bytes:
    return b"a b\n" + b"#" * (size - 5) + b"\n"


def test_the_size_of_an_upload_is_limited_on_both_sides(files: Files) -> None:
    assert files.put("size?format=edge-list", padded(MIB)).status_code == 201
    answer = files.put("size?format=edge-list", padded(MIB + 1))
    assert (answer.status_code, error(answer)["setting"]) == (413, "limits.upload_mb")
    in_chunks = files.put("size?format=edge-list", iter([padded(MIB)]))
    assert in_chunks.status_code == 200


def test_a_declared_size_past_the_limit_is_refused_before_a_byte_of_it(files: Files) -> None:
    with files.begin("early?format=csv", MIB + 1) as client:
        status, _, body = client.answer()
    assert status == 413
    assert json.loads(body)["maximum"] == MIB


def test_chunks_past_the_limit_are_refused_while_they_come(files: Files) -> None:
    with files.begin("early?format=csv", None) as client:
        for _ in range(17):  # and never an end
            client.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        assert client.answer()[0] == 413


@pytest.mark.long
def test_an_upload_that_is_too_slow_is_ended(files: Files) -> None:
    began = time.monotonic()
    with files.begin("slow?format=edge-list", 1000, b"a b\n") as client:
        status, _, body = client.answer()
    assert status == 408
    assert json.loads(body)["error"] == "body_timeout"
    assert "limits.upload_min_kib_per_second" in json.loads(body)["message"]
    assert time.monotonic() - began > RATE_WINDOW_SECONDS - 1


def test_so_many_uploads_come_in_at_once_and_the_next_is_told_when_to_come_back(files: Files) -> None:
    """All but one of one tenant, and the last of anybody else; a third tenant ends the newest of who has two."""
    body = padded(MIB // 4)  # at the rate of this server that is minutes
    other, third = (files.server.add_token(name, tenant=name) for name in ("neighbour", "third"))
    for token in (other, third):
        eventually(lambda token=token: files.get("x?format=csv", token=token).status_code != 401)
    first, second = (files.begin(f"many-{k}?format=edge-list", len(body), body[:-2], admitted=True) for k in range(2))
    with first, second:
        answer = files.put("many-3?format=edge-list", body)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert error(answer)["setting"] == "limits.upload_concurrent"
        assert "2 uploads of yours are under way: at most 3 in all and 2 of one tenant" in error(answer)["message"]
        assert files.server.metric("requests_shed_total", reason="transfers") >= 1
        with files.begin("many-4?format=edge-list", len(body), body[:-2], token=other, admitted=True) as theirs:
            full = files.put("many-5?format=edge-list", body, token=other)
            assert full.status_code == 503
            assert "3 uploads are under way" in error(full)["message"]
            assert files.put("many-6?format=edge-list", body, token=third).status_code == 201
            status, headers, told = second.answer()
            assert (status, json.loads(told)["setting"]) == (503, "limits.upload_concurrent")
            assert "another tenant has fewer than you" in json.loads(told)["message"]
            assert int(headers["retry-after"]) >= 1
            for client in (first, theirs):
                client.send(body[-2:])
            assert [client.answer()[0] for client in (first, theirs)] == [201, 201]
    assert files.get("many-1?format=csv").status_code == 404
    assert files.put("many-3?format=edge-list", body).status_code == 201


def test_who_hangs_up_in_the_middle_of_an_upload_leaves_nothing(files: Files) -> None:
    before = files.server.metric("requests_total", method="graphs/put", outcome="cancelled")
    descriptors, times = files.server.processes()[0].num_fds(), 30
    for k in range(times):
        files.begin("gone?format=csv", 500_000, b"source,target\n" * 20_000, admitted=True).__exit__()
        eventually(
            lambda k=k: files.server.metric("requests_total", method="graphs/put", outcome="cancelled") > before + k
        )
    assert files.get("gone?format=csv").status_code == 404
    # A worker, a probe or a file that came or went meanwhile is no leak.
    eventually(lambda: files.server.processes()[0].num_fds() < descriptors + times // 2)


# -- callers


def test_uploads_need_write_and_downloads_read(files: Files) -> None:
    files.put("scoped?format=edge-list", "a b\n")
    reader = files.server.add_token("reader", scopes=["read"])
    writer = files.server.add_token("writer", scopes=["write"])
    other = files.server.add_token("other", tenant="other")
    eventually(lambda: files.get("scoped?format=csv", token=other).status_code != 401)
    refused = files.put("scoped?format=edge-list", "x y\n", token=reader)
    assert (refused.status_code, error(refused)["scope"]) == (403, "write")
    assert 'scope="write"' in refused.headers["www-authenticate"]
    assert files.get("scoped?format=csv", token=reader).status_code == 200
    assert files.get("scoped?format=csv", token=writer).status_code == 403
    assert files.put("scoped?format=edge-list", "a b\n", token=writer).status_code == 200
    foreign, absent = files.get("scoped?format=csv", token=other), files.get("nowhere?format=csv", token=other)
    assert foreign.status_code == absent.status_code == 404
    assert foreign.json()["message"].replace("scoped", "*") == absent.json()["message"].replace("nowhere", "*")
    assert files.get("scoped?format=csv", token="nmcp_" + "x" * 43).status_code == 401
    assert (
        httpx.put(f"{files.server.base_url}/graphs/scoped?format=csv", content="x", timeout=PATIENCE).status_code == 401
    )


def test_graphs_are_listed_page_by_page(files: Files) -> None:
    for name in ("list-a", "list-b", "list-c"):
        files.put(f"{name}?format=edge-list", "a b\n")
    page = files.get("?prefix=list-&limit=2").json()
    assert [item["graph_id"] for item in page["graphs"]] == ["list-a", "list-b"]
    rest = files.get(f"?prefix=list-&limit=2&after={page['next_after']}").json()
    assert ([item["graph_id"] for item in rest["graphs"]], rest["next_after"]) == (["list-c"], None)
    for limit in ("x", "-1", "1.0", "٣", "0", "201", "9" * 19, "9" * 5000):
        refused = files.get(f"?limit={limit}")
        assert (refused.status_code, refused.json()["field"]) == (400, "limit"), limit[:20]
    for prefix in ("%00", "a%00", "%EE%80%80", "A"):
        refused = files.get(f"?prefix={prefix}")
        assert (refused.status_code, refused.json()["field"]) == (400, "prefix"), prefix


# -- large files

EDGES = 600_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    """A server with a graph whose file fills no socket buffer, and two downloads of a tenant at once."""
    made = Files(
        tmp_path_factory.mktemp("large"),
        limits_graph_nodes=2_000_000,
        limits_graph_edges=2_000_000,
        limits_upload_concurrent=3,
        memory_resident_mb=256,
    )
    with made.server:
        rows = "".join(f"some-node-{k},some-node-{k * 7 % EDGES},{k / 8}\n" for k in range(EDGES))
        answer = made.put("large?format=csv&directed=true", f"source,target,weight\n{rows}")
        assert answer.status_code == 201, answer.text
        yield made


@pytest.fixture(scope="module")
def hasty(large: Files, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    """One with the same graph, and a least rate that nobody keeps up."""
    made = Files(
        tmp_path_factory.mktemp("hasty"),
        limits_graph_nodes=2_000_000,
        limits_graph_edges=2_000_000,
        limits_upload_min_kib_per_second=1024 * 1024,
        memory_resident_mb=256,
    )
    copy = large.get("large?format=parquet").content
    with made.server:
        eventually(lambda: made.put("large?format=parquet", copy).status_code == 201)
        yield made


def reader(large: Files, token: str | None = None) -> socket.socket:
    """A download that nobody reads yet."""
    token = token or large.server.token
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    connection.connect(("127.0.0.1", large.server.port))
    head = f"GET /graphs/large?format=csv HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
    connection.sendall(head.encode())
    return connection


def test_a_large_graph_goes_in_and_comes_out(large: Files) -> None:
    answer = large.get("large?format=parquet")
    assert answer.status_code == 200
    limits = ParseLimits(2_000_000, 2_000_000, 64 * MIB)
    assert parse(io.BytesIO(answer.content), "parquet", {}, limits).m == EDGES


def test_so_many_downloads_go_out_at_once(large: Files) -> None:
    with reader(large) as first, reader(large) as second:
        first.recv(1), second.recv(1)
        answer = large.get("large?format=csv")
        assert (answer.status_code, error(answer)["setting"]) == (503, "limits.upload_concurrent")
        second.close()
        size = 0
        while not size or size < 20 * MIB:
            part = first.recv(MIB)
            assert part
            size += len(part)
    eventually(lambda: large.get("large?format=edge-list", if_none_match="*").status_code == 304)


@pytest.mark.long
def test_slow_readers_of_two_tenants_do_not_shut_out_a_third(large: Files) -> None:
    other, third = (large.server.add_token(name, tenant=name) for name in ("neighbour", "third"))
    for token in (other, third):
        eventually(lambda token=token: large.get("x?format=csv", token=token).status_code == 404)
    assert large.put("mine?format=edge-list", b"a b\n", token=third).status_code == 201
    copy = large.get("large?format=parquet").content
    assert large.put("large?format=parquet", copy, token=other).status_code == 201
    with reader(large) as first, reader(large) as second:
        first.recv(1), second.recv(1)
        with reader(large, other) as theirs:
            theirs.recv(1)
            answer = large.get("mine?format=edge-list", token=third)
            assert answer.status_code == 200, answer.text
            cut_off = [ends_early(one) for one in (first, second)]
            assert sorted(cut_off) == [False, True]


def ends_early(connection: socket.socket) -> bool:
    """Whether the file does not come whole."""
    connection.settimeout(PATIENCE)
    size = 0
    with contextlib.suppress(ConnectionResetError):
        while size < 15 * MIB and (part := connection.recv(MIB)):
            size += len(part)
    return size < 15 * MIB


def cut_off(hasty: Files) -> float:
    return hasty.server.metric("requests_total", method="graphs/get", outcome="timeout")


@pytest.mark.long
def test_a_reader_that_stops_is_cut_off(hasty: Files) -> None:
    before, began = cut_off(hasty), time.monotonic()
    with reader(hasty) as connection:
        assert connection.recv(12) == b"HTTP/1.1 200"
        eventually(lambda: cut_off(hasty) > before, every=0.5)
        assert time.monotonic() - began > RATE_WINDOW_SECONDS - 2
        connection.settimeout(PATIENCE)
        received = 12
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(MIB):
                received += len(part)
        assert received < 20 * MIB


@pytest.mark.long
def test_a_reader_that_never_stops_but_is_too_slow_is_cut_off(hasty: Files) -> None:
    """It reads half a MiB a second, or less."""
    before, began, received = cut_off(hasty), time.monotonic(), 0
    with reader(hasty) as connection:
        while cut_off(hasty) == before:
            received += len(connection.recv(128 * 1024))
            time.sleep(0.25)
        assert time.monotonic() - began > RATE_WINDOW_SECONDS - 2
        assert 0 < received < 20 * MIB


def test_who_hangs_up_has_the_worker_killed(large: Files) -> None:
    nodes = "".join(f'node [ id {k} label "n{k}" ]\n' for k in range(500_000))
    body = f"graph [\n{nodes}]\n".encode()
    with large.begin("hung?format=gml", len(body), body):
        eventually(large.running, every=0.02)
        workers = set(large.server.pids()[2:])
    eventually(lambda: not large.running(), every=0.02)
    eventually(lambda: workers.isdisjoint(large.server.pids()))
    eventually(lambda: large.server.metric("worker_exits_total", reason="cancelled") == 1)
    eventually(lambda: large.server.metric("requests_total", method="graphs/put", outcome="cancelled") >= 1)
    assert large.get("hung?format=csv").status_code == 404


# -- merged into a graph


def test_a_table_of_nodes_is_merged_under_the_version_that_was_read(files: Files) -> None:
    put = files.put("air?format=csv&source=from&target=to", b"from,to,km\nATL,ORD,976\nORD,LAX,2802\n")
    assert put.status_code == 201
    query = "air?mode=merge&part=nodes&id=IATA&if_missing=skip"
    airports = "\ufeffIATA\tcity\r\nATL\tAtlanta\r\nXXX\tNowhere\r\n".encode()
    late = files.put(query, airports, content_type="text/tab-separated-values", if_match='"7"')
    assert (late.status_code, error(late)["error"]) == (412, "conflict")
    answer = files.put(
        query, airports, content_type="text/tab-separated-values", if_match=put.headers["etag"], idempotency_key="k"
    )
    assert (answer.status_code, version_of(answer)) == (200, 2)
    found = answer.json()
    assert (found["nodes"], found["edges"]) == (3, 2)
    reading = found["reading"]
    assert (reading["rows"], reading["changed_nodes"], reading["unknown_nodes"]) == (2, 1, 1)
    again = files.put(
        query, airports, content_type="text/tab-separated-values", if_match=put.headers["etag"], idempotency_key="k"
    )
    assert (again.status_code, version_of(again), again.json()["repeated"]) == (200, 2, True)
    graph = read(files.get("air?format=node-link").content, "node-link")
    assert graph.nodes["ATL"] == {"city": "Atlanta"}
    assert graph.edges["ATL", "ORD"] == {"km": 976}


def test_a_merge_beyond_a_limit_changes_nothing(files: Files) -> None:
    files.put("full?format=edge-list", b"".join(b"n%d m%d\n" % (k, k) for k in range(20)))
    answer = files.put("full?format=csv&mode=merge&part=nodes", b"id\n" + b"".join(b"x%d\n" % k for k in range(20)))
    assert (answer.status_code, error(answer)["limit"]) == (413, "graph_nodes")
    assert version_of(files.get("full?format=edge-list")) == 1
