"""Argument errors that a language model can act on: the field, what is wrong with it, what is allowed.

Two habits of models are met half way, because neither can change a meaning: a list or an object
sent as JSON text where no text is allowed, and null for an optional argument.
"""

from __future__ import annotations

import contextlib
import difflib
import json
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from networkx_mcp.errors import InvalidInput

ModelT = TypeVar("ModelT", bound=BaseModel)

#: Problems named in one error; more would hide the first.
_SHOWN = 4

_KINDS: dict[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    list: "an array",
    dict: "an object",
    type(None): "null",
}
_WANTED = {
    "string_type": "a string",
    "int_type": "an integer (not a boolean, a fraction or text)",
    "int_from_float": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "finite_number": "a finite number",
}
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}


def validate(model: type[ModelT], arguments: dict[str, Any], tool: str) -> ModelT:
    """`arguments` as `model`. Raises InvalidInput that names each field and its fix."""
    try:
        return model.model_validate(arguments)
    except ValidationError as error:
        first = error
    repaired = _repair(model, arguments)
    if repaired != arguments:
        try:
            return model.model_validate(repaired)
        except ValidationError as error:
            first = error
    try:
        raise _rewritten(model, first, arguments, tool)
    finally:
        # What a validator raised leads by its traceback to this frame, and from here back to the error: a circle
        # through an object of pydantic's that the collector cannot look into. It would never be freed.
        del first


def nearest(word: str, words: Iterable[str], count: int = 3) -> list[str]:
    """The closest of `words`, best first."""
    return difflib.get_close_matches(word, list(words), n=count, cutoff=0.5)


def _repair(model: type[BaseModel], arguments: dict[str, Any]) -> dict[str, Any]:
    repaired = {}
    for name, value in arguments.items():
        info = model.model_fields.get(name)
        if value is None and info is not None and not info.is_required():
            continue
        if isinstance(value, str) and value.lstrip()[:1] in ("[", "{") and name in _structured(model):
            with contextlib.suppress(ValueError, RecursionError):
                value = json.loads(value)
        repaired[name] = value
    return repaired


def _structured(model: type[BaseModel]) -> set[str]:
    """Fields that are arrays or objects and never text."""
    properties = model.model_json_schema().get("properties", {})
    return {name for name, schema in properties.items() if schema.get("type") in ("array", "object")}


def _rewritten(model: type[BaseModel], error: ValidationError, arguments: Any, tool: str) -> InvalidInput:
    details = [_placed(item, arguments) for item in error.errors(include_url=False)]
    problems = list(dict.fromkeys(_problem(model, item) for item in details))
    text = "; ".join(problems[:_SHOWN])
    if len(problems) > _SHOWN:
        text += f"; and {len(problems) - _SHOWN} more"
    fields = list(dict.fromkeys(_path(item["loc"]) for item in details))
    return InvalidInput(f"invalid arguments of {tool}: {text}", field=fields[0], fields=fields[:_SHOWN])


def _problem(model: type[BaseModel], item: ErrorDetails) -> str:
    kind, path, context = item["type"], _path(item["loc"]), item.get("ctx", {})
    name = f"`{path}`"
    if kind == "missing":
        description = _description(model, item["loc"])
        return f"{name} is missing{f' ({description})' if description else ''}"
    if kind == "extra_forbidden":
        allowed = list(model.model_fields) if len(item["loc"]) == 1 else []
        close = nearest(str(item["loc"][-1]), allowed, 1)
        hint = f", did you mean `{close[0]}`?" if close else f"; allowed: {', '.join(allowed)}" if allowed else ""
        return f"{name} is not an argument here{hint}"
    if kind in ("literal_error", "enum"):
        return f"{name} must be {context.get('expected')}; got {_got(item['input'])}"
    if kind == "union_tag_invalid":
        return f"{name} must have {context.get('discriminator')} one of {context.get('expected_tags')}"
    if kind == "union_tag_not_found":
        return f"{name} must be an object with {context.get('discriminator')}"
    if kind in _BOUNDS:
        word, key = _BOUNDS[kind]
        return f"{name} must be {word} {context.get(key)}; got {_got(item['input'])}"
    if kind in ("too_long", "string_too_long"):
        return f"{name} must have at most {context.get('max_length')} items or characters"
    if kind in ("too_short", "string_too_short"):
        return f"{name} must have at least {context.get('min_length')} items or characters"
    if kind == "string_pattern_mismatch":
        return f"{name} must match {context.get('pattern')}; got {_got(item['input'])}"
    if kind in _WANTED:
        return f"{name} must be {_WANTED[kind]}; got {_got(item['input'])}"
    if kind == "value_error":
        return f"{name}: {context.get('error')}"
    return f"{name}: {item['msg']}"


def _placed(item: ErrorDetails, arguments: Any) -> ErrorDetails:
    """The error with the place the caller knows: pydantic puts the tag of a union between the keys."""
    place: list[int | str] = []
    current = arguments
    for part in item["loc"][:-1]:
        keys: Any = current if isinstance(current, dict) else range(len(current)) if isinstance(current, list) else ()
        if part in keys:
            current = current[part]
            place.append(part)
    place.extend(item["loc"][-1:])
    return {**item, "loc": tuple(place)}


def _path(loc: tuple[int | str, ...]) -> str:
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "arguments"


def _got(value: Any) -> str:
    kind = _KINDS.get(type(value), "something else")
    if isinstance(value, (list, dict)) or value is None:
        return kind
    text = json.dumps(value, ensure_ascii=True)
    return f"{kind}, {text if len(text) <= 60 else text[:57] + '...'}"


def _description(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    info = model.model_fields.get(str(loc[0])) if len(loc) == 1 else None
    return (info.description or "").rstrip(".") if info is not None else ""
