"""Graphs that networkx has or makes: well-known samples, and generators whose size is known before they start.

What a generator takes is checked here, and how large its graph would be, before a worker is asked: some would go on for ever.
"""

# ruff: noqa: ARG005, E741 -- parameters have networkx's names, and not all of them make the graph larger
from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import msgspec

from networkx_mcp.arrays import frozen, memfd
from networkx_mcp.errors import InvalidInput, LimitExceeded, echoed, nearest_words
from networkx_mcp.workers.task_registry import TaskOutput, task

if TYPE_CHECKING:
    import networkx as nx

#: A whole number, a probability, or any number from 0 on.
Kind: TypeAlias = Literal["count", "probability", "number"]
#: Larger ones make no graph that fits anywhere, and would be slow to compute with.
_MOST = 10**7
_FIELD = "generator"


@dataclass(frozen=True, slots=True)
class Generator:
    """A function of networkx."""

    takes: Mapping[str, Kind]
    #: (nodes, edges) of its graph, expected where they are random.
    size: Callable[..., tuple[float, float]]
    random: bool = True
    #: Whether it makes directed graphs, too.
    directs: bool = False


def _of(
    size: Callable[..., tuple[float, float]], *, random: bool = True, directs: bool = False, **takes: Kind
) -> Generator:
    return Generator(takes, size, random, directs)


GENERATORS: Final[Mapping[str, Generator]] = {
    "path_graph": _of(lambda n: (n, n), n="count", random=False, directs=True),
    "cycle_graph": _of(lambda n: (n, n), n="count", random=False, directs=True),
    "star_graph": _of(lambda n: (n + 1, n), n="count", random=False),
    "wheel_graph": _of(lambda n: (n, 2 * n), n="count", random=False),
    "complete_graph": _of(lambda n: (n, n * n / 2), n="count", random=False, directs=True),
    "complete_bipartite_graph": _of(lambda n1, n2: (n1 + n2, n1 * n2), n1="count", n2="count", random=False),
    "barbell_graph": _of(lambda m1, m2: (2 * m1 + m2, m1 * m1 + m2), m1="count", m2="count", random=False),
    "grid_2d_graph": _of(lambda m, n: (m * n, 2 * m * n), m="count", n="count", random=False),
    "balanced_tree": _of(lambda r, h: _tree(r, h), r="count", h="count", random=False),
    "connected_caveman_graph": _of(lambda l, k: (l * k, l * k * k / 2), l="count", k="count", random=False),
    "erdos_renyi_graph": _of(lambda n, p: (n, n * n * p / 2), n="count", p="probability", directs=True),
    "gnm_random_graph": _of(lambda n, m: (n, m), n="count", m="count", directs=True),
    "barabasi_albert_graph": _of(lambda n, m: (n, n * m), n="count", m="count"),
    "powerlaw_cluster_graph": _of(lambda n, m, p: (n, n * m), n="count", m="count", p="probability"),
    "watts_strogatz_graph": _of(lambda n, k, p: (n, n * k / 2), n="count", k="count", p="probability"),
    "random_regular_graph": _of(lambda d, n: (n, n * d / 2), d="count", n="count"),
    "random_geometric_graph": _of(
        lambda n, radius: (n, min(3.2 * radius * radius, 1) * n * n / 2), n="count", radius="number"
    ),
    "random_labeled_tree": _of(lambda n: (n, n), n="count"),
    "planted_partition_graph": _of(
        lambda l, k, p_in, p_out: (l * k, l * k * k * p_in / 2 + (l * k) ** 2 * p_out / 2),
        l="count", k="count", p_in="probability", p_out="probability",
    ),
    "relaxed_caveman_graph": _of(lambda l, k, p: (l * k, l * k * k / 2), l="count", k="count", p="probability"),
}  # fmt: skip
#: Names of samples, and the functions that make them.
SAMPLES: Final = {
    "karate": "karate_club_graph",
    "les_miserables": "les_miserables_graph",
    "florentine": "florentine_families_graph",
    "davis": "davis_southern_women_graph",
}


def _tree(branches: int, height: int) -> tuple[float, float]:
    nodes = sum(float(branches) ** level for level in range(min(height, 64) + 1))
    return nodes, nodes


