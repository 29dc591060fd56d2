"""Arrow without pandas, in processes that never want it.

The first `pyarrow.array([...])` of a process imports pandas where that is installed, only to ask whether the list is one of its
columns. That costs more than a second of CPU, and in the API holds the event loop so long. The image has no pandas; who runs the
server from their own environment may. The NetworkX backend, which runs in other people's programs, leaves pandas alone.
"""

from __future__ import annotations

import sys

import pyarrow


class _PandasBlocker:
    """A finder of modules that finds no pandas."""

    def find_spec(self, fullname: str, _path: object = None, _target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("this process does without pandas", name=fullname)


def settle() -> None:
    """Let Arrow look for pandas now and find none: it looks once in the life of a process.

    Others may import it afterwards. To be called before Arrow makes its first array; later it changes nothing.
    """
    finder = _PandasBlocker()
    sys.meta_path.insert(0, finder)
    try:
        pyarrow.array([0])
    finally:
        sys.meta_path.remove(finder)
