"""Answers of kernels in the types that networkx gives: dicts, lists, sets and iterators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_PLAIN = (str, bytes, int, float, list, set, frozenset, type(None))
#: Functions that give a list of groups where others give an iterator.
LISTS = frozenset({"louvain_communities", "leiden_communities"})


def plain(name: str, value: Any) -> Any:
    """`value`, a kernel's answer to `networkx.<name>`, as networkx would give it."""
    if isinstance(value, tuple):
        return tuple(plain(name, item) for item in value)
    if isinstance(value, (*_PLAIN, Iterator)) or type(value) is dict:
        return value
    if isinstance(value, Mapping):  # numbers or paths of nodes
        return dict(value.items())
    return list(value) if name in LISTS else iter(value)
