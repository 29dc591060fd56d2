"""`networkx-mcp backup` and `networkx-mcp restore`: every graph of every tenant, out of a server and into one.

Graphs are independent of each other, so each is copied consistently by itself while the server serves on. The
reports, one JSON object on stdout, say what was copied and how long it took.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from networkx_mcp import __version__
from networkx_mcp.backup import file
from networkx_mcp.backup.admin_client import AdminClient, FailedRequest
from networkx_mcp.backup.file import BackupEntry, BackupError, LeftOutGraph
from networkx_mcp.errors import GraphDamaged
from networkx_mcp.graphs import model
from networkx_mcp.store import archive


def backup(client: AdminClient, out: Path, keep: int | None = None) -> dict[str, Any]:
    """Copy every graph to `out`, a file, or a directory where it is named by its time; tell the server.

    A graph that is damaged in the store is left out, and told with the newest backup of the directory that holds it, which stays
    however old it is. With `keep` that many backups of the directory stay (`file.retain`); an empty one removes none. Raises BackupError: then no
    file was made and none removed, or, where the server could not note the time (a store that takes no writes), the file
    is complete and the error says so. The time of the last good backup stays what it was.
    """
    began = time.time()
    path = out
    if out.is_dir():
        file.clear(out)  # before, or a full volume would stay full
        path = file.claim(out, began)
    elif keep is not None:
        raise BackupError("--keep needs a directory: what else lies beside a file is not ours to remove")
    gone = 0
    with file.BackupWriter(path, began) as writer:
        store = client.store_id()
        for tenant in client.tenants():
            for graphs, damaged in client.pages(tenant):
                for graph_id in damaged:
                    writer.leave_out(tenant, graph_id, "its head is damaged in the store")
                for graph in graphs:
                    try:
                        data = client.get_archive(tenant, graph["graph_id"])
                    except FailedRequest as answer:
                        if answer.code != GraphDamaged.code:
                            raise
                        writer.leave_out(tenant, graph["graph_id"], str(answer))
                        continue
                    if data is None:  # deleted since it was listed: a backup that began later would not have it either
                        gone += 1
                    else:
                        writer.add(tenant, graph["graph_id"], data)
        manifest = writer.finish(time.time(), __version__, store)
    # A store that came up empty must not push out, run by run, the copies that it is to be restored from.
    copies = file.last_copies(out, manifest.left_out) if out.is_dir() else {}
    removed = file.retain(out, keep, copies.values()) if keep is not None and manifest.graphs else []
    try:
        client.report_success(began, [(graph.tenant, graph.graph_id) for graph in manifest.left_out])
    except BackupError as error:
        raise BackupError(f"{path} is complete and verified, but its time could not be noted: {error}") from None
    return {
        "event": "backup",
        "file": str(path),
        "graphs": len(manifest.graphs),
        "bytes": path.stat().st_size,
        "deleted_meanwhile": gone,
        "left_out": [
            {**msgspec.structs.asdict(graph), "last_copy": copy.name if copy else None}
            for graph in manifest.left_out
            for copy in [copies.get((graph.tenant, graph.graph_id))]
        ],
        "removed": [old.name for old in removed],
        "seconds": round(time.time() - began, 3),
    }


def restore(
    client: AdminClient, source: Path, *, tenant: str | None = None, graph_id: str | None = None, replace: bool = False
) -> dict[str, Any]:
    """Put every graph of a backup (of a directory: `file.newest`) back, under its tenant, id and version; with `tenant` those of
    one, with `graph_id` one of them.

    A graph that is there already as the backup has it counts as restored, so an interrupted restore is simply
    run again. One that differs is left alone and told, unless `replace`. The backup is checked as a whole before
    the first graph is written. Raises BackupError.
    """
    began = time.time()
    path = file.newest(source, client.store_id()) if source.is_dir() else source
    manifest = file.verify(path)

    def asked(graph: BackupEntry | LeftOutGraph) -> bool:
        return tenant in (None, graph.tenant) and graph_id in (None, graph.graph_id)

    wanted = [entry for entry in manifest.graphs if asked(entry)]
    left_out = [graph for graph in manifest.left_out if asked(graph)]
    if tenant is not None and not wanted:
        what = f"graph {graph_id!r}" if graph_id else "graph"
        why = "".join(f"; it was left out, because {graph.why}: take an older backup" for graph in left_out if graph_id)
        raise BackupError(f"{path} holds no {what} of tenant {tenant!r}{why}")
    problems: list[str] = []
    present = 0
    with file.reading(path) as opened:
        for entry in wanted:
            try:
                present += not _put(client, entry, opened.archive(entry), replace)
            except BackupError as error:
                problems.append(f"{entry.tenant}/{entry.graph_id}: {error}")
    return {
        "event": "restore",
        "file": str(path),
        "graphs": len(wanted) - len(problems),
        "already_there": present,
        "failed": problems,
        "left_out": [msgspec.structs.asdict(graph) for graph in left_out],
        "data_as_of": datetime.fromtimestamp(manifest.began, UTC).isoformat(timespec="seconds"),
        "seconds": round(time.time() - began, 3),
    }


def _put(client: AdminClient, entry: BackupEntry, data: bytes, replace: bool) -> bool:
    """Put one graph back; False where it was there already, with the same contents. Raises BackupError."""
    found: dict[str, Any] | None
    try:
        found = client.put_archive(entry.tenant, entry.graph_id, data, replace=replace)
        written = True
    except FailedRequest as answer:
        if answer.status != 409 or replace:
            raise
        found, written = client.graph(entry.tenant, entry.graph_id), False
    # What is replaced goes on counting its versions, so that no reader sees one twice.
    same = found is not None and (found["nodes"], found["edges"]) == (entry.nodes, entry.edges)
    if not same or found is None or (found["version"] != entry.version and not replace):
        was = (
            "nothing"
            if found is None
            else f"version {found['version']}, {found['nodes']} nodes, {found['edges']} edges"
        )
        raise BackupError(
            f"the backup has version {entry.version}, {entry.nodes} nodes, {entry.edges} edges, the server has {was}"
            + ("" if written else f"; {_LEFT}")
        )
    if not written:
        there = client.get_archive(entry.tenant, entry.graph_id)
        if there is None or _contents(there) != _contents(data):
            raise BackupError(f"the server's graph has other contents, though of the same version and size; {_LEFT}")
    return written


_LEFT = "it was left alone, --replace overwrites it"


def _contents(data: bytes) -> tuple[model.Meta, str]:
    """What an archive says its graph is, and a digest of all that is in it, however much of that is still a log."""
    from networkx_mcp.analysis.graph_tasks import merge, read_snapshot
    from networkx_mcp.arrays import frozen

    found = archive.unpack(data)
    base = read_snapshot(found.snapshot) if found.snapshot else None
    meta = model.decode_meta(found.header.meta)
    graph, _ = merge(meta.directed, base, [payload for _, payload in found.log])
    # What it takes in memory follows from the rest, and is not said of graphs that 0.1.0 wrote.
    return msgspec.structs.replace(meta, memory=0), hashlib.sha256(frozen.compress(graph)).hexdigest()


#: Exit code where all went well, but the backup does not hold graphs that were damaged in the store. The chart's jobs know it.
INCOMPLETE = 3


def run(options: Namespace) -> int:
    """The two commands. Returns the exit code: 1 when no backup was made, or something of one was not restored; INCOMPLETE when
    a backup was made, or all of it restored, and it lacks graphs that were damaged."""
    try:
        token = options.token_file.read_text(encoding="utf-8").strip() if options.token_file else None
        with AdminClient(options.url, token, ca_file=options.ca_file) as client:
            if options.command == "backup":
                report = backup(client, options.out, options.keep)
            else:
                if options.graph is not None and options.tenant is None:
                    raise BackupError("--graph needs --tenant: ids of graphs are a tenant's own")
                report = restore(
                    client, options.source, tenant=options.tenant, graph_id=options.graph, replace=options.replace
                )
    except (BackupError, OSError) as error:
        print(f"networkx-mcp {options.command}: {error}", file=sys.stderr)
        return 1
    for problem in report.get("failed", []):
        print(f"networkx-mcp {options.command}: {problem}", file=sys.stderr)
    for graph in report["left_out"]:
        copy = graph.get("last_copy")
        where = f"; its last copy, which stays, is in {copy}" if copy else "; look for it in older backups"
        print(
            f"networkx-mcp {options.command}: {graph['tenant']}/{graph['graph_id']} is not in the backup: {graph['why']}{where}",
            file=sys.stderr,
        )
    print(json.dumps(report))
    return 1 if report.get("failed") else INCOMPLETE if report["left_out"] else 0
