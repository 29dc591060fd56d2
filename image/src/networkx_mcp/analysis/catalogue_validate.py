"""Arguments of run_algorithm against the catalogue, in the API process, before a worker is taken.

What needs the graph (is the node there, is the attribute) is checked in the worker.
"""

from __future__ import annotations

import math
from typing import Any

from networkx_mcp.analysis import client_values
from networkx_mcp.analysis.catalogue import MEANINGS, Algorithm, Argument, get
from networkx_mcp.errors import InvalidInput, echoed, nearest_words, shortened

#: Items of one list at most.
MAX_ITEMS = 100_000
_INT64 = 2**63


def validate_arguments(name: str, arguments: dict[str, Any] | None) -> dict[str, Any]:
    """The arguments that were given, in the form the worker takes.

    Raises NotFound for an unknown algorithm and InvalidInput, with `field`, for an unknown, missing
    or ill-typed argument. An explicit null stays where it means something (weight: no weights).
    """
    return validated(get(name), arguments)


def validated(algorithm: Algorithm, arguments: dict[str, Any] | None) -> dict[str, Any]:
    """The arguments of `algorithm` that were given; see `validate_arguments`."""
    given = {} if arguments is None else arguments
    if not isinstance(given, dict):
        raise InvalidInput("arguments: must be an object of names and values.", field="arguments")
    known = {argument.name: argument for argument in algorithm.arguments}
    for field in given:
        if field not in known:
            raise _unknown(algorithm, field, list(known))
    checked: dict[str, Any] = {}
    for argument in algorithm.arguments:
        value = given.get(argument.name)
        if value is not None:
            checked[argument.name] = _check(algorithm, argument, value)
        elif argument.required:
            raise InvalidInput(
                f"{argument.name}: {algorithm.name} needs it: {_wanted(argument)}. Call: {algorithm.signature()}",
                field=argument.name,
            )
        elif argument.name in given and argument.nullable and argument.default is not None:
            checked[argument.name] = None
    return checked


def _unknown(algorithm: Algorithm, given: str, known: list[str]) -> InvalidInput:
    field = shortened(given)
    if not known:
        return InvalidInput(f"{algorithm.name} takes no arguments; {echoed(given)} is none.", field=field, allowed=[])
    near = nearest_words(field, known, 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return InvalidInput(
        f"{algorithm.name} has no argument {echoed(given)}.{hint} It takes: {', '.join(known)}.",
        field=field,
        allowed=known,
        nearest=near,
    )


def _wanted(argument: Argument) -> str:
    return f"one of {', '.join(argument.choices)}" if argument.choices else MEANINGS[argument.type]


def _check(algorithm: Algorithm, argument: Argument, value: Any) -> Any:
    checked = _checked(argument, value)
    if checked is _WRONG:
        near = nearest_words(value, argument.choices, 1) if isinstance(value, str) else []
        hint = f" Did you mean {near[0]}?" if near else ""
        raise InvalidInput(
            f"{argument.name}: {algorithm.name} wants {_wanted(argument)}, not {echoed(value)}.{hint}",
            field=argument.name,
            allowed=argument.choices,
        )
    return checked


_WRONG = object()


def _checked(argument: Argument, value: Any) -> Any:  # one case a type
    match argument.type:
        case "node":
            return value if _is_node(value) else _WRONG
        case "nodes" | "node_set":
            value = client_values.array(value)
            return value if _is_list(value, _is_node) else _WRONG
        case "node_sets":
            value = _lists(value)
            return value if _is_list(value, lambda group: _is_list(group, _is_node)) else _WRONG
        case "pair":
            value = client_values.array(value)
            return value if _is_tuple(value, _is_node, _is_node) else _WRONG
        case "pairs" | "matching":
            value = _lists(value)
            return value if _is_list(value, lambda item: _is_tuple(item, _is_node, _is_node)) else _WRONG
        case "node_numbers" | "node_values":
            return _mapping(value, _is_number if argument.type == "node_numbers" else _is_plain)
        case "edge_numbers":
            value = _lists(value)
            return value if _is_list(value, lambda item: _is_tuple(item, _is_node, _is_node, _is_number)) else _WRONG
        case "attributes":
            value = client_values.names(value)
            return value if _is_list(value, lambda item: isinstance(item, str)) else _WRONG
        case "integer" | "seed":
            value = client_values.integer(value)
            fits = _is_integer(value) and (argument.type == "integer" or 0 <= value < 2**32)
            return value if fits else _WRONG
        case "number":
            value = client_values.number(value)
            return value if _is_number(value) else _WRONG
        case "boolean":
            value = client_values.boolean(value)
            return value if isinstance(value, bool) else _WRONG
        case "choice" | "function":
            return value if value in argument.choices else _WRONG
        case _:
            return value if isinstance(value, str) else _WRONG


def _mapping(value: Any, is_value: Any) -> Any:
    """[node, value] pairs; an object serves where all ids are strings."""
    value = _lists(client_values.mapping(value))
    if isinstance(value, dict):
        value = [[key, item] for key, item in value.items()]
    return value if _is_list(value, lambda item: _is_tuple(item, _is_node, is_value)) else _WRONG


def _lists(value: Any) -> Any:
    """A list of lists that may be written in text, whole or each by itself."""
    value = client_values.array(value)
    return [client_values.array(item) for item in value] if isinstance(value, list) else value


def _is_node(value: Any) -> bool:
    return isinstance(value, str) or _is_integer(value)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -_INT64 <= value < _INT64


def _is_number(value: Any) -> bool:
    return _is_integer(value) or (isinstance(value, float) and math.isfinite(value))


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | bool) or _is_number(value)


def _is_list(value: Any, is_item: Any) -> bool:
    return isinstance(value, list) and len(value) <= MAX_ITEMS and all(map(is_item, value))


def _is_tuple(value: Any, *checks: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == len(checks)
        and all(check(item) for check, item in zip(checks, value, strict=True))
    )
