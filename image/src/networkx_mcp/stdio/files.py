"""Files of the host's machine as graphs, and graphs as files: two tools that `networkx-mcp stdio --allow DIR` adds.

They belong to the process that the host started, and not to the server, which other hosts may share: each reads and writes beneath
the directories that its own command line names. A file goes to the server as an upload (PUT /graphs/{id}) and comes as a download,
so limits, formats and errors are those of any file.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING, Any, cast

import httpx

if TYPE_CHECKING:
    from networkx_mcp.graphs.model import GraphInfo

_PIECE = 256 * 1024

LOAD, SAVE = "load_file", "save_file"


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


class Refused(Exception):
    """A file or an argument is not what it should be; the message says what to do."""


class Files:
    """The files beneath some directories."""

    def __init__(self, directories: Sequence[Path], http: httpx.AsyncClient) -> None:
        """Raises OSError where one is no directory."""
        self._roots = [path.resolve(strict=True) for path in directories]
        for root in self._roots:
            if not root.is_dir():
                raise NotADirectoryError(20, "not a directory", str(root))
        self._http = http

    def listing(self) -> list[dict[str, Any]]:
        """The tools as `tools/list` has them; none where no directory is allowed."""
        if not self._roots:
            return []
        where = f"Path of the file, beneath {' or '.join(map(str, self._roots))}."
        load = {
            "path": _text(where),
            "graph_id": _text("Id of the graph; left out: as the file is called."),
            "mode": {
                "type": "string",
                "enum": ["new", "replace", "merge"],
                "description": "An existing graph: refuse (new, the default), load over it, or merge the file into it.",
            },
            "format": _text("Left out: as name and content tell."),
            "options": {
                "type": "object",
                "description": 'As of load_graph, such as {"source": "from", "part": "nodes"}.',
            },
            "operation_id": _text("Your name for this write: a repeat with it changes nothing more."),
        }
        save = {
            "path": _text(where),
            "graph_id": _text("Id of the graph."),
            "format": _text("Left out: as the name of the file tells."),
            "replace": {"type": "boolean", "description": "Write over a file that exists."},
        }
        return [
            _tool(LOAD, "Make a graph of a file on this machine, in any format that load_graph reads, and Parquet and Arrow.",
                  load, ["path"], read_only=False),
            _tool(SAVE, "Write a whole graph into a file on this machine.", save, ["path", "graph_id"], read_only=False),
        ]  # fmt: skip

    async def call(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The result of a call, an error of it included. Raises httpx.HTTPError where the server is gone."""
        try:
            known = next(tool for tool in self.listing() if tool["name"] == name)["inputSchema"]["properties"]
            if unknown := sorted(arguments.keys() - known.keys()):
                raise Refused(f"{unknown[0]}: {name} does not take it. It takes {', '.join(known)}.")
            for field in ("path", "graph_id", "mode", "format", "operation_id"):
                if not isinstance(arguments.get(field, ""), str):
                    raise Refused(f"{field}: must be text.")
            if not arguments.get("path"):
                raise Refused("path: name a file.")
            text = await (self._load(arguments) if name == LOAD else self._save(arguments))
        except Refused as error:
            return {"content": [{"type": "text", "text": str(error)}], "isError": True}
        return {"content": [{"type": "text", "text": text}]}

    async def bring(self, path: Path, mode: str) -> str:
        """Make a graph of a file; its id. `mode`: see `load_file`. Raises Refused, httpx.HTTPError."""
        await self._load({"path": str(path), "mode": mode})
        return id_of(path)

    # -- in ----------------------------------------------------------------------------------------------

    async def _load(self, given: dict[str, Any]) -> str:
        mode, options = given.get("mode", "new"), given.get("options", {})
        if mode not in ("new", "replace", "merge"):
            raise Refused("mode: must be new, replace or merge.")
        if not isinstance(options, dict):
            raise Refused('options: must be an object, such as {"source": "from"}.')
        path = Path(given["path"])
        graph_id = given.get("graph_id") or id_of(path)
        query = {key: _as_query(value) for key, value in options.items()} | {"filename": path.name}
        headers = {"If-None-Match": "*"} if mode == "new" else {}
        if mode == "merge":
            query["mode"] = "merge"
        if given.get("format"):
            query["format"] = given["format"]
        if given.get("operation_id"):
            headers["Idempotency-Key"] = given["operation_id"]
        with self._opened(path) as file:
            answer = await self._http.put(f"/graphs/{graph_id}", params=query, headers=headers, content=_pieces(file))
        if answer.is_error:
            hint = " Give mode=merge to merge into it, mode=replace to load over it, or another graph_id."
            raise Refused(_message(answer) + (hint if answer.status_code == 412 and mode == "new" else ""))
        return _loaded(answer.json())

    @contextlib.contextmanager
    def _opened(self, path: Path) -> Iterator[IO[bytes]]:
        """A regular file beneath a root, to be read."""
        root, parts = self._beneath(path)
        try:
            # A path without links: one that is put in a directory's place since does not lead out.
            with _directory(root, parts[:-1]) as parent:
                file = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
        except OSError as error:
            raise Refused(f"path: cannot read {path}: {error.strerror}.") from error
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise Refused(f"path: {path} is not a file.")
        with os.fdopen(file, "rb") as stream:
            yield stream

    def _beneath(self, path: Path) -> tuple[Path, tuple[str, ...]]:
        """The root that holds a path, and the way from there once all links are followed. Relative paths begin at the first root."""
        try:
            real = (path if path.is_absolute() else self._roots[0] / path).resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise Refused(f"path: {path} leads nowhere.") from error
        for root in self._roots:
            if real != root and real.is_relative_to(root):
                return root, real.relative_to(root).parts
        raise Refused(
            f"path: {path} is not beneath {' or '.join(map(str, self._roots))}, the directories that --allow names."
        )

    # -- out ---------------------------------------------------------------------------------------------

    async def _save(self, given: dict[str, Any]) -> str:
        if not given.get("graph_id"):
            raise Refused("graph_id: name a graph.")
        path = Path(given["path"])
        root, parts = self._beneath(path)
        query = {"format": given.get("format") or _format_of(path)}
        async with self._http.stream("GET", f"/graphs/{given['graph_id']}", params=query) as answer:
            if answer.is_error:
                await answer.aread()
                raise Refused(_message(answer))
            size = 0
            try:
                with (
                    _directory(root, parts[:-1]) as parent,
                    _new_file(parts[-1], parent, given.get("replace") is True) as file,
                ):
                    async for piece in answer.aiter_bytes(_PIECE):
                        file.write(piece)
                        size += len(piece)
            except FileExistsError as error:
                raise Refused(f"path: {path} exists: give replace=true to write over it.") from error
            except OSError as error:
                raise Refused(f"path: cannot write {path}: {error.strerror}.") from error
            kind = answer.headers["content-type"].partition(";")[0]
        return f"wrote {root.joinpath(*parts)}: {size} bytes, {kind}"


