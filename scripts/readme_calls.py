"""Tables of whole calls, from benchmarks/results/calls.json and the report of the end-to-end tests."""

from __future__ import annotations

from typing import Any

#: What tests/e2e/test_memory.py calls its measurement in a pod of one CPU.
IN_ONE_CPU = "point_read_in_one_cpu"


def calls(sizes: dict[str, dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """(header, rows): milliseconds of a call, beside networkx in the same run; seconds and memory of loads."""
    names = list(dict.fromkeys(name for rows in sizes.values() for name in rows if name != "point reads"))
    names.sort(key=lambda name: name.startswith("load"))

    def cell(row: dict[str, Any] | None) -> str:
        if row is None:
            return ""
        if "seconds" in row:
            return f"{row['seconds']:g} s, +{max(row['kept_mb'], 0)} MiB, at most +{max(row['peak_mb'], 0)} MiB"
        theirs = f" ({row['networkx_ms']:g} ms)" if "networkx_ms" in row else ""
        return f"{row['call_ms']:g} ms{theirs}"

    used = sorted((size for size in sizes if set(sizes[size]) - {"point reads"}), key=int)
    header = ["call (networkx alone)", *(f"{int(size):,} nodes" for size in used)]
    return header, [[name, *(cell(sizes[size].get(name)) for size in used)] for name in names]


def reads(sizes: dict[str, dict[str, Any]], facts: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """(header, rows): a point read alone and beside a heavy call, here and in a pod of one CPU."""
    rows = []
    measured = [("one process", found["point reads"]) for found in sizes.values() if "point reads" in found]
    if IN_ONE_CPU in facts:
        measured.append(("a pod limited to 1 CPU", facts[IN_ONE_CPU]))
    for where, found in measured:
        for beside, row in found.items():
            if not isinstance(row, dict):  # of which run it is
                continue
            periods = f"{row['throttled']} of {row['periods']}" if "periods" in row else "-"
            rows.append([where, beside, f"{row['p50_ms']:g}", f"{row['p99_ms']:g}", str(row["reads"]), periods])
    return ["server", "point read", "P50 ms", "P99 ms", "reads", "throttled periods"], rows
