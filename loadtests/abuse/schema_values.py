"""Arguments made from a tool's own JSON schema, so that a tool that is new is called without being named here."""

from __future__ import annotations

from typing import Any

#: Values that schemas cannot tell: what exists in the graphs that `subject.graph` makes.
NODE, OTHER_NODE = "a", "b"
_BY_NAME: dict[str, Any] = {
    "node": NODE,
    "center": NODE,
    "source": NODE,
    "target": OTHER_NODE,
    "nodes": [NODE, OTHER_NODE],
    "edges": [[NODE, OTHER_NODE]],
    # What an action needs beside it no schema says any more that all hosts take.
    "edits": [{"action": "add_nodes", "nodes": [{"id": NODE}]}],
    "content": f"{NODE} {OTHER_NODE}\n",
    "weight": "weight",
    "sql": "SELECT * FROM nodes",
    "view": {"nodes": f"id <> '{OTHER_NODE}'", "edges": "weight > 0 OR weight IS NULL"},
}
#: The same where a name means something else elsewhere.
_BY_TOOL: dict[tuple[str, str], Any] = {("run_algorithm", "name"): "bridges"}
#: One of two arguments that a tool wants and whose schema requires neither.
_ONE_OF = {"get_subgraph": "center"}


def arguments(tool: dict[str, Any], graph_id: str) -> dict[str, Any]:
    """What the tool requires, and the graph wherever it can be named."""
    schema = tool["inputSchema"]
    found = {name: _argument(tool, name, graph_id) for name in schema.get("required", ())}
    if "graph_id" in schema.get("properties", {}):
        found["graph_id"] = graph_id
    if (name := _ONE_OF.get(tool["name"])) is not None:
        found[name] = _argument(tool, name, graph_id)
    return found


def every(tool: dict[str, Any], graph_id: str) -> dict[str, dict[str, Any]]:
    """Calls with each optional argument in turn, by its name; `` is the call without any."""
    least = arguments(tool, graph_id)
    calls = {"": least}
    for name in tool["inputSchema"].get("properties", {}):
        if name not in least:
            calls[name] = {**least, name: _argument(tool, name, graph_id)}
    return calls


def _argument(tool: dict[str, Any], name: str, graph_id: str) -> Any:
    if name == "graph_id":
        return graph_id
    known = _BY_TOOL.get((tool["name"], name), _BY_NAME.get(name))
    return known if known is not None else _value(tool["inputSchema"]["properties"][name], graph_id)


def _value(part: dict[str, Any], graph_id: str) -> Any:
    """A value that fits a schema: its default, the first of an enum, the least of a range, what is required of an object.

    Schemas of tools have few keywords (`tests/unit/tools/test_schemas.py`), so these are all."""
    if "default" in part:
        return part["default"]
    if "enum" in part:
        return part["enum"][0]
    if "anyOf" in part:
        return _value(part["anyOf"][0], graph_id)
    match part["type"]:
        case "object":
            return {
                name: graph_id if name == "graph_id" else _BY_NAME.get(name, _value(part["properties"][name], graph_id))
                for name in part.get("required", ())
            }
        case "array":
            return [_value(part["items"], graph_id)]
        case "integer" | "number":
            return max(1, part.get("minimum", 1))
        case "boolean":
            return True
    return "a"
