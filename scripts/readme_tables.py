"""Writes the tables of the documents from the committed results, so that each number has its source.

    python scripts/readme_tables.py            # rewrite what stands between the markers
    python scripts/readme_tables.py --check    # exit 1 where a document departs from the results

A table stands between `<!-- table:NAME -->` and `<!-- end -->`; NAME is a function below. The knees of
loadtests/capacity.yaml and the guide of loadtests/README.md are written with them.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
import document_tables  # noqa: E402
import readme_calls  # noqa: E402
from loadtests import contract, evidence, guide  # noqa: E402
from loadtests.abuse import readme_tables  # noqa: E402
from loadtests.results import Point, Result, at_knee, heavy, heavy_calls, load_all, users_are  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
#: Where tables stand.
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "benchmarks/README.md", "loadtests/README.md")),
    *(ROOT / "docs" / name for name in ("operate.md", "performance.md")),
]
_TABLE = re.compile(r"(<!-- table:(\w+) -->\n)(?:(?!<!-- ).)*(<!-- end -->)", re.DOTALL)


def _load(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return document


def _rows(header: list[str], rows: list[list[Any]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def serving() -> str:
    """Throughput and latency by load, store and clients."""
    names = {"route": "bare Starlette route", "read": "point read", "mix": "6 writes to 14 reads"}
    rows = [
        [
            names[row["load"]],
            row["store"],
            row["clients"],
            f"{row['success_percent']:g} %",
            round(row["requests_per_second"]),
            round(row["requests_per_cpu_second"]),
            *(f"{row[key]:g}" for key in ("p50_ms", "p95_ms", "p99_ms")),
        ]
        for row in _load("serving")["rows"]
    ]
    header = ["load", "store", "clients", "success", "requests/s", "per CPU second", "P50 ms", "P95 ms", "P99 ms"]
    return _rows(header, rows)


def idle() -> str:
    """Memory of an idle, ready server, and its start."""
    found = _load("idle")
    runs = found["runs"]

    def span(values: list[float]) -> str:
        return f"{min(values):g} to {max(values):g}"

    rows: list[list[Any]] = [
        ["start to ready, s", span([run["seconds_to"]["ready"] for run in runs])],
        ["memory of all processes (PSS), MiB", span([run["pss_mib"]["all"] for run in runs])],
    ]
    rows += [
        [f"of which {process}, MiB", span([run["pss_mib"][process] for run in runs])]
        for process in ("api", "zygote", "worker")
    ]
    return _rows(["figure", f"{len(runs)} runs"], rows)


def viewer() -> str:
    """Seconds of a browser."""
    found = _load("viewer")
    names = {"shown": "shown, from the arrival of its data", "selected": "a node selected"}
    rows = [f"| {names[name]} | {seconds:g} s |" for name, seconds in found["median_s"].items()]
    return "\n".join([f"| {found['nodes']:,} nodes, {found['edges']:,} edges | |", "|---|---|", *rows])


def installed() -> str:
    """What an installation takes by extra, and of what most of it is."""
    rows = [
        [f"`networkx-mcp[{extra}]`" if extra else "`networkx-mcp`", f"{row['mib']:g}", row["packages"]]
        for extra, row in _load("installed")["extras"].items()
    ]
    return _rows(["", "MiB", "packages"], rows)


def largest() -> str:
    """The largest packages of an installation with all extras."""
    sizes = _load("installed")["extras"]["all"]["largest_mib"]
    return _rows(list(sizes), [[f"{size:g}" for size in sizes.values()]])


def starts() -> str:
    """Seconds from the command to the first answer over stdio."""
    found = _load("installed")
    names = {
        "without_bytecode": "the first one",
        "offline": "later ones (`uvx --offline`)",
        "asking_the_index": "later ones that ask the index first (`uvx`)",
    }
    rows = [
        [
            names[name],
            f"{median(seconds):g}",
            f"{min(seconds):g} to {max(seconds):g}",
            f"{median(found['cpu_seconds_until_then'][name]):g}",
        ]
        for name, seconds in found["seconds_to_first_answer"].items()
    ]
    return _rows(["start", "s, median", "s", "CPU seconds, median"], rows)


def drawing() -> str:
    """Time and length of pictures, beside networkx's own."""

    def cells(row: dict[str, Any], way: str) -> list[str]:
        made = row.get(way)
        return ["", ""] if made is None else [f"{made['cpu_s']:g} s", f"{made['kib']} KiB"]

    header = ["picture", "PNG", "", "SVG", "", "`nx.draw`, PNG", ""]
    rows = [
        [name, *cells(row, "ours"), *cells(row, "ours_svg"), *cells(row, "nx_draw")]
        for name, row in _load("drawing")["pictures"].items()
    ]
    return _rows(header, rows)


