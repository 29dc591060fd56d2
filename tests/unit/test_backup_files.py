"""Files of backups in a directory: which count, which go, and what a full volume or a lost server leaves."""

from __future__ import annotations

import io
import os
import resource
import tarfile
from pathlib import Path

import msgspec
import pytest

from networkx_mcp.backup import commands, file
from networkx_mcp.backup.admin_client import AdminClient
from networkx_mcp.backup.file import BackupError
from networkx_mcp.store import archive
from networkx_mcp.store.protocol import Contents, Head


def backup_of(directory: Path, name: str, graphs: int) -> Path:
    """A backup as this name, made of nothing but a manifest that says how many graphs it holds."""
    path = directory / f"networkx-mcp-{name}Z.tar"
    entries = [
        file.BackupEntry(
            tenant="t", graph_id="g", version=1, nodes=0, edges=0, member=f"{number:06}.graph", bytes=1, sha256=""
        )
        for number in range(graphs)
    ]
    manifest = file.Manifest(format=file.FORMAT, began=1.0, finished=2.0, server="1", graphs=entries)
    with tarfile.open(path, "w") as tar:
        for member, data in [(entry.member, b"x") for entry in entries] + [
            (file.MANIFEST, msgspec.json.encode(manifest))
        ]:
            info = tarfile.TarInfo(member)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def test_backups_without_a_graph_do_not_count_and_all_but_the_newest_of_them_go(tmp_path: Path) -> None:
    good = [backup_of(tmp_path, f"2020010{day}T021700", 2) for day in (1, 2)]
    empty = [backup_of(tmp_path, f"2020010{day}T021700", 0) for day in range(3, 9)]
    last = backup_of(tmp_path, "20200109T021700", 1)
    assert file.retain(tmp_path, 3) == empty[:-1]
    assert file.backups(tmp_path) == sorted([*good, empty[-1], last])


def test_what_is_spared_stays_and_takes_no_place(tmp_path: Path) -> None:
    made = [backup_of(tmp_path, f"2020010{day}T021700", 2) for day in range(1, 7)]
    lost = file.LeftOutGraph(tenant="t", graph_id="g", why="damaged")
    other = file.LeftOutGraph(tenant="t", graph_id="other", why="damaged")
    assert file.last_copies(tmp_path, [lost, other]) == {("t", "g"): made[-1]}
    assert file.retain(tmp_path, 2, [made[1]]) == [made[0], made[2], made[3]]
    assert file.backups(tmp_path) == [made[1], made[4], made[5]]


def test_many_backups_of_one_day_push_out_each_other_and_not_the_days_before(tmp_path: Path) -> None:
    days = [backup_of(tmp_path, f"2020010{day}T021700", 2) for day in (1, 2, 3)]
    today = [backup_of(tmp_path, f"20200104T{hour:02}0000", 1) for hour in range(1, 15)]
    assert file.retain(tmp_path, 4) == today[:-1]
    assert file.backups(tmp_path) == [*days, today[-1]]
    assert file.retain(tmp_path, 2) == days[:2]


def test_a_volume_that_fills_up_gets_its_space_back(tmp_path: Path) -> None:
    """A limit on the size of files stands for the volume: writes past it fail, and so does writing the end of the tar."""
    snapshot = os.urandom(1_000_000)
    head = Head(
        graph_id="g", uid="u", version=1, snapshot_version=1, snapshot_bytes=len(snapshot), log_operations=0, log_bytes=0,
        nodes=0, edges=0, meta=b"", created=0.0, updated=0.0,
    )  # fmt: skip
    too_much = b"".join(archive.pack("t", Contents(head=head, snapshot=snapshot, log=[])))
    path = file.claim(tmp_path, 0.0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))
    try:
        with pytest.raises(OSError, match="File too large"), file.BackupWriter(path, 0.0) as writer:
            writer.add("t", "g", too_much)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_gone_is_named(tmp_path: Path) -> None:
    with (
        AdminClient("http://127.0.0.1:9", "nmcp_x", patience=0) as client,
        pytest.raises(BackupError, match=r"127\.0\.0\.1:9"),
    ):
        commands.backup(client, tmp_path / "one.tar")
    assert list(tmp_path.iterdir()) == []
