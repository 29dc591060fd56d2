"""Bombs of memory, of CPU and of results, and floods of small calls, thrown from a process of their own: to make them and to read
what comes back must not delay the calls that are timed."""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

from loadtests.abuse import bombs, hostile_sql
from loadtests.abuse.raw_connections import Wires
from loadtests.frugal_http import Requests

#: At once: of bombs, and of floods. `limits.connections` and `limits.queue` together are 405.
ATTACKERS, FLOODERS = 4, 500
#: Seconds after which a process that is told to end, or to begin, must have done so. Files are made at the beginning.
PATIENCE_SECONDS = 60.0

Throw = tuple[str, dict[str, Any]]


def memory_bombs() -> Iterator[Throw]:
    """Matrices of 5,000 x 5,000 numbers, and lists of 1,000 million; each differs a little, so that no answer is kept."""
    for number in itertools.count():
        given = {"tolerance": 10.0 ** -(4 + number % 9)}
        yield "run_algorithm", {"graph_id": "long", "name": "simrank_similarity", "force": True, "arguments": given}
        yield "query_graph", {"graph_id": "long", "sql": f"SELECT list(range) FROM range({10**9 + number})"}


def cpu_bombs() -> Iterator[Throw]:
    """20,000 maximum flows in pure Python, and 27 million million rows that are counted one by one, until the deadline."""
    while True:
        yield (
            "query_graph",
            {"graph_id": "dense", "sql": "SELECT count(*) FROM range(30000) a, range(30000), range(30000)"},
        )
        yield "run_algorithm", {"graph_id": "dense", "name": "all_pairs_node_connectivity", "force": True}


def result_bombs() -> Iterator[Throw]:
    """As much as an answer may hold, over and over, and results that are far larger before they are cut."""
    for number in itertools.count():
        yield "describe_graph", {"graph_id": "dense", "limit": 500, "offset": number % 2}
        yield (
            "query_graph",
            {"graph_id": "dense", "sql": f"FROM ends e, nodes n WHERE n.degree > {number}", "limit": 1000},
        )
        yield (
            "get_subgraph",
            {"graph_id": "dense", "center": 0, "radius": 1000, "limit_nodes": 1000, "limit_edges": 2000},
        )
        given = {"cutoff": 50 + number % 100}
        yield (
            "run_algorithm",
            {
                "graph_id": "long",
                "name": "all_pairs_shortest_path_length",
                "force": True,
                "limit": 1000,
                "arguments": given,
            },
        )
        yield (
            "draw_graph",
            {
                "graph_id": "dense",
                "format": "svg",
                "nodes": list(range(150)),
                "width": 2000,
                "height": 2000,
                "seed": number,
            },
        )


def sql_bombs() -> Iterator[Throw]:
    """Statements and views that fill memory, never end, are nested as deep as may be, or are no queries."""
    while True:
        yield from ((tool, arguments) for tool, arguments, _ in hostile_sql.calls("long"))


#: A table of which SQL makes what it likes.
_TABLE = "source,target\n" + "\n".join(f"{row},{row + 1}" for row in range(2_000))
_FAR = 10**9


def graph_bombs() -> Iterator[Throw]:
    """Graphs made of what is there, or of nothing, that are larger than any may be or never done; two graphs set side by side."""
    for number in itertools.count():
        edges = f"SELECT a.id AS source, b.id AS target, {number} AS turn FROM nodes a, nodes b"
        yield "derive_graph", {"graph_id": "long", "into": "bomb", "replace": True, "from_sql": {"edges": edges}}
        nodes = f"SELECT range + {number} AS id, repeat('x', 1000) AS text FROM range({_FAR})"
        yield "derive_graph", {"graph_id": "long", "into": "bomb", "replace": True, "from_sql": {"nodes": nodes}}
        for algorithm in ("complement", "line_graph", "transitive_closure"):
            yield (
                "derive_graph",
                {"graph_id": "long", "into": "bomb", "replace": True, "algorithm": algorithm, "force": True},
            )
        given = {"graph_id": "long", "into": "bomb", "replace": True, "combine": "disjoint_union"}
        yield "derive_graph", {**given, "others": ["long"] * 8}
        yield "compare_graphs", {"a": "long", "b": "dense", "rows": "betweenness", "force": True}
        for sql in (
            f"SELECT a.source, b.target + {number} AS target FROM rows a, rows b, rows c",
            f"SELECT range AS source, range + {number} AS target FROM range({_FAR}), rows",
        ):
            yield "load_graph", {"graph_id": "bomb", "mode": "replace", "format": "csv", "content": _TABLE, "sql": sql}
        merged = {"graph_id": "bomb", "mode": "merge", "format": "csv", "content": _TABLE.replace("\n", f"\n{number}")}
        yield "load_graph", merged
        for name, sizes in (
            ("complete_graph", {"n": _FAR + number}),
            ("gnm_random_graph", {"n": 100_000 + number, "m": _FAR}),
            ("barabasi_albert_graph", {"n": 170_000, "m": 3}),
            ("random_geometric_graph", {"n": 20_000, "radius": 2.0}),
        ):
            made = {"name": name, **sizes}
            yield "create_graph", {"graph_id": f"made-{number % 3}", "generator": made}