def queries() -> str:
    """CPU time of SQL over a graph, beside DuckDB alone."""
    found = dict(_load("query")["queries"])
    bare = found.pop("bare_ms")
    rows = [[name, f"{row['duckdb_ms']:g}", f"{row['task_ms']:g}", f"{row['ratio']:g}"] for name, row in found.items()]
    return _rows(["statement", "DuckDB ms", "task ms", f"ratio without the {bare:g} ms of `SELECT 1`"], rows)


def views() -> str:
    """CPU time that a view adds to a pagerank."""
    rows = [
        [
            name,
            f"{row['nodes']:,}",
            f"{row['edges']:,}",
            f"{row['whole_ms']:g}",
            f"{row['view_ms']:g}",
            f"{row['added_ms']:g}",
        ]
        for name, row in _load("query")["views"].items()
    ]
    return _rows(["view", "nodes seen", "edges seen", "whole graph ms", "view ms", "added ms"], rows)


def engine() -> str:
    """CPU time of algorithms in a worker, and how many times faster than plain networkx in the same run."""
    sizes = _load("engine")["sizes"]
    names = list(dict.fromkeys(name for cases in sizes.values() for name in cases))

    def cell(case: dict[str, Any] | None) -> str:
        if case is None or case.get("engine_ms") is None:
            return ""
        times = case.get("times_faster")
        return f"{case['engine_ms']:g} ms" + (f" ({times:g} x)" if times else "")

    header = ["algorithm", *(f"{int(size):,} nodes" for size in sizes)]
    return _rows(header, [[name, *(cell(cases.get(name)) for cases in sizes.values())] for name in names])


def libraries() -> str:
    """CPU time of kernels on a graph that is attached, over that of the fastest other library in the same run."""
    sizes = _load("libraries")["sizes"]
    names = list(dict.fromkeys(name for cases in sizes.values() for name, case in cases.items() if "best" in case))

    def cell(case: dict[str, Any] | None) -> str:
        if case is None or "best" not in case:
            return ""
        ours, best = (case["beside_ms"][name] for name in ("ours", case["best"]))
        return f"{case['ours_to_best']:g} ({ours:g} ms, {case['best']} {best:g})"

    header = ["algorithm", *(f"{int(size):,} nodes" for size in sizes)]
    return _rows(header, [[name, *(cell(cases.get(name)) for cases in sizes.values())] for name in names])


def calls() -> str:
    """Whole calls through tools/call, beside networkx, and loads."""
    return _rows(*readme_calls.calls(_load("calls")["sizes"]))


def reads() -> str:
    """Point reads beside a heavy call."""
    report = json.loads((ROOT / "tests/e2e/report.json").read_text(encoding="utf-8"))
    return _rows(*readme_calls.reads(_load("calls")["sizes"], report["facts"]))


