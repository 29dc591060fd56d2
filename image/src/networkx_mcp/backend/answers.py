"""Answers of kernels in the types that networkx gives: dicts, lists, sets and iterators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_PLAIN = (str, bytes, int, float, list, set, frozenset, type(None))


def plain(value: Any, *, as_list: bool) -> Any:
    """`value`, a kernel's answer, as networkx would give it: groups as a list or as an iterator."""
    if isinstance(value, tuple):
        return tuple(plain(item, as_list=as_list) for item in value)
    if isinstance(value, (*_PLAIN, Iterator)) or type(value) is dict:
        return value
    if isinstance(value, Mapping):  # numbers or paths of nodes
        return dict(value.items())
    return list(value) if as_list else iter(value)
