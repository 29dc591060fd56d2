"""Schemas of tools: what all hosts take, and no more of it than a model has to read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from networkx_mcp.tools import mcp_server
from networkx_mcp.tools.app import APP_ONLY
from networkx_mcp.tools.tool import Tool

#: Characters of name, description and input schema of all tools: each costs every conversation that has them.
MOST = 28_000
#: Of what hosts with MCP Apps show no model.
MOST_FOR_THE_VIEWER = 1_600
#: What one API of models or another refuses, with all tools beside it.
FORBIDDEN = {
    "$ref", "$defs", "definitions", "$schema", "oneOf", "allOf", "not", "if", "const", "discriminator",
    "exclusiveMinimum", "exclusiveMaximum", "patternProperties", "prefixItems", "nullable", "title",
}  # fmt: skip
#: What the validator tells where it is passed, and every conversation would pay for.
UNSAID = {"minLength", "maxLength", "minItems", "maxItems", "additionalProperties"}

TOOLS: list[Tool] = list(mcp_server.TOOLS.values())


def parts(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """A schema and all schemas in it, with where they are."""
    yield path, schema
    for name, part in schema.get("properties", {}).items():
        yield from parts(part, f"{path}.{name}")
    for number, part in enumerate(schema.get("anyOf", ())):
        yield from parts(part, f"{path}|{number}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from parts(schema[key], f"{path}[{key}]")


def inputs() -> list[tuple[str, dict[str, Any]]]:
    return [part for tool in TOOLS for part in parts(tool.input_schema, tool.name)]


def outputs() -> list[tuple[str, dict[str, Any]]]:
    return [part for tool in TOOLS for part in parts(tool.output_schema, tool.name)]


def test_all_tools_together_are_short_enough_to_be_read_at_each_turn() -> None:
    for_models = [tool for tool in TOOLS if tool.ui is not APP_ONLY]
    listed = [{"name": t.name, "description": t.description, "inputSchema": t.input_schema} for t in for_models]
    assert len(listed) == 20
    assert sum(len(json.dumps(tool, ensure_ascii=False)) for tool in listed) <= MOST


def test_what_the_viewer_alone_calls_costs_little_where_a_host_shows_it_to_the_model() -> None:
    for_viewer = [tool for tool in TOOLS if tool.ui is APP_ONLY]
    assert [tool.name for tool in for_viewer] == ["view_graph"]
    texts = [json.dumps([t.name, t.description, t.input_schema], ensure_ascii=False) for t in for_viewer]
    assert sum(map(len, texts)) <= MOST_FOR_THE_VIEWER


@pytest.mark.parametrize("found", [inputs(), outputs()], ids=["input", "output"])
def test_no_schema_has_a_keyword_that_some_host_refuses(found: list[tuple[str, dict[str, Any]]]) -> None:
    assert len(found) > 100
    for path, schema in found:
        assert not schema.keys() & FORBIDDEN, path


def test_bounds_and_defaults_that_go_without_saying_are_not_said() -> None:
    for path, schema in inputs():
        assert not schema.keys() & UNSAID, path
        assert schema.get("minimum", 2) not in (0, 1), path
        assert schema.get("maximum", 0) <= 10_000, path
        assert schema.get("default") not in (False, 0, ""), path


def test_every_integer_has_a_bound_that_a_machine_word_holds() -> None:
    """Node ids are checked by themselves."""
    integers = 0
    for tool in TOOLS:
        for name, schema in tool.arguments.model_json_schema()["properties"].items():
            options = schema.get("anyOf", [schema])
            for option in options:
                if option.get("type") == "integer" and {"type": "string"} not in options:
                    assert option["maximum"] < 2**53, f"{tool.name}.{name}"
                    integers += 1
    assert integers > 30


def test_an_argument_has_one_type_or_a_choice_of_types_without_null() -> None:
    for path, schema in inputs():
        if "anyOf" in schema:
            # Beside alternatives hosts take a description only; alternatives of arrays they take for none.
            assert schema.keys() <= {"anyOf", "description"}, path
            assert {option["type"] for option in schema["anyOf"]} <= {"string", "integer", "number", "object"}, path
        else:
            assert schema["type"] in ("string", "integer", "number", "boolean", "array", "object"), path
        assert schema.get("default", 0) is not None, path


def test_an_array_tells_its_items_and_only_an_object_has_properties() -> None:
    for path, schema in inputs():
        assert ("items" in schema) == (schema.get("type") == "array"), path
        assert schema.get("type") == "object" or not schema.keys() & {"properties", "required", "additionalProperties"}


def test_choices_are_text() -> None:
    for path, schema in (*inputs(), *outputs()):
        if "enum" in schema:
            assert schema["type"] == "string", path
            assert all(isinstance(choice, str) for choice in schema["enum"]), path


def test_an_answer_says_null_as_one_of_its_types() -> None:
    nullable = {path for path, schema in outputs() if "null" in schema.get("type", ())}
    assert {"list_graphs.next_after", "find_paths.target", "rank_nodes.weight"} <= nullable
    for path, schema in outputs():
        assert {"type": "null"} not in schema.get("anyOf", ()), path