def backend() -> str:
    """CPU time of functions of the NetworkX backend, and how many times faster than networkx in the same run."""
    found = _load("backend_large")["milliseconds"]
    sizes = sorted({row["n"] for row in found})

    def cell(row: dict[str, Any], way: str) -> str:
        if row[way] is None:
            return ""
        times = f" ({row['networkx'] / row[way]:.3g} x)" if row["networkx"] else ""
        return f"{float(f'{row[way]:.3g}'):g} ms{times}"

    rows = [
        [
            name,
            *(cell(row, way) for row in found if row["function"] == name for way in ("with_conversion", "converted")),
        ]
        for name in dict.fromkeys(row["function"] for row in found)
    ]
    header = [f"{size:,} nodes, {way}" for size in sizes for way in ("conversion included", "converted before")]
    return _rows(["function", *header], rows)


def _where(result: Result) -> str:
    pods = f"{result.target.replicas} pod" + ("s" if result.target.replicas > 1 else "")
    return f"{'one process' if result.target.kind == 'local' else pods}, {result.target.store}"


def _middle(values: list[float]) -> str:
    return f"{median(values):g}"


def users() -> str:
    """The contract's table: success and latency by users without think time."""
    rows = []
    for result in load_all("users"):
        mixed = [point for point in result.points if point.workload == "mixed"]
        for count in sorted({point.users for point in mixed}):
            points = [point for point in mixed if point.users == count]
            old = contract.PUBLISHED.get(count)
            said = f"{old:g} %, in its own report {contract.REPORTED[count]:g} %" if old else "-"
            success = f"{min(point.success_percent for point in points):.4g} %"
            names = ("requests_per_second", "mean_ms", "p50_ms", "p95_ms", "p99_ms")
            measured = [_middle([getattr(point, name) for point in points]) for name in names]
            shares = [f"{median(p.server_cpus for p in points):.2f}, {median(p.client_cpus for p in points):.2f}"]
            shares += [f"{median(p.other_cpus or 0.0 for p in points):.2f}"]
            rows.append([count, _where(result), success, said, *measured, _failed(points), _slowest(points), *shares])
    header = [
        "users",
        "target",
        "success",
        "old table (quoted, not measured here)",
        "calls/s",
        "mean ms",
        "P50 ms",
        "P95 ms",
        "P99 ms",
    ]
    return _rows(
        [*header, "heavy calls failed", "P50 of their slowest tool, s", "cores: server, client", "others"], rows
    )


def _failed(points: Sequence[Point]) -> str:
    """How many heavy calls failed in all repeats."""
    found = [seen for point in points for seen in heavy(point).values()]
    return f"{sum(int(seen['failed']) for seen in found)} of {sum(int(seen['requests']) for seen in found):,}"


def _slowest(points: Sequence[Point]) -> str:
    """The largest P50 of a heavy tool, in seconds; of a tool the median of the points that called it."""
    times: dict[str, list[float]] = {}
    for point in points:
        for tool, seen in heavy(point).items():
            times.setdefault(tool, []).append(seen["p50_ms"])
    return f"{max(map(median, times.values())) / 1000:.2f}"


def nodes() -> str:
    """The contract's table: load time, memory and algorithm times by graph size."""
    rows: list[list[Any]] = []
    names = list(
        dict.fromkeys(name for result in load_all("nodes") for size in result.sizes for name in size.algorithms)
    )
    for result in sorted(load_all("nodes"), key=lambda result: result.sizes[0].nodes):
        where = _where(result) + (
            f", {worker} MiB a call" if (worker := result.target.settings.get("memory_worker_mb")) else ""
        )
        for size in result.sizes:
            if not size.load_ms:
                rows.append([f"{size.nodes:,}", where, "not loaded", "", "", *([""] * len(names))])
                continue
            memory = [f"{size.memory_mib:g}", f"{size.peak_memory_mib:g}"]
            times = [_middle(size.algorithms[n]) if n in size.algorithms else size.failures.get(n, "") for n in names]
            rows.append([f"{size.nodes:,}", where, f"{median(size.load_ms):g}", *memory, *times])
    return _rows(
        [
            "nodes",
            "target",
            "load ms",
            "MiB with it",
            "most MiB while algorithms ran",
            *(f"{name}, ms" for name in names),
        ],
        rows,
    )


