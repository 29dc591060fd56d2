"""Attacks on the paths beside /mcp: /graphs with broken files, bombs and names, /admin, metadata, probes."""

from __future__ import annotations

from random import Random
from urllib.parse import quote, quote_from_bytes

from loadtests.abuse import bombs, hostile_values
from loadtests.abuse.attack import Attack, World
from loadtests.abuse.mcp_kinds import scramble
from networkx_mcp.arrays import formats

_METHODS = ("GET", "PUT", "DELETE", "POST", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PROPFIND", "PRI", "get")
#: Formats of which a file is read.
FORMATS = formats.READ
_OPTIONS = (
    "directed",
    "source",
    "target",
    "delimiter",
    "ids",
    "duplicates",
    "description",
    "limit",
    "after",
    "prefix",
    "filename",
    "encoding",
    "x",
)
_ADMIN = (
    "settings", "status", "drain", "degradation", "backup", "tenants", "tenants/{t}", "tenants/{t}/graphs", "",
    "tenants/{t}/graphs/{id}", "tenants/{t}/graphs/{id}/archive", "../admin/settings", "settings/", "settings%2f", "%73ettings",
)  # fmt: skip
_OTHERS = (
    "/", "//", "/mcp", "/mcp/", "/mcp/x", "/mcp%2f", "/MCP", "/./mcp", "/mcp;x", "/mcp?x=1", "/health", "/ready", "/startup",
    "/metrics", "/health/", "/health/../admin/settings", "/metrics?name[]=x", "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/oauth-protected-resource", "/.well-known/mcp", "/.well-known/../admin/settings", "/.env", "/.git/config",
    "*", "http://127.0.0.1/admin/settings", "http://evil.example.org/mcp", "/\x80", "/%", "/%00", "/%zz", "/" + "a" * 5000,
    "/" + "a/" * 2000, "/?" + "a=b&" * 5000, "/graphs", "/graphs/", "/graphs//", "/graphs?limit=-1", "/graphs?limit=9" + "9" * 30,
    "/graphs?limit=\u0663", "/graphs?after=%00&prefix=%ff", "/docs", "/openapi.json", "/sse", "/messages", "/view", "/view/", "/view/..%2fadmin",
    "/view/a/b", "/view/%00", "/view/" + "a" * 5000, "/graphs/x/layout?layout=none", "/graphs/x/layout?nodes=[1", "/graphs/x/layout?limit=1e9",
)  # fmt: skip


def _spelled(chance: Random, name: str) -> str:
    """A name in a path: as it is, escaped once, twice, or all of it."""
    match chance.randrange(4):
        case 0:
            return quote(name, safe="/%?#*;{}~")
        case 1:
            return quote(name, safe="")
        case 2:
            return quote(quote(name, safe=""), safe="")
        case _:
            return "".join(f"%{byte:02x}" for byte in name.encode())


def _token(chance: Random) -> str | None:
    pick = chance.random()
    return "bob" if pick < 0.7 else "reader" if pick < 0.8 else chance.choice((None, "expired", "revoked"))


def names(chance: Random, world: World) -> Attack:
    """/graphs/{id} with names that try to leave it."""
    name = chance.choice(hostile_values.PATHS).replace("secret", world.foreign_id).replace("{a}", "a")
    if chance.random() < 0.3:
        name = scramble(chance, name.encode()).decode("utf-8", "replace")
    method = chance.choice(("GET", "GET", "PUT", *_METHODS))
    format_ = chance.choice((*FORMATS, "pickle", "", "../csv"))
    path = f"/graphs/{_spelled(chance, name)}?format={format_}"
    body = world.files["edge-list"] if method == "PUT" else b""
    return Attack(
        "path tricks in /graphs",
        path[:120],
        (world.http(method, path, {}, body, token=_token(chance)),),
        **_kind(method),
    )


def _kind(method: str) -> dict[str, bool]:
    """How a request of this method is answered: HEAD without a body; CONNECT and unknown ones as HTTP likes."""
    framed = method not in ("CONNECT", "PRI", "get", "TRACE")
    return {"head": method == "HEAD", "framed": framed, "heavy": method in ("GET", "PUT")}


def queries(chance: Random, world: World) -> Attack:
    """/graphs with options and conditions that are none."""
    given = [f"format={chance.choice(FORMATS)}"]
    for _ in range(chance.choice((1, 1, 2, 5))):
        value = str(hostile_values.hostile(chance)).encode("utf-8", "replace")[:3000]
        given.append(
            f"{chance.choice(_OPTIONS)}={quote_from_bytes(scramble(chance, value) if chance.random() < 0.3 else value)}"
        )
    conditions = (
        "If-Match",
        "If-None-Match",
        "Idempotency-Key",
        "Content-Type",
        "Accept",
        "Range",
        "If-Range",
        "Expect-CT",
    )
    tricks = (
        '"1"',
        '"0"',
        '"99999999999999999999"',
        "*",
        "",
        'W/"1"',
        '"a", "b"',
        "bytes=0-1,5-9",
        "\xff",
        "x" * 3000,
        "k1",
    )
    headers = {chance.choice(conditions): chance.choice(tricks) for _ in range(chance.choice((0, 1, 2)))}
    method = chance.choice(("GET", "PUT"))
    body = world.files[chance.choice(FORMATS)] if method == "PUT" else b""
    path = f"/graphs/{world.graph_id if method == 'GET' else 'loaded'}?{'&'.join(given)}"
    return Attack(
        "options of /graphs",
        f"{method} {path[:100]}",
        (world.http(method, path, headers, body, token=_token(chance)),),
        heavy=True,
    )


def files(chance: Random, world: World) -> Attack:
    """A file of each format with bytes changed, or under another format's name."""
    format_ = chance.choice(FORMATS)
    named = format_ if chance.random() < 0.9 else chance.choice(FORMATS)
    body = scramble(chance, world.files[format_]) if named == format_ else world.files[format_]
    request = world.http("PUT", f"/graphs/loaded?format={named}", {}, body)
    return Attack("broken files", f"{format_} as {named}", (request,), heavy=True)


def file_values(chance: Random, world: World) -> Attack:
    """Text formats with hostile labels, numbers and nesting in them."""
    one, two, raw = (
        chance.choice(hostile_values.LABELS),
        chance.choice(hostile_values.LABELS),
        hostile_values.raw(chance),
    )
    quoted = [hostile_values.encode(one), hostile_values.encode(two)]
    made = {
        "csv": b"source,target,weight\n" + b",".join(quoted) + b"," + raw + b"\n",
        "edge-list": one.encode() + b" " + two.encode() + b' {"w":' + raw + b"}\n",
        "adjacency-list": one.encode() + b" " + two.encode() + b" " + raw[:200] + b"\n",
        "node-link": b'{"nodes":[{"id":'
        + quoted[0]
        + b',"x":'
        + raw
        + b'}],"links":[{"source":'
        + raw
        + b',"target":1}]}',
        "graphml": b'<graphml><graph edgedefault="directed"><node id='
        + quoted[0]
        + b"/>"
        + raw
        + b"</graph></graphml>",
        "gml": b"graph [ node [ id "
        + raw
        + b" label "
        + quoted[0]
        + b" ] x "
        + b"[ y " * chance.choice((1, 5000))
        + b"]",
        "gexf": b'<gexf><graph defaultedgetype="mutual">'
        + chance.choice((b"<nodes>", b"<nodes><node id='a'>" * 5000))
        + b"<node id="
        + quoted[0]
        + b"><attvalues><attvalue for='weight' value="
        + quoted[1]
        + b"/></attvalues></node></nodes>"
        + raw
        + b"</graph></gexf>",
        "cytoscape": b'{"data":'
        + raw
        + b',"elements":{"nodes":[{"data":{"id":'
        + quoted[0]
        + b',"value":'
        + raw
        + b'}}],"edges":[{"data":{"source":'
        + quoted[1]
        + b',"target":'
        + raw
        + b"}}]}}",
        "pajek": b"*Vertices "
        + chance.choice((b"2", b"99999999999999999999", raw[:200]))
        + b"\n1 "
        + quoted[0]
        + b" "
        + raw[:200]
        + b"\n*"
        + chance.choice((b"Edges", b"Matrix", b"Arcslist"))
        + b"\n1 2 "
        + raw[:200]
        + b" l "
        + quoted[1]
        + b"\n",
        "matrix-market": b"%%MatrixMarket matrix coordinate real general\n% networkx-mcp.ids ["
        + quoted[0]
        + b"]\n"
        + chance.choice((b"1 1 1", b"99999999 99999999 99999999", b"2 2 " + raw[:50]))
        + b"\n1 1 "
        + raw[:200]
        + b"\n",
        "dot": b"digraph "
        + quoted[0]
        + b" {"
        + chance.choice((b"", b"{" * 5000, b"{a b c d}->" * 2000))
        + quoted[1]
        + b" -> "
        + raw
        + b" [label="
        + raw
        + b"] }",
        "graph6": chance.choice((b"~~~~~~~~", b"~~????", b">>graph6<<", b"D")) + raw[:500],
        "sparse6": b":" + chance.choice((b"~~~~~~~~", b"~~????~", b"F")) + raw[:500],
        "dimacs": b"p "
        + chance.choice((b"edge", b"min", b"max"))
        + b" 3 "
        + raw[:30]
        + b"\ne 1 2 "
        + raw[:200]
        + b"\n",
    }
    format_ = chance.choice(list(made))
    request = world.http("PUT", f"/graphs/loaded?format={format_}", {}, made[format_])
    return Attack("hostile files", format_, (request,), heavy=True)


def admin(chance: Random, world: World) -> Attack:
    """/admin without its scope."""
    tail = (
        chance.choice(_ADMIN)
        .replace("{t}", chance.choice(("a", "b", "..", "%2e%2e", "*")))
        .replace("{id}", world.foreign_id)
    )
    method = chance.choice(_METHODS)
    path = f"/admin/{tail}{chance.choice(('', '', '?level=protective', '?last_success=1', '?x=' + 'y' * 3000))}"
    return Attack("/admin", f"{method} {path[:80]}", (world.http(method, path, token=_token(chance)),), **_kind(method))


def others(chance: Random, world: World) -> Attack:
    """Metadata, probes, and paths that are not there."""
    method, path = chance.choice(_METHODS), chance.choice(_OTHERS)
    if chance.random() < 0.2:
        path = "/" + quote_from_bytes(scramble(chance, path.encode()), safe="/%?=&;")
    target = quote(path, safe="/%?=&;:*[]") if chance.random() < 0.7 else path.replace(" ", "")
    framed = _kind(method)
    sane = target.startswith("/") and target.isascii()
    request = world.http(method, target, token=_token(chance))
    return Attack(
        "probes and other paths",
        f"{method} {target[:80]}",
        (request,),
        head=framed["head"],
        framed=framed["framed"] and sane,
    )


def file_bombs(world: World) -> list[Attack]:
    """Each bomb, once."""
    made = [(f"XML: {name}", "graphml", data) for name, data in bombs.xml(world.leak, world.callback).items()]
    made += [(name, format_, data) for name, (format_, data) in bombs.columnar().items()]
    return [
        Attack("XML entities" if format_ == "graphml" else "Parquet and Arrow bombs", name, (_put(world, format_, data),), heavy=True)
        for name, format_, data in made
    ]  # fmt: skip


def _put(world: World, format_: str, data: bytes) -> bytes:
    return world.http("PUT", f"/graphs/bomb?format={format_}", {}, data)
