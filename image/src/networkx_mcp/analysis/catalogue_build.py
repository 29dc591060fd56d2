"""Write catalogue.json from networkx's signatures and docstrings and from catalogue_table.toml.

    python -m networkx_mcp.analysis.catalogue_build [--check]

The server reads only the JSON: building it imports all of networkx and takes seconds. A test fails
when the committed JSON differs from what this makes.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from networkx_mcp.analysis import catalogue_numpydoc as numpydoc
from networkx_mcp.analysis.catalogue import PATH, Algorithm, Argument
from networkx_mcp.analysis.catalogue_discovery import discover, graph_type, original, public_names

TABLE = Path(__file__).with_name("catalogue_table.toml")
_SUMMARY = 240
_TEXT = 200


class UndecidedError(Exception):
    """The table must say more: an argument whose type the docstring does not tell."""


def table() -> dict[str, Any]:
    """catalogue_table.toml."""
    return tomllib.loads(TABLE.read_text())


def build() -> list[Algorithm]:
    """Every included function as an entry of the catalogue, by name. Raises UndecidedError."""
    rules = table()
    found = discover()
    names = public_names(set(found))
    entries = [_entry(key, found[key], names[key], rules) for key in rules["include"]]
    return sorted(entries, key=lambda entry: entry.name)


def encode(entries: list[Algorithm]) -> bytes:
    """The committed form: indented, so that a change reads as a change."""
    return msgspec.json.format(msgspec.json.encode(entries), indent=1) + b"\n"


def _entry(key: str, value: Any, names: list[str], rules: dict[str, Any]) -> Algorithm:
    module, function = key.split(":")
    doc = numpydoc.parse(original(value).__doc__)
    name = names[0]
    overrides = {**rules["arguments"].get(function, {}), **rules["arguments"].get(name, {})}
    parameters = list(inspect.signature(original(value)).parameters.values())
    arguments = [_argument(name, p, doc, rules, overrides.get(p.name)) for p in parameters[1:]]
    short = name.rpartition(".")[2]
    return Algorithm(
        name=name,
        module=module,
        function=function,
        summary=rules["summaries"].get(name) or numpydoc.sentence(doc.summary, _SUMMARY),
        returns=numpydoc.sentence(doc.returns, _TEXT),
        graph=rules["graph"].get(name) or graph_type(value),
        category=_category(module),
        arguments=[argument for argument in arguments if argument is not None],
        aliases=sorted({*names[1:], function, *([short] if "." in name else [])} - {name}),
        synonyms=rules["synonyms"].get(name, []),
        tool=rules["tools"].get(name, ""),
        result=rules["results"].get(name, ""),
    )


def _category(module: str) -> str:
    parts = module.removeprefix("networkx.").removeprefix("algorithms.").split(".")
    return "linear algebra" if parts[0] == "linalg" else parts[0].replace("_", " ")


def _argument(
    name: str, parameter: inspect.Parameter, doc: numpydoc.Docstring, rules: dict[str, Any], override: Any
) -> Argument | None:
    """The argument as callers see it; None for one that callers cannot give."""
    if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL) or override == "":
        return None
    if override is None and parameter.name in rules["left_out"]:
        if parameter.default is parameter.empty:
            raise UndecidedError(f"{name}: {parameter.name} is required, and left out by rule")
        return None
    described = doc.parameter(parameter.name)
    rule: dict[str, Any] = {"type": override} if isinstance(override, str) else dict(override or {})
    for general in ({"type": rules["types"].get(parameter.name)}, _from_docstring(described.type, parameter.default)):
        rule.setdefault("type", general.get("type"))
        if rule["type"] is None:
            rule["type"] = general.get("type")
    kind = rule["type"]
    if kind is None:
        raise UndecidedError(f"{name}: {parameter.name} ({described.type!r}, default {parameter.default!r})")
    choices = rule.get("choices") or (
        rules["choices"].get(parameter.name, []) if kind in ("choice", "function") else []
    )
    if kind in ("choice", "function") and not choices:
        raise UndecidedError(f"{name}: {parameter.name} needs choices ({described.type!r}: {described.text!r})")
    required = rule.get("required", parameter.default is parameter.empty)
    default = rule.get("default", None if parameter.default is parameter.empty else parameter.default)
    if kind == "function" or not isinstance(default, str | int | float | bool | None):
        default = None
    return Argument(
        name=parameter.name.lstrip("_"),
        parameter=parameter.name,
        type=kind,
        required=required,
        default=default,
        # networkx takes no weights for None, wherever it takes a weight
        nullable=not required and (parameter.default is None or parameter.name == "weight"),
        choices=choices,
        description=numpydoc.sentence(rule.get("description") or described.text, _TEXT),
    )


def _from_docstring(text: str, default: Any) -> dict[str, str | None]:
    """The type that a docstring's words and the default's type tell."""
    words = text.lower().split("default")[0]
    whole = "int" in words.replace("interval", "")
    real = any(word in words for word in ("float", "real", "numeric", "number", "scalar"))
    if isinstance(default, bool) or "bool" in words:
        return {"type": "boolean"}
    if real or isinstance(default, float):
        return {"type": "number"}
    if whole or isinstance(default, int):
        return {"type": "integer"}
    return {"type": None}


def main(arguments: list[str] | None = None) -> int:
    """Write the catalogue, or with --check tell by the exit code whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when catalogue.json differs")
    options = parser.parse_args(arguments)
    text = encode(build())
    if not options.check:
        PATH.write_bytes(text)
        return 0
    if PATH.read_bytes() == text:
        return 0
    sys.stderr.write("catalogue.json is out of date: run python -m networkx_mcp.analysis.catalogue_build\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