def _tool(
    name: str, description: str, properties: dict[str, Any], required: list[str], *, read_only: bool
) -> dict[str, Any]:
    return {
        "name": name,
        "description": description,
        "inputSchema": {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        },
        "annotations": {"readOnlyHint": read_only, "destructiveHint": True, "openWorldHint": False},
    }


def id_of(path: Path) -> str:
    """A graph id like the name of a file."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in path.stem.lower()).strip("-")
    return plain[:64] or "graph"


def _as_query(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _format_of(path: Path) -> str:
    from networkx_mcp.arrays import formats

    found = formats.of_name(path.name, formats.WRITTEN)
    if not found:
        raise Refused(f"format: the name {path.name} tells none; the formats are {', '.join(formats.WRITTEN)}.")
    return found[0].name


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


@contextlib.contextmanager
def _directory(root: Path, parts: Sequence[str]) -> Iterator[int]:
    """A directory beneath a root, opened name by name without following a link."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    here = os.open(root, flags)
    try:
        for part in parts:
            here, before = os.open(part, flags, dir_fd=here), here
            os.close(before)
        yield here
    finally:
        os.close(here)


@contextlib.contextmanager
def _new_file(name: str, parent: int, replace: bool) -> Iterator[IO[bytes]]:
    """A file that appears under its name once it is whole. Raises FileExistsError."""
    if not replace:
        with contextlib.suppress(FileNotFoundError):
            os.stat(name, dir_fd=parent, follow_symlinks=False)
            raise FileExistsError(17, "File exists", name)
    scratch = f".{name[:200]}.{secrets.token_hex(4)}"
    file = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666, dir_fd=parent)
    try:
        with os.fdopen(file, "wb") as stream:
            yield stream
        if replace:
            os.rename(scratch, name, src_dir_fd=parent, dst_dir_fd=parent)
        else:
            os.link(scratch, name, src_dir_fd=parent, dst_dir_fd=parent)  # never over a file that came meanwhile
            os.unlink(scratch, dir_fd=parent)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(scratch, dir_fd=parent)
        raise


def _message(answer: httpx.Response) -> str:
    try:
        found = answer.json()["message"]
    except (ValueError, KeyError, TypeError):
        return f"The server answered HTTP {answer.status_code}."
    return str(found) if str(found).endswith((".", "?")) else f"{found}."


def _loaded(info: dict[str, Any]) -> str:
    """What became of a file, in lines as load_graph writes them."""
    import msgspec

    from networkx_mcp.arrays.formats.reading import Reading
    from networkx_mcp.tools import graph_summary
    from networkx_mcp.tools.answer import noted

    reading = msgspec.convert(info["reading"], Reading)
    what = "already loaded" if info["repeated"] else "loaded"
    return "\n".join(
        [f"{what} {graph_summary.line(cast('GraphInfo', SimpleNamespace(**info)))}", *noted(reading.lines())]
    )
