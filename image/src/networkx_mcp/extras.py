"""Parts of the server whose libraries are installed on request: `pip install "networkx-mcp[draw]"`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from networkx_mcp.errors import InvalidInput


@contextmanager
def needed(extra: str, what: str, field: str | None = None) -> Iterator[None]:
    """Import inside the block what the extra of that name installs. Raises InvalidInput where it is not installed: `what`
    needs it, and `field` asked for it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "networkx_mcp":
            raise
        raise InvalidInput(
            f"{what} needs {error.name}, which is not installed: install networkx-mcp[{extra}].", field=field
        ) from error
