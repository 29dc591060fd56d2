"""Writes the tables of README.md from the committed results, so that each number has its source.

    python scripts/readme_tables.py            # rewrite what stands between the markers
    python scripts/readme_tables.py --check    # exit 1 where the README departs from the results

A table stands between `<!-- table:NAME -->` and `<!-- end -->`; NAME is a function below.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
README = ROOT / "README.md"
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


TABLES: dict[str, Callable[[], str]] = {"serving": serving, "idle": idle, "engine": engine, "backend": backend}


def rendered(text: str) -> str:
    """The README with its tables as the results have them."""
    return _TABLE.sub(lambda found: found[1] + TABLES[found[2]]() + "\n" + found[3], text)


def main() -> None:
    text = README.read_text(encoding="utf-8")
    wanted = rendered(text)
    if "--check" in sys.argv:
        sys.exit(text != wanted)
    README.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main()
