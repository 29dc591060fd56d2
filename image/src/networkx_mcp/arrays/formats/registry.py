"""All formats: the records that the modules of this package have as `FORMAT` or, several, as `FORMATS`."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from networkx_mcp.arrays.formats.record import Format
from networkx_mcp.errors import InvalidInput, shortened

_SELF: Final = __name__.rpartition(".")
#: Ends of names of modules that have no record and are imported when they are used (`record.late`).
_LATE: Final = ("_reader", "_writer", "markup", "markup_text")


def _records() -> Iterable[Format]:
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name == _SELF[2] or module.name.endswith(_LATE):
            continue
        found = importlib.import_module(f"{_SELF[0]}.{module.name}")
        one = getattr(found, "FORMAT", None)
        yield from getattr(found, "FORMATS", ()) if one is None else (one,)


#: Name -> record, what is used most first.
RECORDS: Final[Mapping[str, Format]] = MappingProxyType(
    {record.name: record for record in sorted(_records(), key=lambda record: (record.rank, record.name))}
)
#: Names of the formats that are read, and of those that are written.
READ: Final = tuple(name for name, record in RECORDS.items() if record.parse is not None)
WRITTEN: Final = tuple(name for name, record in RECORDS.items() if record.write is not None)


def known(name: str, names: Iterable[str] = RECORDS) -> Format:
    """The record of a format among `names`. Raises InvalidInput (field `format`) that names those there are."""
    allowed = list(names)
    if name in allowed:
        return RECORDS[name]
    shown = shortened(repr(name))
    if name in RECORDS:
        verb = "written" if RECORDS[name].parse is None else "read"
        why = f"format {shown} is only {verb} here"
    else:
        near = next(iter(difflib.get_close_matches(name.lower()[:40], allowed, 1)), None)
        why = f"format {shown} is unknown{f'; did you mean {near}?' if near else ''}"
    raise InvalidInput(f"{why}: use one of {', '.join(allowed)}", field="format")


def of_content_type(header: str, names: Iterable[str] = RECORDS) -> Format | None:
    """The one format of a content type such as `text/csv; charset=utf-8`; None where none or several have it."""
    media = header.partition(";")[0].strip().lower()
    found = [RECORDS[name] for name in names if media in RECORDS[name].content_types]
    return found[0] if len(found) == 1 else None


def of_name(filename: str, names: Iterable[str] = RECORDS) -> list[Format]:
    """The formats whose files are named so: `edges.CSV` is csv."""
    extension = filename.lower().rpartition(".")[2] if "." in filename else ""
    return [RECORDS[name] for name in names if extension in RECORDS[name].extensions]