def capacity() -> str:
    """Knees: the most users without think time at which the objective held."""
    rows = []
    for result in load_all("capacity"):
        if result.knee is None:
            continue
        found = result.knee
        top = max(result.points, key=lambda point: (point.ok, point.users))
        knees = at_knee(result)
        more = " or more" if found.at_maximum else ""
        rows.append(
            [
                _where(result),
                users_are(top),
                f"{found.median_users:g}{more} ({found.spread_users[0]} to {found.spread_users[1]})",
                _middle(found.requests_per_second),
                _middle(found.requests_per_cpu_second),
                f"{median(point.p95_ms for point in knees):g}",
                f"{median(heavy_calls(point) for point in knees):.1f}",
                _slowest(knees),
                _ended(result.points),
                f"{top.server_cpus:.2f}, {top.store_cpus:.2f}, {top.client_cpus:.2f}",
                f"{top.other_cpus or 0.0:.2f}",
                len(found.users),
            ]
        )
    header = [
        "target",
        "users are",
        "knee (spread)",
        "calls/s",
        "per CPU second",
        "P95 ms",
        "heavy calls/s",
        "P50 of their slowest tool, s",
        "what failed above",
        "cores at the best point: server, store, client",
        "others",
    ]
    return _rows([*header, "repeats"], rows)


def _ended(points: Sequence[Point]) -> str:
    """What of the objective the nearest points above the knees failed, and what calls failed of."""
    above = [
        min((p for p in points if not p.ok and p.repeat == repeat), key=lambda point: point.users)
        for repeat in sorted({p.repeat for p in points if not p.ok})
    ]
    parts = Counter(reason.split()[0] for point in above for reason in point.failed)
    outcomes = sorted({outcome for point in above for outcome in point.outcomes} - {"ok"})
    named = {"success": f"success ({', '.join(outcomes)})"}
    return ", ".join(f"{named.get(part, part)} {count} of {len(above)}" for part, count in parts.most_common())


def limits() -> str:
    """The chart's limits; a test holds them to the settings of the server."""

    def many(*paths: str, unit: str = "") -> str:
        return "; ".join(f"{evidence.chart(path):,.0f}{unit}" for path in paths)

    store = {name: evidence.setting(f"store.{name}") for name in ("results_mb", "results_seconds")}
    rate, burst = many("rateLimit.requestsPerSecond"), many("rateLimit.burst")
    workers = many("limits.workers") if evidence.chart("limits.workers") else "the CPU limit, rounded up"
    times = ("limits.queueTimeoutSeconds", "limits.requestTimeoutSeconds", "limits.connectionTimeoutSeconds")
    rows = [
        ["requests that run at once; that wait", many("limits.connections", "limits.queue"), "`limits.connections`, `limits.queue`"],
        ["wait; run; complete answer", many(*times, unit=" s"), "`limits.queueTimeoutSeconds`, `requestTimeoutSeconds`, `connectionTimeoutSeconds`"],
        ["heavy calls at once; beyond them, of tenants that have none running", f"{workers}; {many('limits.reservedWorkers')}", "`limits.workers`; `limits.reservedWorkers`"],
        ["nodes; edges of a graph", many("limits.graphNodes", "limits.graphEdges"), "`limits.graphNodes`, `limits.graphEdges`"],
        ["JSON of one attribute value", many("limits.valueKiB", unit=" KiB"), "`limits.valueKiB`"],
        ["size of a graph, stored and in memory; of a tenant's graphs, stored; in memory", many("limits.graphMB", "limits.tenantMB", "limits.tenantMemoryMB", unit=" MiB"), "`limits.graphMB`, `limits.tenantMB`, `limits.tenantMemoryMB`"],
        ["JSON values in the body of a call", many("limits.toolBodyValues"), "`limits.toolBodyValues`"],
        ["body of a call; of an upload", many("limits.toolBodyKiB", unit=" KiB") + "; " + many("limits.uploadMB", unit=" MiB"), "`limits.toolBodyKiB`, `limits.uploadMB`"],
        ["cached results in a pod; of a tenant in Redis", f"{many('memory.resultsMB', unit=' MiB')}; {store['results_mb']:g} MiB for {store['results_seconds'] / 60:g} minutes", "`memory.resultsMB`; `store.results_mb`, `store.results_seconds`"],
        ["memory of a pod", many("limits.memoryMB", unit=" MiB"), "`limits.memoryMB`"],
        ["requests of a token", f"{rate} per second, bursts of {burst}", "`rateLimit`"],
    ]  # fmt: skip
    return _rows(["limit", "default", "setting"], rows)


