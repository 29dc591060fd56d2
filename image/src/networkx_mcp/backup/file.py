"""The backup file: a tar with one archive for each graph and a manifest with their checksums.

    manifest.json    what is in it and what each part must hash to; the last member, because it is known last
    000001.graph     one graph (see `store.archive`), in the order of the manifest

Beside `NAME.tar` lies `NAME.tar.sha256`, which `sha256sum -c` reads. A file is written under another name, read
again from the disk and checked to the last byte, and only then gets its name: what is called a backup is one.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import re
import tarfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import msgspec

from networkx_mcp.errors import InvalidInput
from networkx_mcp.store import archive

FORMAT = "networkx-mcp backup 1"
MANIFEST = "manifest.json"
#: Names that retention may remove; whatever else lies in the directory is not ours.
NAME = re.compile(r"networkx-mcp-\d{8}T\d{6}Z\.tar")
#: As far as the day of a name.
_DAY = len("networkx-mcp-YYYYMMDD")
_MANIFEST_BYTES = 256 * 1024 * 1024
_BLOCK = 1024 * 1024
#: A file half-made that nobody has written to for so long was left by a run that ended. In seconds; the longest pause
#: of one that lives is a request's time limit.
ABANDONED_SECONDS = 3600


class BackupError(Exception):
    """A backup that cannot be made, read or put back; the message says why and what was left alone."""


class BackupEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One graph of a backup. `sha256` is that of its archive, `bytes` its length."""

    tenant: str
    graph_id: str
    version: int
    nodes: int
    edges: int
    member: str
    bytes: int
    sha256: str


