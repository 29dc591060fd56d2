"""Attacks below HTTP: requests that two readers would divide differently, chunks, sizes, and senders that never end."""

from __future__ import annotations

from random import Random

from loadtests.abuse.attack import INCOMPLETE_SECONDS, Attack, World
from loadtests.abuse.mcp_kinds import request, scramble
from loadtests.abuse.route_kinds import files
from networkx_mcp import mcp_wire


def _hidden(world: World) -> bytes:
    """What a smuggler hides in a body: were it taken for a request, it would be answered."""
    return f"GET /health HTTP/1.1\r\nHost: {world.host}\r\n\r\n".encode()


def _fields(world: World, *lines: str | bytes, path: str = "/mcp") -> bytes:
    """The head of a POST with the headers that every request here has, and these lines as they are."""
    head = [f"POST {path} HTTP/1.1".encode(), b"Host: " + world.host.encode()]
    head += [f"Authorization: Bearer {world.tokens['bob']}".encode(), b"Content-Type: application/json"]
    head += [line if isinstance(line, bytes) else line.encode("latin-1") for line in lines]
    return b"\r\n".join(head) + b"\r\n\r\n"


def smuggling(world: World) -> list[Attack]:
    """Lengths that contradict each other, spaces and line ends where parsers differ. One answer at most."""
    body = mcp_wire.message("handshake", "tools/list", {})
    hidden = _hidden(world)
    both, length = b"0\r\n\r\n" + hidden, len(body)
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (length, body)
    made: dict[str, bytes] = {
        "CL and TE": _fields(world, f"Content-Length: {len(both)}", "Transfer-Encoding: chunked") + both,
        "TE and CL": _fields(world, "Transfer-Encoding: chunked", f"Content-Length: {len(chunked)}") + chunked + hidden,
        "two lengths": _fields(world, f"Content-Length: {length}", "Content-Length: 0") + body,
        "two lengths, hidden": _fields(world, "Content-Length: 0", f"Content-Length: {len(hidden)}") + hidden,
        "same length twice": _fields(world, f"Content-Length: {length}", f"Content-Length: {length}") + body,
        "list of lengths": _fields(world, f"Content-Length: {length}, {length}") + body,
        "TE twice": _fields(world, "Transfer-Encoding: chunked", "Transfer-Encoding: identity") + chunked,
        "TE list": _fields(world, "Transfer-Encoding: gzip, chunked") + chunked,
        "TE not last": _fields(world, "Transfer-Encoding: chunked, identity") + chunked,
        "TE with tab": _fields(world, "Transfer-Encoding:\tchunked", f"Content-Length: {len(both)}") + both,
        "TE misspelt": _fields(world, "Transfer-Encoding: xchunked", f"Content-Length: {len(both)}") + both,
        "TE upper": _fields(world, "Transfer-Encoding: CHUNKED", f"Content-Length: {len(both)}") + both,
        "TE quoted": _fields(world, 'Transfer-Encoding: "chunked"', f"Content-Length: {len(both)}") + both,
        "TE with vertical tab": _fields(world, b"Transfer-Encoding: \x0bchunked", f"Content-Length: {len(both)}") + both,
        "space before colon": _fields(world, f"Content-Length : {len(hidden)}", "Content-Length: 0") + hidden,
        "space before TE's colon": _fields(world, "Transfer-Encoding : chunked", f"Content-Length: {len(both)}") + both,
        "obs-fold": _fields(world, "X-A: b\r\n Content-Length: 0", f"Content-Length: {length}") + body,
        "obs-fold of TE": _fields(world, "Transfer-Encoding:\r\n chunked", f"Content-Length: {len(both)}") + both,
        "bare LF": _fields(world, f"X-A: b\nContent-Length: {len(hidden)}", "Content-Length: 0") + hidden,
        "bare CR": _fields(world, f"X-A: b\rContent-Length: {len(hidden)}", "Content-Length: 0") + hidden,
        "NUL in a header": _fields(world, b"X-A: b\x00c", f"Content-Length: {length}") + body,
        "NUL in a name": _fields(world, b"X-\x00A: b", f"Content-Length: {length}") + body,
        "no name": _fields(world, ": b", f"Content-Length: {length}") + body,
        "length +": _fields(world, f"Content-Length: +{length}") + body,
        "length -": _fields(world, "Content-Length: -1") + body,
        "length hex": _fields(world, f"Content-Length: {hex(length)}") + body,
        "length empty": _fields(world, "Content-Length: ") + body,
        "length 2^64": _fields(world, f"Content-Length: {2**64}") + body,
        "length of digits in other scripts": _fields(world, "Content-Length: \xb2") + body,
        "length short": _fields(world, f"Content-Length: {length - 5}") + body,
        "no length": _fields(world) + body,
        "GET with a body": _fields(world, f"Content-Length: {len(hidden)}").replace(b"POST", b"GET", 1) + hidden,
        "two hosts": _fields(world, "Host: evil.example.org", f"Content-Length: {length}") + body,
        "no host": _fields(world, f"Content-Length: {length}").replace(b"Host: ", b"X-Host: ", 1) + body,
        "two tokens": _fields(world, "Authorization: Bearer x", f"Content-Length: {length}") + body,
        "HTTP/1.0 chunked": _fields(world, "Transfer-Encoding: chunked").replace(b"HTTP/1.1", b"HTTP/1.0", 1) + chunked,
        "HTTP/0.9": b"GET /health\r\n\r\n",
        "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",
        "HTTP/9.9": _fields(world, f"Content-Length: {length}").replace(b"HTTP/1.1", b"HTTP/9.9", 1) + body,
        "TLS hello": bytes.fromhex("160301010a010001060303") + b"\x00" * 260,
        "SSH": b"SSH-2.0-x\r\n",
        "Redis": b"*1\r\n$7\r\nCOMMAND\r\n",
        "websocket": _fields(world, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==").replace(b"POST", b"GET", 1),
        "h2c": _fields(world, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__", f"Content-Length: {length}") + body,
        "expect": _fields(world, "Expect: 200-ok", f"Content-Length: {length}") + body,
        "tabs for spaces": _fields(world, f"Content-Length: {length}").replace(b"POST /mcp HTTP", b"POST\t/mcp\tHTTP", 1) + body,
        "spaces in the path": _fields(world, f"Content-Length: {length}").replace(b"/mcp", b"/mcp /health", 1) + body,
        "line ends before": b"\r\n" * 5 + _fields(world, f"Content-Length: {length}") + body,
        "line feeds before": b"\n" * 5000 + _fields(world, f"Content-Length: {length}") + body,
    }  # fmt: skip
    # An answer to what was hidden would be one too many.
    # What lies past a length that is too short is read as a request, and refused as none.
    most = {"expect": 2, "length short": 2, "no length": 2}
    return [Attack("smuggling", name, (data,), framed=False, most=most.get(name, 1)) for name, data in made.items()]


def chunks(chance: Random, world: World) -> Attack:
    """Chunked bodies whose sizes are none."""
    body = mcp_wire.message(*request(chance, world))
    size = b"%x" % len(body)
    sizes = (
        b"ffffffffffffffff", b"fffffffffffffffff", b"-1", b"+" + size, b"0x" + size, b" " + size, size + b" ", b"", b"g",
        size + b";" + b"a" * 5000, size + b";a=\x00", size + b";a=b\n", b"0" * 5000 + size, size.upper(), size + b"\n", b"\xff",
        size + b'; x="\r\n0\r\n\r\n"', b"1", b"7fffffff", b"100000",
    )  # fmt: skip
    chosen = chance.choice(sizes)
    trailers = chance.choice((b"", b"", b"X-T: 1\r\n", b"Content-Length: 5\r\n", b"X: " + b"y" * 90_000 + b"\r\n"))
    content = chosen + chance.choice((b"\r\n", b"\r\n", b"\n", b"\r")) + body + b"\r\n0\r\n" + trailers + b"\r\n"
    data = _fields(world, "Transfer-Encoding: chunked") + content
    return Attack("bad chunks", chosen[:30].decode("latin-1"), (data,), framed=False, most=2)


def scrambled(chance: Random, world: World) -> Attack:
    """A whole request with bytes changed, headers and all."""
    whole = world.mcp(*request(chance, world)) if chance.random() < 0.8 else files(chance, world).parts[0]
    head, gap, body = whole.partition(b"\r\n\r\n")
    data = scramble(chance, head) + gap + body if chance.random() < 0.7 else scramble(chance, whole)
    # A change may well divide one request into two: what each is answered is judged, not their number.
    return Attack("HTTP bytes", "", (data,), framed=False, most=100)


def oversized(chance: Random, world: World) -> Attack:
    """Headers, paths and methods beyond any use."""
    name, data = chance.choice(
        (
            ("one header of 1 MiB", _fields(world, "X-A: " + "b" * 2**20)),
            ("a header of 70 KiB", _fields(world, "X-A: " + "b" * 70_000, "Content-Length: 0")),
            ("10,000 headers", _fields(world, *(f"X-{number}: {number}" for number in range(10_000)))),
            ("500 headers", _fields(world, *(f"X-{number}: {number}" for number in range(500)), "Content-Length: 0")),
            ("a name of 100 KiB", _fields(world, "X" * 100_000 + ": a")),
            ("a path of 100 KiB", _fields(world, "Content-Length: 0", path="/" + "a" * 100_000)),
            ("a method of 100 KiB", b"A" * 100_000 + b" /mcp HTTP/1.1\r\n\r\n"),
            ("1 MiB without a line end", chance.randbytes(4) + b"A" * 2**20),
            ("a token of 60 KiB", world.http("GET", "/graphs", {"Authorization": "Bearer " + "x" * 60_000})),
            ("a declared body of 1 TiB", _fields(world, f"Content-Length: {2**40}") + b"{}"),
            ("a body over the limit", world.mcp("modern", "tools/list", {}, b" " * (2 * 2**20))),
        )
    )
    return Attack("oversized", name, (data,), framed=False, bound=INCOMPLETE_SECONDS)


def slow(number: int, world: World) -> Attack:
    """Senders and readers that take their time, of six kinds in turn."""
    whole = world.mcp("modern", "tools/list", {})
    head, _, body = whole.partition(b"\r\n\r\n")
    upload = world.http("PUT", "/graphs/slow?format=csv", {"Content-Length": "100000"})
    large = world.http("GET", f"/graphs/{world.graph_id}?format=csv")
    kinds: tuple[tuple[str, tuple[bytes, ...], float, int], ...] = (
        ("headers a byte a second", tuple(bytes([byte]) for byte in head[:60]), 1.0, 0),
        ("headers that never end", (head, *(b"\r\nX-A: b",) * 40), 1.0, 0),
        ("half a request line", (b"POST /m",), 0.0, 0),
        ("a body a byte a second", (head + b"\r\n\r\n", *(bytes([byte]) for byte in body)), 1.0, 0),
        ("an upload of 10 bytes a second", (upload, *(b"source,tar",) * 40), 1.0, 0),
        ("a reader of 512 bytes a second", (large,), 0.0, 512),
        ("nothing at all", (b"",), 0.0, 0),
    )
    name, parts, pause, sip = kinds[number % len(kinds)]
    # An upload may be slow for a window before its rate counts, and its rest is waited for a little.
    bound = INCOMPLETE_SECONDS + (10.0 if "upload" in name else 0.0)
    return Attack("slowloris", name, parts, framed=False, pause=pause, bound=bound if not sip else 60.0, sip=sip)
