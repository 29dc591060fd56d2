"""JSON schemas as all hosts take them.

Hosts hand the schemas of tools to APIs of models that know a part of JSON Schema each, and one schema that an API refuses
makes all tools unusable there. What pydantic writes is put into the part that all know: no references, one type for each
place, alternatives only among plain values, choices of text only, no null.
"""

from __future__ import annotations

from typing import Any

#: Keywords that some host refuses, or that only cost tokens; of the last two the meaning is said another way.
_LEFT_OUT = frozenset({"$defs", "$ref", "title", "discriminator", "const", "oneOf", "anyOf"})
_NEAREST = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
#: What a model does without being told (bounds, no other arguments), and every conversation would pay for. The validator
#: holds it all and names the field.
_UNSAID = frozenset({"minLength", "maxLength", "minItems", "maxItems"})
_MOST_SAID = 10_000


def of_arguments(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of arguments, in which null is left out: an optional argument may be null, but need not be."""
    found = _short(_plain(schema, schema.get("$defs", {}), nullable=False))
    found.pop("description", None)
    return found


def of_answer(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of an answer, in which null is one of several types."""
    return _plain(schema, schema.get("$defs", {}), nullable=True)


def _plain(schema: dict[str, Any], defs: dict[str, Any], *, nullable: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "$ref" in schema:
        found |= _plain(defs[schema["$ref"].rpartition("/")[2]], defs, nullable=nullable)
    if options := schema.get("anyOf", schema.get("oneOf")):
        found |= _alternatives([_plain(option, defs, nullable=nullable) for option in options], nullable=nullable)
    if "const" in schema:
        found["enum"] = [schema["const"]]
    for key, value in schema.items():
        if key == "properties":
            found[key] = {name: _plain(part, defs, nullable=nullable) for name, part in value.items()}
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            found[key] = _plain(value, defs, nullable=nullable)
        elif key in _NEAREST:
            found[_NEAREST[key]] = value
        elif (
            key in _LEFT_OUT
            or (key == "default" and value is None)
            or (key == "additionalProperties" and value is True)
        ):
            continue
        else:
            found[key] = value
    return found


def _short(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without bounds and defaults that go without saying."""
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            found[key] = {name: _short(part) for name, part in value.items()}
        elif key == "items":
            found[key] = _short(value)
        elif key == "anyOf":
            found[key] = [_short(option) for option in value]
        elif not _unsaid(key, value):
            found[key] = value
    return found


def _unsaid(key: str, value: Any) -> bool:
    return (
        key in _UNSAID
        or (key == "additionalProperties" and value is False)
        or (key == "minimum" and value in (0, 1))
        or (key == "maximum" and value > _MOST_SAID)
        or (key == "default" and value in (False, 0, ""))
    )


def _alternatives(options: list[dict[str, Any]], *, nullable: bool) -> dict[str, Any]:
    flat = [inner for option in options for inner in (option["anyOf"] if option.keys() == {"anyOf"} else [option])]
    some = [option for option in flat if option != {"type": "null"}]
    if nullable and len(some) < len(flat):
        types = [kind for option in some for kind in _types(option)]
        merged = {key: value for option in some for key, value in option.items()}
        return {**merged, "type": [*types, "null"]}
    return dict(some[0]) if len(some) == 1 else {"anyOf": some}


def _types(option: dict[str, Any]) -> list[str]:
    kind = option["type"]
    return list(kind) if isinstance(kind, list) else [kind]