#: A call as networkx's documents have it: `nx.gnm_random_graph(100, m=200)`.
_CALL = re.compile(r"\s*(?:nx\.|networkx\.)?([a-z_0-9]{1,60})\s*(?:\(([^()]*)\))?\s*", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?", re.IGNORECASE)


def read(text: str) -> dict[str, Any]:
    """A generator that is written as a call with numbers, in networkx's order or by name. Raises InvalidInput that shows the form."""
    found = _CALL.fullmatch(text[:1000])
    if found is None:
        raise InvalidInput(f"{echoed(text)} is no generator with its parameters.", at=_FIELD, hint=f"Give {form()}.")
    name = _named(found[1])
    record = GENERATORS.get(name)
    if record is None:
        return {"name": name}
    names, given = [*record.takes, "seed"], dict[str, Any]()
    for place, part in enumerate(filter(None, (part.strip() for part in (found[2] or "").split(",")))):
        key, equal, value = part.partition("=")
        if not equal:
            key, value = names[place] if place < len(record.takes) else "", part
        key, value = key.strip(), value.strip()
        if key not in names or key in given or not _NUMBER.fullmatch(value):
            raise InvalidInput(f"{echoed(part)} is no parameter of {name}.", at=_FIELD, hint=f"Give {form(name)}.")
        given[key] = int(value) if value.lstrip("+-").isdigit() else float(value)
    return {"name": name, **given}


def form(name: str = "barabasi_albert_graph") -> str:
    """A generator as it is given, with numbers as examples."""
    record = GENERATORS[name]
    examples = {"count": 3, "probability": 0.1, "number": 0.2}
    values = {key: 100 if key in ("n", "n1", "n2") else examples[kind] for key, kind in record.takes.items()}
    return msgspec.json.encode({"name": name, **values, **({"seed": 1} if record.random else {})}).decode()


def _named(name: str) -> str:
    """The generator that is meant: networkx's names end in `_graph`, or nearly all do."""
    return next((known for known in (name, f"{name}_graph", f"{name}_random_graph") if known in GENERATORS), name)


def check(given: Mapping[str, Any], directed: bool, nodes: int, edges: int) -> dict[str, Any]:
    """A generator as it was asked for, with its seed. Raises InvalidInput that names the parameter, LimitExceeded past `nodes` and `edges`."""
    name = given.get("name")
    if name is None:
        raise InvalidInput("is missing.", at=f"{_FIELD}.name", hint=f"Give for example {form()}.")
    if isinstance(name, str):
        name = _named(name)
    if not isinstance(name, str) or name not in GENERATORS:
        near = nearest_words(name, GENERATORS, 1) if isinstance(name, str) else []
        hint = f"did you mean {near[0]}? " if near else ""
        raise InvalidInput(
            f"{echoed(name)} is no generator here.",
            at=f"{_FIELD}.name",
            hint=f"{hint}There are {', '.join(GENERATORS)}.",
        )
    record = GENERATORS[name]
    allowed = ["name", *record.takes, *(["seed"] if record.random else [])]
    if unknown := [key for key in given if key not in allowed]:
        raise InvalidInput(
            f"{name} takes {', '.join(allowed[1:])}.", at=f"{_FIELD}.{unknown[0]}", hint=f"Give {form(name)}."
        )
    values = {key: _checked(name, key, given.get(key), kind) for key, kind in record.takes.items()}
    if directed and not record.directs:
        raise InvalidInput(f"{name} makes undirected graphs alone.", at="directed")
    for what, actual, maximum in zip(("nodes", "edges"), record.size(**values), (nodes, edges), strict=True):
        if actual > maximum:
            raise LimitExceeded(
                f"{name} with these would make about {actual:.3g} {what}; at most {maximum} are allowed (limits.graph_{what}).",
                at=_FIELD,
                limit=f"graph_{what}",
                setting=f"limits.graph_{what}",
                maximum=maximum,
            )
    seed = given.get("seed", 0)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise InvalidInput("must be a whole number from 0 to 4294967295.", at=f"{_FIELD}.seed")
    return {"name": name, **values, **({"seed": seed} if record.random else {})}


def _checked(generator: str, name: str, value: Any, kind: Kind) -> int | float:
    at = f"{_FIELD}.{name}"
    if value is None:
        raise InvalidInput("is missing.", at=at, hint=f"Give for example {form(generator)}.")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(f"must be a number, not {echoed(value)}.", at=at)
    most = 1 if kind == "probability" else _MOST
    # No number is between bounds that is none (nan), or infinite.
    if not 0 <= value <= most or (kind == "count" and value != int(value)):
        raise InvalidInput(
            f"must be a {'whole ' if kind == 'count' else ''}number from 0 to {most}, not {echoed(value)}.", at=at
        )
    return int(value) if kind == "count" else value


@task
def make_graph(params: dict[str, Any], _: list[int]) -> TaskOutput:
    """A graph of networkx as a sealed buffer and its snapshot.

    Parameters: `sample`, a name, or `generator`, as `check` gives it; `directed`; `attributes` of the graph, beside which it keeps what made it.
    Descriptors: the buffer, the snapshot. Raises InvalidInput where networkx refuses the parameters.
    """
    import networkx as nx

    from networkx_mcp.arrays.convert import from_networkx

    asked = params["generator"]
    if asked is None:
        graph = getattr(nx, SAMPLES[params["sample"]])()
        made_by: dict[str, Any] = {"sample": params["sample"]}
    else:
        arguments = {key: value for key, value in asked.items() if key != "name"}
        name = asked["name"] if asked["name"] != "erdos_renyi_graph" else "fast_gnp_random_graph"
        if params["directed"]:
            arguments |= {"directed": True} if "random" in name else {"create_using": nx.DiGraph}
        try:
            graph = getattr(nx, name)(**arguments)
        except (nx.NetworkXException, ValueError) as error:
            raise InvalidInput(f"networkx refuses these parameters: {error}", at=_FIELD) from None
        made_by = {"generator": asked}
    made = from_networkx(_plain(graph, made_by | params["attributes"]))
    return TaskOutput(None, [os.dup(made.fd), memfd.create("snapshot", [frozen.compress(made)])])


def _plain(graph: nx.Graph[Any], attributes: dict[str, Any]) -> nx.Graph[Any]:
    """The graph with ids and attributes that JSON has: pairs as ids become text, places of nodes `x` and `y`."""
    import networkx as nx

    for data in graph.nodes.values():
        if isinstance(place := data.pop("pos", None), list | tuple):
            data |= dict(zip("xy", map(float, place), strict=False))
    if any(isinstance(node, tuple) for node in graph):
        graph = nx.relabel_nodes(graph, {node: ",".join(map(str, node)) for node in graph})
    graph.graph.clear()
    graph.graph.update(attributes)
    return graph


def request(sample: str | None, generator: Mapping[str, Any] | None) -> bytes:
    """What was asked for, as bytes by which a repeat is known. It was not checked yet: JSON has integers of any length, text that
    no UTF-8 has, and takes both."""
    return json.dumps([sample, sorted(generator.items()) if generator is not None else None]).encode()