def rests() -> str:
    """What the limits rest on, in words."""
    users, nodes = (evidence.document()["knees"][name] for name in ("users", "nodes"))
    admitted = evidence.chart("limits.connections") + evidence.chart("limits.queue")
    others = [
        f"One process on one core (`{name}`) had its least at {least}{', less than they admit' if least < admitted else ''}."
        for name, least in users["beside"].items()
    ]
    return "\n".join(
        [
            f"Connections and queue together ({admitted:g}) are at most {evidence.SHARE:g} of the least knee of one pod in any repeat "
            f"({users['least']}; what a knee is: [performance](performance.md#the-most-users-that-a-server-carries)).",
            *others,
            f"Nodes are {evidence.SHARE:g} of {nodes['knee']:,}, the largest size that was tried in the default memory; all that the "
            "table calls ended in time on it.",
        ]
    )


def soak() -> str:
    """What hours under one load did."""
    rows = []
    for result in load_all("soak"):
        s = result.summary
        drift = f"{s['p95_ms_first_third']:g}, {s['p95_ms_last_third']:g}"
        calls = f"{s['requests']:,.0f}, {s['failures']:,.0f}"
        memory = f"{s['memory_mib_per_hour']:g}, {s['memory_mib_per_hour_second_half']:g}"
        grown = [f"{s['memory_mib_most']:g}", memory, f"{s['file_descriptors_per_hour']:g}"]
        if s.get("minutes_of_last_process", s["minutes"]) < 30:  # while caches fill a slope says nothing
            grown[1:] = ["too short"] * 2
        users = f"{result.points[0].users} {users_are(result.points[0])}"
        rates = [f"{s['rate']:g}", f"{median(map(heavy_calls, result.points)):.1f}", _slowest(result.points)]
        rows.append([_where(result), users, f"{s['minutes']:g}", *rates, calls, *grown, drift])
    header = [
        "target",
        "users",
        "minutes",
        "calls/s",
        "heavy calls/s",
        "P50 of their slowest tool, s",
        "calls, failed",
        "most memory MiB",
        "MiB per hour: whole, second half",
    ]
    return _rows([*header, "descriptors per hour", "P95 ms of the first and last third"], rows)


def _besides(measured: dict[str, Any]) -> str:
    """Times that a fault was also measured by: those in seconds."""
    told = {
        name.removesuffix("_seconds").replace("_", " "): value for name, value in measured.items() if "seconds" in name
    }
    flat = {name: max(value) if isinstance(value, list) else value for name, value in told.items()}
    return ", ".join(f"{name} {value:g}" for name, value in flat.items() if isinstance(value, int | float))


def chaos() -> str:
    """What faults did to acknowledged writes, to reads and to calls, and how long until all was well."""
    rows = [
        [
            fault.what,
            fault.times,
            f"{fault.acknowledged:,}",
            fault.lost,
            fault.stale,
            fault.given_up,
            f"{median(fault.recover_seconds):g}, {max(fault.recover_seconds):g}",
            f"{max(fault.longest_wait_seconds):g}",
            _besides(fault.measured),
        ]
        for result in load_all("chaos")
        for fault in result.faults
    ]
    header = ["fault", "times", "writes acknowledged", "lost", "stale reads", "given up"]
    return _rows([*header, "recovery s, median and worst", "longest wait s", "also measured, s"], rows)


