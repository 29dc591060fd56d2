"""Asking networkx and the backend the same thing."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import networkx as nx
import pytest
from networkx.utils.backends import _registered_algorithms

from networkx_mcp.backend.interface import backend_interface

NAME = "networkx_mcp"


def function(name: str) -> Callable[..., Any]:
    """networkx's public function of a name for dispatch."""
    original = _registered_algorithms[name].orig_func
    return getattr(importlib.import_module(original.__module__), original.__name__)


def answer(name: str, graph: Any, backend: str | None = None, **kwargs: Any) -> Any:
    """What a call gives, iterators as ("iterator", list); or the type of its exception."""
    try:
        found = function(name)(graph, backend=backend, **kwargs)
        return ("iterator", list(found)) if isinstance(found, Iterator) else found
    except Exception as error:
        return type(error)


def both(name: str, graph: nx.Graph, **kwargs: Any) -> tuple[Any, Any] | None:
    """(the backend's answer, networkx's); None when the backend refuses the call and says why."""
    wanted = answer(name, graph, "networkx", **kwargs)
    graph.__networkx_cache__.clear()
    found = answer(name, graph, NAME, **kwargs)
    if found is NotImplementedError:
        assert isinstance(backend_interface.can_run(name, (graph,), kwargs), str)
        return None
    return found, wanted


def same(name: str, graph: nx.Graph, *, ordered: bool = True, **kwargs: Any) -> bool:
    """Assert that both answer the same; whether the backend took the call."""
    answers = both(name, graph, **kwargs)
    if answers is not None:
        equal(*answers, ordered=ordered)
    return answers is not None


def equal(found: Any, wanted: Any, *, ordered: bool = True) -> None:
    """Types and integers exactly, floats to 1e-9, orders too unless they are free. 1.0 is as good as 1."""
    if _is_number(wanted) and _is_number(found):
        exact = isinstance(wanted, int)
        assert found == (wanted if exact else pytest.approx(wanted, rel=1e-9, abs=1e-14, nan_ok=True))
        return
    assert type(found) is type(wanted)
    if isinstance(wanted, dict):
        assert (list if ordered else set)(found) == (list if ordered else set)(wanted)  # type: ignore[operator]
        for key, value in wanted.items():
            equal(found[key], value)
    elif isinstance(wanted, list | tuple):
        assert len(found) == len(wanted)
        if isinstance(wanted, list) and not ordered:
            found, wanted = sorted(found, key=_text), sorted(wanted, key=_text)
        for mine, theirs in zip(found, wanted, strict=True):
            equal(mine, theirs, ordered=ordered)
    else:
        assert found == wanted


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(item: Any) -> str:
    return repr(sorted(map(repr, item))) if isinstance(item, set | frozenset) else repr(item)