def reads() -> Iterator[Throw]:
    """The cheapest calls there are."""
    while True:
        yield "get_neighbors", {"graph_id": "dense", "node": 0}


def analyses() -> Iterator[Throw]:
    """Calls that each need a worker for a moment; no two have the same answer to be kept."""
    for number in itertools.count():
        yield "rank_nodes", {"graph_id": "dense", "measure": "betweenness", "seed": number}


BOMBS: dict[str, Callable[[], Iterator[Throw]]] = {
    "memory bombs": memory_bombs,
    "CPU bombs": cpu_bombs,
    "result bombs": result_bombs,
    "SQL bombs": sql_bombs,
    "graph bombs": graph_bombs,
}  # fmt: skip
#: Not large, but more at once than there are slots and places.
FLOODS: dict[str, Callable[[], Iterator[Throw]]] = {"flood of reads": reads, "flood of analyses": analyses}
KINDS = BOMBS | FLOODS


@asynccontextmanager
async def attack(host: str, port: int, token: str, kind: str, files: bool = True) -> AsyncIterator[AttackUnderWay]:
    """ATTACKERS, or FLOODERS, that throw one call of KINDS after the other at `host:port` until the block ends; a third of memory bombs
    are files, where `files`. Raises EOFError where their process ends before."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_throw, args=(theirs, host, port, token, kind, files), daemon=True)
    process.start()
    theirs.close()
    found = AttackUnderWay(process.pid or 0)
    try:
        await _heard(ours)
        yield found
        ours.send("stop")
        found.outcomes = await _heard(ours)
    finally:
        process.kill()
        await asyncio.to_thread(process.join)
        ours.close()


class AttackUnderWay:
    """An attack under way, and once it is over what its bombs came to: "name: outcome" -> times."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.outcomes: Counter[str] = Counter()


_SPAWN = multiprocessing.get_context("spawn")


async def _heard(pipe: Connection) -> Any:
    """What the other end says. Raises EOFError where it has ended, TimeoutError where it says nothing."""
    if not await asyncio.to_thread(pipe.poll, PATIENCE_SECONDS):
        raise TimeoutError(f"the attackers said nothing for {PATIENCE_SECONDS:g} s")
    return pipe.recv()


def _throw(pipe: Connection, host: str, port: int, token: str, kind: str, files: bool) -> None:
    """The attackers' process."""
    uploads = list(bombs.columnar().items()) if files and kind == "memory bombs" else []
    pipe.send("ready")
    number = FLOODERS if kind in FLOODS else ATTACKERS
    pipe.send(asyncio.run(_until_stopped(pipe, host, port, token, KINDS[kind](), uploads, number)))


async def _until_stopped(
    pipe: Connection,
    host: str,
    port: int,
    token: str,
    throws: Iterator[Throw],
    uploads: list[tuple[str, tuple[str, bytes]]],
    attackers: int,
) -> Counter[str]:
    wires, made, outcomes = Wires(host, port, attackers), Requests(f"{host}:{port}"), Counter[str]()

    async def attacker(number: int) -> None:
        for turn in itertools.count(number):
            if uploads and turn % 3 == 0:
                name, (format_, data) = uploads[turn // 3 % len(uploads)]
                head = f"PUT /graphs/bomb?format={format_} HTTP/1.1\r\nHost: {made.host}\r\n"
                head += f"Authorization: Bearer {token}\r\nContent-Length: {len(data)}\r\n\r\n"
                await throw(f"{name.partition(':')[0]} file", head.encode() + data)
            else:
                tool, arguments = next(throws)
                await throw(arguments.get("name", tool), made.call("modern", token, tool, arguments))

    async def throw(name: str, request: bytes) -> None:
        outcome = "under way"
        try:
            outcome, _ = await wires.ask(request)
        finally:
            outcomes[f"{name}: {outcome}"] += 1

    told = asyncio.Event()
    asyncio.get_running_loop().add_reader(pipe.fileno(), told.set)
    tasks = [asyncio.ensure_future(attacker(number)) for number in range(attackers)]
    waiting = asyncio.ensure_future(told.wait())
    await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in (waiting, *tasks):
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task  # a defect of an attacker is raised here, and ends the process
    wires.close()
    return outcomes