def plan() -> str:
    """An agent's calls beside a plain Python process, by users and the share of analyses."""
    by = {(row["server"], row["analyses_percent"], row["users"]): row for row in _load("plan")["rows"]}
    rows = []
    for server, share, users_ in by:
        if server == "plain":
            continue
        ours, theirs = by[server, share, users_], by["plain", share, users_]
        ratio = ours["calls_per_second"] / theirs["calls_per_second"]
        measured = [[one[key] for one in (ours, theirs)] for key in ("calls_per_second", "p95_ms", "cpu_ms_per_call")]
        fastest = ours["analysis_p50_ms"]
        rows.append(
            [
                f"{share} %",
                users_,
                *measured[0],
                f"{ratio:.2f}",
                *measured[1],
                *measured[2],
                "-" if fastest is None else fastest,
            ]
        )
    header = [
        "analyses",
        "users",
        "calls/s",
        "plain",
        "ratio",
        "P95 ms",
        "plain",
        "CPU ms a call",
        "plain",
        "analysis P50 ms",
    ]
    return _rows(header, rows)


def api_cpu() -> str:
    """CPU of the API a call, before and after it was made shorter: the least of the rounds."""
    names = {
        "create": "create_graph",
        "add_nodes": "edit_graph, nodes",
        "add_edges": "edit_graph, 20 edges",
        "info": "describe_graph",
        "analysis": "an analysis (before: without its worker's CPU)",
        "kept": "a cached result",
        "plan": "mean of the plan",
    }
    before, now = (_load("api_cpu")["rows"][side] for side in ("against", "here"))
    least = [(name, before[key]["least_us"], now[key]["least_us"]) for key, name in names.items()]
    return _rows(["call", "before", "now", "ratio"], [[name, a, b, f"{b / a:.2f}"] for name, a, b in least])


def redis_link() -> str:
    """CPU of redis-py's client over that of our link, by call and callers."""
    found = _load("redis_link")["calls"]
    names = {"head": "read of a head (`MGET`)", "append": "append (one script)"}
    rows = [
        [name, *(f"{found[f'{key}, {callers} callers']['cpu_us']['client_over_link']:g}" for callers in (1, 32))]
        for key, name in names.items()
    ]
    return _rows(["call", "1 caller", "32 callers"], rows)


TABLES: dict[str, Callable[[], str]] = {
    "api_cpu": api_cpu,
    "redis_link": redis_link,
    "tools": lambda: _rows(*document_tables.tools()),
    "short_limits": lambda: _rows(*document_tables.short_limits()),
    "runbooks": lambda: _rows(*document_tables.runbooks()),
    "session": document_tables.session,
    "serving": serving,
    "idle": idle,
    "installed": installed,
    "largest": largest,
    "starts": starts,
    "drawing": drawing,
    "viewer": viewer,
    "queries": queries,
    "views": views,
    "plan": plan,
    "engine": engine,
    "libraries": libraries,
    "calls": calls,
    "reads": reads,
    "backend": backend,
    "users": users,
    "nodes": nodes,
    "capacity": capacity,
    "soak": soak,
    "limits": limits,
    "rests": rests,
    "chaos": chaos,
    "abuse": readme_tables.text,
}
_GUIDE = re.compile(r"(<!-- guide -->\n).*?(<!-- end -->)", re.DOTALL)


def rendered(text: str) -> str:
    """A document with its tables, and the guide, as the results have them."""
    text = _TABLE.sub(lambda found: found[1] + TABLES[found[2]]() + "\n" + found[3], text)
    return _GUIDE.sub(lambda found: found[1] + guide.table() + "\n" + found[2], text)


def main() -> None:
    check = "--check" in sys.argv
    if not check:
        evidence.update()
    wanted = {path: rendered(path.read_text(encoding="utf-8")) for path in DOCUMENTS}
    if check:
        sys.exit(any(path.read_text(encoding="utf-8") != text for path, text in wanted.items()))
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
