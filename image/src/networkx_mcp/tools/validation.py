"""Argument errors that a language model can act on: the field, what is wrong with it, what is allowed.

Habits of clients are met half way where that cannot change a meaning: null for an optional argument is none, and numbers,
truth values, lists and objects sent as text are read where no text is allowed (`analysis/client_values.py`).
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from networkx_mcp.analysis import client_values
from networkx_mcp.errors import InvalidInput, echoed, nearest_words, shortened

ModelT = TypeVar("ModelT", bound=BaseModel)

#: Problems named in one error; more would hide the first.
_SHOWN = 4
#: Kind of the one error that stands for all keys which a model does not know.
_UNKNOWN = "unknown_keys"

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
    "int_type": "an integer (not a boolean, a fraction or other text)",
    "int_from_float": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "finite_number": "a finite number",
}
#: What other servers and networkx call what is an argument of ours.
_OTHER_WORDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("start", "origin", "src", "from", "source_node", "root"), ("source", "center", "node")),
    **dict.fromkeys(("end", "destination", "dst", "to", "target_node", "goal"), ("target",)),
    **dict.fromkeys(("top", "top_k", "topk", "top_n", "n", "count", "max_results", "page_size"), ("limit",)),
    **dict.fromkeys(("metric", "centrality"), ("measure", "metrics")),
    **dict.fromkeys(("algorithm", "algorithm_name"), ("name", "method", "measure")),
    **dict.fromkeys(("params", "parameters", "args", "kwargs"), ("arguments",)),
    **dict.fromkeys(("new_graph_id", "target_graph_id", "output", "new_graph"), ("into", "graph_id")),
    **dict.fromkeys(("graph", "graph_name", "graph_id", "graph_a"), ("graph_id", "a")),
    **dict.fromkeys(("other", "other_graph_id", "graph_b", "with"), ("b", "others")),
    **dict.fromkeys(("query", "statement"), ("sql", "query")),
    **dict.fromkeys(("filter", "where", "condition"), ("view", "sql", "nodes")),
    **dict.fromkeys(("weight_attribute", "edge_weight", "distance"), ("weight",)),
    **dict.fromkeys(("data", "text", "csv", "file", "body"), ("content",)),
    **dict.fromkeys(("depth", "hops", "max_depth"), ("radius", "cutoff")),
    **dict.fromkeys(("search", "keywords", "description"), ("query",)),
    **dict.fromkeys(("operations", "changes"), ("edits",)),
}
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}


def validate(model: type[ModelT], arguments: dict[str, Any], tool: str) -> ModelT:
    """`arguments` as `model`. Raises InvalidInput that names each field and its fix."""
    arrange = getattr(model, "arranged", None)
    if arrange is not None:
        arguments = arrange(arguments)
    unknown = _unknown(model, arguments)
    known = {name: value for name, value in arguments.items() if name in _fields(model)} if unknown else arguments
    found = _read(model, known)
    if not unknown and not isinstance(found, ValidationError):
        return found
    try:
        raise _rewritten(model, found if isinstance(found, ValidationError) else None, unknown, known, tool)
    finally:
        # What a validator raised leads by its traceback to this frame, and from here back to the error: a circle
        # through an object of pydantic's that the collector cannot look into. It would never be freed.
        del found


def as_meant(model: type[BaseModel], given: Any) -> Any:
    """`given` for the validators of the fields: without nulls of optional fields, and values read as what they mean.

    Raises PydanticCustomError, one for all keys that `model` does not know: pydantic itself makes an error of each, and a
    body holds a hundred thousand.
    """
    if type(given) is not dict:
        return given
    if unknown := _unknown(model, given):
        raise PydanticCustomError(
            _UNKNOWN,
            "unknown arguments",
            {"names": unknown[:_SHOWN], "count": len(unknown), "allowed": list(model.model_fields)},
        )
    readers = _readers(model)
    return {
        name: readers[name](value) if name in readers else value
        for name, value in given.items()
        if value is not None or model.model_fields[name].is_required()
    }


def _unknown(model: type[BaseModel], given: dict[str, Any]) -> list[str]:
    fields = _fields(model)
    return [] if given.keys() <= fields else [name for name in given if name not in fields]


@functools.cache
def _fields(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(model.model_fields)


def _read(model: type[ModelT], arguments: dict[str, Any]) -> ModelT | ValidationError:
    try:
        return model.model_validate(arguments)
    except ValidationError as error:
        return error


@functools.cache
def _readers(model: type[BaseModel]) -> dict[str, Callable[[Any], Any]]:
    """What reads the values of the fields that hold no text; fields of ids and attributes read their own."""
    found = {name: _reader(info.annotation) for name, info in model.model_fields.items()}
    return {name: reader for name, reader in found.items() if reader is not None}


def _reader(annotation: Any) -> Callable[[Any], Any] | None:
    kind = _bare(annotation)
    if kind in _SCALARS:
        return _SCALARS[kind]
    if get_origin(kind) is not list:
        return None
    item = _bare(get_args(kind)[0])
    if get_origin(item) is Literal:
        return client_values.choices(get_args(item))
    return client_values.names if item is str else client_values.objects


def _bare(annotation: Any) -> Any:
    """A type without what is said about it, and without None."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
            continue
        if get_origin(annotation) not in (Union, types.UnionType):
            return annotation
        options = [option for option in get_args(annotation) if option is not type(None)]
        if len(options) != 1:
            return annotation
        annotation = options[0]


