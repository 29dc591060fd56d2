"""The compiled kernels: a C library of our own behind ctypes, which lets the interpreter go while it runs.

The library is built with the wheel (`hatch_build.py`). Without it `call` raises `Unsuited`, and the kernels made of
numpy and scipy answer, more slowly.
"""

from __future__ import annotations

import ctypes
import functools
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.backend.kernels.arrays import Unsuited

#: What answers say computed them.
ENGINE = "networkx-mcp"
#: `NX_INTERFACE` of kernels.h: a library of another age is not called.
INTERFACE = 4
_NO_MEMORY, _UNSURE = -1, -2
#: A library elsewhere (one with sanitizers, say); empty: none at all.
VARIABLE = "NETWORKX_MCP_KERNEL_LIBRARY"
_BESIDE = str(Path(__file__).with_name("kernels.so"))


@functools.cache
def _load(path: str) -> tuple[ctypes.CDLL | None, str]:
    """(library, why there is none)."""
    if not path:
        return None, f"{VARIABLE} is empty"
    try:
        library = ctypes.CDLL(path)
        age = library.nx_interface()
    except (OSError, AttributeError) as error:
        return None, str(error)
    if age != INTERFACE:
        return None, f"{path} has interface {age}, not {INTERFACE}: build it again (make kernels)"
    return library, ""


_BESIDE = str(Path(__file__).with_name("kernels.so"))


def _library() -> tuple[ctypes.CDLL | None, str]:
    return _load(os.environ.get(VARIABLE, _BESIDE))


def missing() -> str:
    """Why there are no compiled kernels; empty when there are."""
    return _library()[1]


def call(name: str, *arguments: int | float | NDArray[Any] | None) -> int:
    """A function of the library with arrays as pointers. They must be contiguous and of the types in its header.

    Unsuited when there is no library, and where only networkx can tell what it would answer; MemoryError when it got none.
    """
    library, _ = _library()
    if library is None:
        raise Unsuited
    found: int = getattr(library, name)(*map(_argument, arguments))
    if found == _NO_MEMORY:
        raise MemoryError
    if found == _UNSURE:
        raise Unsuited
    return found


def _argument(value: int | float | NDArray[Any] | None) -> Any:
    if value is None:
        return None
    if isinstance(value, np.ndarray):
        flags = value.flags
        if not flags.c_contiguous:
            raise ValueError("an array with gaps")
        if flags.writeable and value.size:  # in a third of the time that numpy's way takes
            return ctypes.byref(ctypes.c_char.from_buffer(value))  # type: ignore[arg-type]  # an array is a buffer
        return ctypes.c_void_p(value.ctypes.data)
    return ctypes.c_double(value) if isinstance(value, float) else ctypes.c_int32(value)


def rows(values: Any) -> NDArray[np.int32]:
    """Rows as the library reads them."""
    return np.ascontiguousarray(values, np.int32)


class Chance:
    """The state of a `random.Random` where the library draws from it as Python does."""

    def __init__(self, source: random.Random) -> None:
        """Unsuited for a subclass, which may draw in another way."""
        if type(source) is not random.Random:
            raise Unsuited
        self._source = source
        self._version, words, self._spare = source.getstate()
        #: For the library; `give_back` when it has drawn.
        self.words = np.array(words, np.uint32)

    def give_back(self) -> None:
        """The source goes on from here."""
        self._source.setstate((self._version, tuple(self.words.tolist()), self._spare))
