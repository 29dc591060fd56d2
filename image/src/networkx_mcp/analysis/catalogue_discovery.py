"""What networkx has: every public function and class below `networkx.algorithms`, every function that
networkx registers for its backends, and the functions on graphs. For building the catalogue and its
tests; the server does not import it.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from types import ModuleType
from typing import Any

import networkx as nx
import networkx.classes.function as graph_functions
from networkx.utils import backends

#: Packages below `networkx` whose functions are called by the package's name, in order of preference.
_PACKAGES = (
    "", "community", "approximation", "bipartite", "tree", "tournament", "flow", "connectivity", "isomorphism",
    "node_classification", "coloring", "assortativity", "centrality", "threshold", "planar_drawing",
)  # fmt: skip
_REFUSES = re.compile(r"@not_implemented_for\(([^)]*)\)")


def discover() -> dict[str, Any]:
    """All of them, by "module:name"."""
    found: dict[str, Any] = {}
    for info in pkgutil.walk_packages(nx.algorithms.__path__, "networkx.algorithms."):
        if ".tests" in info.name:
            continue
        module = importlib.import_module(info.name)
        for name in getattr(module, "__all__", ()):
            _add(found, getattr(module, name), info.name, name)
    # networkx has no public list of what it registers
    for function in vars(backends)["_registered_algorithms"].values():
        _add(found, function, "", "")
    for name in graph_functions.__all__:
        _add(found, getattr(graph_functions, name), graph_functions.__name__, name)
    return found


def _add(found: dict[str, Any], value: Any, module: str, name: str) -> None:
    found.setdefault(f"{getattr(value, '__module__', module)}:{getattr(value, '__name__', name)}", value)


def public_names(keys: set[str]) -> dict[str, list[str]]:
    """Names below `nx` ("pagerank", "community.modularity") of each key, the preferred one first."""
    names: dict[str, list[str]] = {key: [] for key in keys}
    for package in _PACKAGES:
        module = nx if not package else getattr(nx.algorithms, package)
        for attribute in dir(module):
            value = getattr(module, attribute)
            key = f"{getattr(value, '__module__', '')}:{getattr(value, '__name__', '')}"
            if key in names and not isinstance(value, ModuleType):
                names[key].append(f"{package}.{attribute}".lstrip("."))
    for key, found in names.items():
        module_name, name = key.split(":")
        if not found:  # public in its own module only: "dag.colliders"
            found.append(f"{module_name.rpartition('.')[2]}.{name}")
        # the function's own name before other names of it, top level before packages
        found.sort(key=lambda path, own=name: (path.count("."), path.rpartition(".")[2] != own))  # type: ignore[misc]
    return names


def original(value: Any) -> Any:
    """The undecorated function, which has the signature."""
    return inspect.unwrap(getattr(value, "orig_func", value))


def graph_type(value: Any) -> str:
    """ "any", "directed" or "undirected": what the decorators of the function let pass."""
    try:
        source = inspect.getsource(original(value))
    except (OSError, TypeError):
        return "any"
    head = source.split("\ndef ", 1)[0] if not source.startswith("def ") else ""
    # two types in one decorator are refused only where both hold: directed multigraphs
    refused = {group.strip(" \"'") for group in _REFUSES.findall(head) if "," not in group}
    if "directed" in refused:
        return "undirected"
    return "directed" if "undirected" in refused else "any"