_SCALARS: dict[Any, Callable[[Any], Any]] = {
    int: client_values.integer,
    float: client_values.number,
    bool: client_values.boolean,
}


def _rewritten(
    model: type[BaseModel], error: ValidationError | None, unknown: list[str], arguments: Any, tool: str
) -> InvalidInput:
    """The error in our words. Its items are few: of each list the first that is wrong (`fail_fast`), of all keys that a
    model does not know one."""
    details: list[ErrorDetails] = []
    count = len(unknown)
    for item in error.errors(include_url=False) if error is not None else ():
        details += [_placed(one, arguments) for one in _apart(item)]
        count += item["ctx"]["count"] if item["type"] == _UNKNOWN else 1
    details += [_no_argument((name,), list(model.model_fields)) for name in unknown[:_SHOWN]]
    del details[_SHOWN:]
    problems = list(dict.fromkeys(_problem(model, item) for item in details))
    text = "; ".join(problems)
    if count > len(details):
        text += f"; and {count - len(details)} more"
    fields = list(dict.fromkeys(_path(item["loc"]) for item in details))
    return InvalidInput(f"invalid arguments of {tool}: {text}", field=fields[0], fields=fields)


def _apart(item: ErrorDetails) -> list[ErrorDetails]:
    """An error for each of the unknown keys that are named; any other error as it is."""
    if item["type"] != _UNKNOWN:
        return [item]
    context = item["ctx"]
    return [_no_argument((*item["loc"], name), context["allowed"]) for name in context["names"]]


def _no_argument(loc: tuple[int | str, ...], allowed: list[str]) -> ErrorDetails:
    return {"type": "extra_forbidden", "loc": loc, "msg": "", "input": None, "ctx": {"allowed": allowed}}


def _problem(model: type[BaseModel], item: ErrorDetails) -> str:
    kind, path, context = item["type"], _path(item["loc"]), item.get("ctx", {})
    name = f"`{path}`"
    if kind == "missing":
        description = _description(model, item["loc"])
        return f"{name} is missing{f' ({description})' if description else ''}"
    if kind == "extra_forbidden":
        close = _meant(str(item["loc"][-1]), context["allowed"])
        hint = f", did you mean `{close}`?" if close else f"; allowed: {', '.join(context['allowed'])}"
        if "arguments" in context["allowed"] and close != "arguments":
            hint += " Arguments of the algorithm stand in `arguments`."
        return f"{name} is not an argument here{hint}"
    if kind in ("literal_error", "enum"):
        return f"{name} must be {str(context.get('expected')).replace(chr(39), '')}; got {_got(item['input'])}"
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


def _meant(name: str, allowed: list[str]) -> str | None:
    """The argument that somebody means by a name: another word for it, or one that is spelled nearly so."""
    near = nearest_words(name, allowed, 1, 0.75)
    return next((word for word in _OTHER_WORDS.get(name, ()) if word in allowed), near[0] if near else None)


def _placed(item: ErrorDetails, arguments: Any) -> ErrorDetails:
    """The error with the place the caller knows: pydantic puts the tag of a union between the keys."""
    place: list[int | str] = []
    current = arguments
    for part in item["loc"][:-1]:
        keys: Any = current if isinstance(current, dict) else range(len(current)) if isinstance(current, list) else ()
        if part in keys:
            current = client_values.mapping(client_values.array(current[part]))
            place.append(part)
    place.extend(item["loc"][-1:])
    return {**item, "loc": tuple(place)}


def _path(loc: tuple[int | str, ...]) -> str:
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{shortened(part)}" if text else shortened(part)
    return text or "arguments"


def _got(value: Any) -> str:
    kind = _KINDS.get(type(value), "something else")
    if isinstance(value, (list, dict)) or value is None:
        return kind
    return f"{kind}, {echoed(value, 60)}"


def _description(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    info = model.model_fields.get(str(loc[0])) if len(loc) == 1 else None
    return (info.description or "").rstrip(".") if info is not None else ""
