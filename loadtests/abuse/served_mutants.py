"""Mutants through a real server: archives and files over HTTP, snapshots and heads written into its store.

Each ends as a graph or as an error with a name, and the API and the zygote are the same processes afterwards.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from random import Random
from typing import Any

from loadtests.abuse import mutants
from loadtests.abuse.mutant_reads import MutantCounts
from loadtests.abuse.subject import Subject
from networkx_mcp import mcp_wire

#: A graph whose head is copied for each mutant in the store.
_MODEL = "model"


def run(subject: Subject, store: Path, seed: int, count: int) -> list[MutantCounts]:
    """`count` mutants of each kind."""
    before = subject.processes()
    outcomes = []
    for kind in mutants.KINDS:
        outcome = MutantCounts(f"served {kind}", count=count)
        if kind == "snapshot":
            _stored(subject, store, seed, outcome)
        else:
            _sent(subject, kind, seed, outcome)
        if subject.processes() != before:
            outcome.findings.append(f"{outcome.kind}: the API or the zygote is another process than before")
        outcomes.append(outcome)
    return outcomes


def _sent(subject: Subject, kind: str, seed: int, outcome: MutantCounts) -> None:
    for number in range(outcome.count):
        body = mutants.mutant(kind, seed, number)
        path, token = f"/graphs/mutant?format={kind}&directed=true", "bob"
        if kind == "archive":
            path, token = "/admin/tenants/b/graphs/mutant/archive?replace=true", "operator"
        status, told = subject.http("PUT", path, body, token)
        _count(outcome, number, status, told)


def _stored(subject: Subject, store: Path, seed: int, outcome: MutantCounts) -> None:
    whole = b"".join(mutants.sound_archive())
    status, told = subject.http("PUT", f"/admin/tenants/b/graphs/{_MODEL}/archive?replace=true", whole, "operator")
    assert status == 201, told
    for number in range(outcome.count):
        name = f"stored-{number}"
        _plant(store, name, seed, number)
        found = subject.rpc(*mcp_wire.call("describe_graph", {"graph_id": name}))[1].get("result", {})
        facts = found.get("_meta", {}).get(mcp_wire.ERROR_META, {})
        status = 200 if not found.get("isError") else 400
        if not found or (found.get("isError") and not facts):
            status = 500
        _count(outcome, number, status, json.dumps(facts).encode())


def _plant(store: Path, name: str, seed: int, number: int) -> None:
    """What somebody who can write to the store does: a graph with a snapshot, a log or a head of his own."""
    random = Random(f"{seed} stored {number}")
    with sqlite3.connect(store, timeout=30) as link:
        head = dict(_row(link, "SELECT * FROM graphs WHERE tenant='b' AND graph_id=?", _MODEL))
        data = mutants.mutant("snapshot", seed, number)
        head |= {"gid": None, "graph_id": name, "uid": f"{number:016x}", "snapshot_bytes": len(data)}
        if random.random() < 0.1:
            head["meta"] = mutants.blunt(random, head["meta"])
        payload = mutants.batch(random) if random.random() < 0.2 else b""
        head["version"] += bool(payload)
        columns = ", ".join(head)
        gid = link.execute(
            f"INSERT INTO graphs ({columns}) VALUES ({', '.join('?' * len(head))})", list(head.values())
        ).lastrowid
        link.execute("INSERT INTO chunks VALUES (?, 0, ?)", (gid, data))
        if payload:
            link.execute("INSERT INTO log VALUES (?, ?, ?)", (gid, head["version"], payload))


def _row(link: sqlite3.Connection, query: str, *values: Any) -> sqlite3.Row:
    link.row_factory = sqlite3.Row
    found: sqlite3.Row = link.execute(query, values).fetchone()
    return found


def _count(outcome: MutantCounts, number: int, status: int, told: bytes) -> None:
    try:
        error = json.loads(told).get("error", "")
    except ValueError:
        error = ""
    outcome.ends[error or f"HTTP {status}"] += 1
    if error in ("", "internal", "unavailable") and status not in (200, 201):
        outcome.findings.append(f"{outcome.kind} {number}: {status} {told[:300]!r}")