class LeftOutGraph(msgspec.Struct, frozen=True, kw_only=True):
    """A graph that a backup does not hold, because it was damaged in the store."""

    tenant: str
    graph_id: str
    why: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds. Every write acknowledged before `began` (Unix seconds) to a graph not deleted since is in it, but for
    those that were `left_out`. `store` is the id of the store it was made of, "" where that was not known."""

    format: str
    began: float
    finished: float
    server: str
    graphs: list[BackupEntry]
    store: str = ""
    left_out: list[LeftOutGraph] = []


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def side_file(path: Path) -> Path:
    """Where the checksum of a backup lies."""
    return path.with_name(path.name + ".sha256")


def claim(directory: Path, began: float) -> Path:
    """A name for a backup that began then (Unix seconds), for nobody else: that of the next second that is free."""
    for second in itertools.count(int(began)):
        path = directory / f"networkx-mcp-{datetime.fromtimestamp(second, UTC):%Y%m%dT%H%M%SZ}.tar"
        try:
            _partial(path).open("xb").close()
        except FileExistsError:
            continue
        if not path.exists():
            return path
        _partial(path).unlink()
    raise AssertionError


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.partial")


class BackupWriter:
    """Writes one backup: `add` each graph, then `finish`. As a context manager it leaves nothing half-made."""

    def __init__(self, path: Path, began: float) -> None:
        self.path, self.began = path, began
        self.entries: list[BackupEntry] = []
        self.left_out: list[LeftOutGraph] = []
        self._partial = _partial(path)
        self._tar = tarfile.open(self._partial, "w", format=tarfile.PAX_FORMAT)  # noqa: SIM115

    def __enter__(self) -> BackupWriter:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            with suppress(OSError):  # on a full volume: closing writes the end of the tar
                self._tar.close()
        finally:
            self._partial.unlink(missing_ok=True)

    def _member(self, name: str, data: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = len(data), int(self.began), 0o600
        self._tar.addfile(info, io.BytesIO(data))

    def add(self, tenant: str, graph_id: str, data: bytes) -> BackupEntry:
        """Take the archive of a graph. Raises BackupError where it is damaged or another graph's."""
        header = _unpack(data, f"{tenant}/{graph_id}").header
        if (header.tenant, header.graph_id) != (tenant, graph_id):
            raise BackupError(f"asked for {tenant}/{graph_id}, got the archive of {header.tenant}/{header.graph_id}")
        entry = BackupEntry(
            tenant=tenant,
            graph_id=graph_id,
            version=header.version,
            nodes=header.nodes,
            edges=header.edges,
            member=f"{len(self.entries) + 1:06}.graph",
            bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
        )
        self._member(entry.member, data)
        self.entries.append(entry)
        return entry

    def leave_out(self, tenant: str, graph_id: str, why: str) -> None:
        """Note a graph that cannot be copied."""
        self.left_out.append(LeftOutGraph(tenant=tenant, graph_id=graph_id, why=why))

    def finish(self, finished: float, server: str, store: str = "") -> Manifest:
        """Write the manifest, check the whole file as it is on disk, give it its name. Raises BackupError."""
        manifest = Manifest(
            format=FORMAT,
            began=self.began,
            finished=finished,
            server=server,
            graphs=self.entries,
            store=store,
            left_out=self.left_out,
        )
        self._member(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        self._tar.close()
        _sync(self._partial)
        if verify(self._partial) != manifest:
            raise BackupError(f"{self._partial}: what was read again is not what was written")
        side = side_file(self.path)
        side.write_text(f"{_hash_file(self._partial)}  {self.path.name}\n", encoding="utf-8")
        _sync(side)
        self._partial.replace(self.path)
        _sync(self.path.parent)
        return manifest


class BackupReader:
    """A backup that is open: its manifest, and the archives one by one, each checked as it is read."""

    def __init__(self, path: Path, tar: tarfile.TarFile) -> None:
        self._path, self._tar = path, tar
        self.manifest = self._manifest()

    def _read(self, name: str, most: int) -> bytes:
        try:
            member = self._tar.getmember(name)
            source: IO[bytes] | None = self._tar.extractfile(member) if member.size <= most else None
        except KeyError:
            source = None
        if source is None:
            raise BackupError(f"{self._path} is damaged: {name} is missing or is not what the manifest says")
        return source.read()

    def _manifest(self) -> Manifest:
        try:
            manifest = msgspec.json.decode(self._read(MANIFEST, _MANIFEST_BYTES), type=Manifest)
        except msgspec.MsgspecError as error:
            raise BackupError(f"{self._path} is damaged: its manifest cannot be read: {error}") from None
        if manifest.format != FORMAT:
            raise BackupError(f"{self._path} is a {manifest.format!r}; this version reads {FORMAT!r}")
        wanted = sorted([MANIFEST, *(entry.member for entry in manifest.graphs)])
        if sorted(self._tar.getnames()) != wanted:
            raise BackupError(f"{self._path} is damaged: its members are not those of its manifest")
        return manifest

    def archive(self, entry: BackupEntry) -> bytes:
        """The archive of a graph. Raises BackupError where a checksum does not hold."""
        data = self._read(entry.member, entry.bytes)
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            raise BackupError(f"{self._path} is damaged: the checksum of {entry.tenant}/{entry.graph_id} does not hold")
        header = _unpack(data, f"{entry.tenant}/{entry.graph_id}").header
        if (header.version, header.nodes, header.edges) != (entry.version, entry.nodes, entry.edges):
            raise BackupError(f"{self._path} is damaged: {entry.tenant}/{entry.graph_id} is not what the manifest says")
        return data


@contextmanager
def reading(path: Path, *, checked: bool = True) -> Iterator[BackupReader]:
    """Open a backup. Raises BackupError for anything else, or (`checked`, which reads all of the file) one with a checksum
    beside it that does not hold."""
    side = side_file(path)
    try:
        if checked and side.exists() and side.read_text(encoding="utf-8").split()[:1] != [_hash_file(path)]:
            raise BackupError(f"{path} is damaged: its checksum is not the one in {side.name}")
        with tarfile.open(path, "r:") as tar:
            yield BackupReader(path, tar)
    except (tarfile.TarError, EOFError) as error:
        raise BackupError(f"{path} is not a backup, or is cut off: {error}") from None


def verify(path: Path) -> Manifest:
    """Read all of a backup and check every byte. Raises BackupError."""
    with reading(path) as backup:
        for entry in backup.manifest.graphs:
            backup.archive(entry)
        return backup.manifest


def newest(directory: Path, store: str = "") -> Path:
    """The newest backup of a directory that holds a graph: what was copied of a store just made anew brings nothing back.

    `store` is the id of the store that is there now. Where the newest backup is of that store and another before it was
    of one that is gone, nobody can know which is meant: graphs lost with that store, or one deleted since. Raises BackupError
    then, and where there is none.
    """
    found = None
    for path in reversed(backups(directory)):
        manifest = _manifest_of(path)
        if not manifest.graphs:
            continue
        if found is None:
            found = path
            if not store or manifest.store != store:
                break
        elif manifest.store not in ("", store):
            raise BackupError(
                f"{found.name} was made of the store that is there now, {path.name} ({len(manifest.graphs)} graphs) is the newest "
                "of the store before it: name the one to restore (--from FILE, backup.restoreFrom); nothing was changed"
            )
    if found is None:
        raise BackupError(f"{directory} holds no backup (networkx-mcp-<time>.tar) with a graph in it")
    return found


def backups(directory: Path) -> list[Path]:
    """Backups of a directory, oldest first: their names sort by time."""
    return sorted(path for path in directory.iterdir() if NAME.fullmatch(path.name))


def clear(directory: Path) -> None:
    """Remove what interrupted runs left. Another run may be at work in the directory: what it is writing stays."""
    for path in directory.glob(".networkx-mcp-*.tar.partial"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                path.unlink()


def last_copies(directory: Path, left_out: Sequence[LeftOutGraph]) -> dict[tuple[str, str], Path]:
    """By (tenant, graph id) the newest backup that holds a graph which the newest of all had to leave out."""
    wanted = {(graph.tenant, graph.graph_id) for graph in left_out}
    found: dict[tuple[str, str], Path] = {}
    for path in reversed(backups(directory) if wanted else []):
        with suppress(BackupError, FileNotFoundError):
            held = {(entry.tenant, entry.graph_id) for entry in _manifest_of(path).graphs}
            found |= dict.fromkeys((wanted & held) - found.keys(), path)
    return found


def retain(directory: Path, keep: int, spared: Collection[Path] = ()) -> list[Path]:
    """Remove all but `keep` backups, and of those without a graph all but the newest. Returns the backups removed.

    The last one of a day (UTC) stays longest: what many runs of one day copied, of a store just lost perhaps, does not push
    out the days before. What another run removed first is gone. Those that are `spared` stay beside the others, for they hold
    the last good copy of something.
    """
    full: list[Path] = []
    empty: list[Path] = []
    for path in backups(directory):
        with suppress(FileNotFoundError):
            (full if _holds_graphs(path) else empty).append(path)
    last_of_day = {path.name[:_DAY]: path for path in full}.values()
    by_worth = [path for path in full if path not in last_of_day] + list(last_of_day)
    old = [path for path in (*empty[:-1], *by_worth[:-keep]) if path not in spared]
    for path in old:
        path.unlink(missing_ok=True)
        side_file(path).unlink(missing_ok=True)
    return sorted(old)


def _manifest_of(path: Path) -> Manifest:
    with reading(path, checked=False) as backup:
        return backup.manifest


def _holds_graphs(path: Path) -> bool:
    """Also of one that cannot be read: somebody may want to look at it, until newer ones push it out."""
    try:
        return bool(_manifest_of(path).graphs)
    except BackupError:
        return True


def _unpack(data: bytes, name: str) -> archive.Archive:
    try:
        return archive.unpack(data)
    except InvalidInput as error:
        raise BackupError(f"{name}: {error.message}") from None
