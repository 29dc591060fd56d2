"""`pyarrow.compute`, loaded when the first of its functions is used: 10 MiB that a server does without until somebody reads a graph."""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    return getattr(importlib.import_module("pyarrow.compute"), name)
