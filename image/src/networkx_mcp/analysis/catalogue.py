"""The catalogue of networkx algorithms that run_algorithm offers: look up, search, validate.

It is data (catalogue.json, written by catalogue_build from networkx's signatures and docstrings) and
imports neither networkx nor numpy: this runs in the API process.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import msgspec

from networkx_mcp.errors import NotFound, echoed, nearest_words

PATH = Path(__file__).with_name("catalogue.json")

#: What an argument holds, as JSON.
NODE_SCHEMA: dict[str, Any] = {"type": ["string", "integer"]}
_NODES = {"type": "array", "items": NODE_SCHEMA}
_PAIR = {"type": "array", "items": NODE_SCHEMA, "minItems": 2, "maxItems": 2}
SCHEMAS: dict[str, dict[str, Any]] = {
    "node": NODE_SCHEMA,
    "nodes": _NODES,
    "node_set": {**_NODES, "uniqueItems": True},
    "node_sets": {"type": "array", "items": _NODES},
    "pair": _PAIR,
    "pairs": {"type": "array", "items": _PAIR},
    "matching": {"type": "array", "items": _PAIR},
    # networkx's dicts by node; JSON keys are strings, node ids need not be
    "node_numbers": {"type": "array", "items": {"type": "array", "minItems": 2, "maxItems": 2}},
    "node_values": {"type": "array", "items": {"type": "array", "minItems": 2, "maxItems": 2}},
    "edge_numbers": {"type": "array", "items": {"type": "array", "minItems": 3, "maxItems": 3}},
    "attribute": {"type": "string"},
    "attributes": {"type": "array", "items": {"type": "string"}},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "seed": {"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
    "boolean": {"type": "boolean"},
    "string": {"type": "string"},
    "choice": {"type": "string"},
    "function": {"type": "string"},
}
#: What a list of each kind holds, in words.
MEANINGS = {
    "node": "a node id",
    "nodes": "a list of node ids",
    "node_set": "a list of node ids",
    "node_sets": "a list of lists of node ids",
    "pair": "a pair [node, node]",
    "pairs": "a list of pairs [node, node]",
    "matching": "a list of pairs [node, node]",
    "node_numbers": "a list of pairs [node, number]",
    "node_values": "a list of pairs [node, value]",
    "edge_numbers": "a list of triples [node, node, number]",
    "attribute": "the name of an attribute",
    "attributes": "a list of names of attributes",
    "integer": "an integer",
    "number": "a number",
    "seed": "an integer from 0 to 4294967295",
    "boolean": "true or false",
    "string": "a string",
    "choice": "one of the choices",
    "function": "one of the choices",
}


class Argument(msgspec.Struct, frozen=True, omit_defaults=True):
    """One argument of an algorithm. `parameter` is its name in networkx's signature."""

    name: str
    parameter: str
    type: str
    required: bool = False
    default: str | int | float | bool | None = None
    nullable: bool = False
    choices: list[str] = []
    description: str = ""

    def schema(self) -> dict[str, Any]:
        """Its JSON schema."""
        schema = dict(SCHEMAS[self.type])
        if self.choices:
            schema["enum"] = [*self.choices, *([None] if self.nullable else [])]
        if self.nullable:
            kinds = schema["type"]
            schema["type"] = [*(kinds if isinstance(kinds, list) else [kinds]), "null"]
        text = self.description
        if self.type in ("node_numbers", "node_values", "edge_numbers", "pair", "pairs", "matching", "node_sets"):
            text = f"{text} Give {MEANINGS[self.type]}.".strip()
        if text:
            schema["description"] = text
        if not self.required:
            schema["default"] = self.default
        return schema


class Algorithm(msgspec.Struct, frozen=True, omit_defaults=True):
    """One function of networkx. `name` is its public path below `networkx`."""

    name: str
    module: str
    function: str
    summary: str
    graph: str
    category: str
    returns: str = ""
    arguments: list[Argument] = []
    aliases: list[str] = []
    synonyms: list[str] = []
    #: The tool that answers the same with better rows, if there is one.
    tool: str = ""
    #: Columns of the rows where the shape of the result does not tell them.
    result: str = ""

    def schema(self) -> dict[str, Any]:
        """JSON schema of its arguments."""
        return {
            "type": "object",
            "properties": {argument.name: argument.schema() for argument in self.arguments},
            "required": [argument.name for argument in self.arguments if argument.required],
            "additionalProperties": False,
        }

    def signature(self) -> str:
        """Name and arguments on one line; optional ones with their default."""
        parts = [a.name if a.required else f"{a.name}={_show(a.default)}" for a in self.arguments]
        return f"{self.name}({', '.join(parts)})"


def _show(value: Any) -> str:
    return msgspec.json.encode(value).decode()


@functools.cache
def algorithms() -> dict[str, Algorithm]:
    """All entries, by name."""
    entries = msgspec.json.decode(PATH.read_bytes(), type=list[Algorithm])
    return {entry.name: entry for entry in entries}


@functools.cache
def _names() -> dict[str, str]:
    """Names and other names, lower case, to the name of the entry; ambiguous other names are left out."""
    names: dict[str, str] = {}
    ambiguous: set[str] = set()
    for entry in algorithms().values():
        for alias in entry.aliases:
            if names.setdefault(alias.lower(), entry.name) != entry.name:
                ambiguous.add(alias.lower())
    for alias in ambiguous:
        del names[alias]
    return names | {name.lower(): name for name in algorithms()}


def get(name: str, field: str = "name") -> Algorithm:
    """The algorithm of that name or alias ("nx.pagerank", "louvain_communities"), which `field` has. Raises NotFound with the nearest."""
    wanted = name.strip().lower()
    for prefix in ("networkx.algorithms.", "networkx.", "nx."):
        wanted = wanted.removeprefix(prefix)
    found = _names().get(wanted)
    if found is not None:
        return algorithms()[found]
    near = list(dict.fromkeys(_names()[close] for close in nearest_words(wanted, _names(), 3, 0.6)))
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    raise NotFound(
        f"{field}: there is no algorithm {echoed(name)}.{hint} find_algorithms searches by words.",
        kind="algorithm",
        field=field,
        nearest=near,
    )
