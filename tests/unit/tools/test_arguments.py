"""Arguments: exactly what the client sent, or an error that names the field and the fix."""

from __future__ import annotations

import contextlib
import gc
import json
import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from networkx_mcp.arrays import edits
from networkx_mcp.errors import InvalidInput
from networkx_mcp.tools.arguments import ID_SCHEMA
from networkx_mcp.tools.compare_graphs import CompareGraphs
from networkx_mcp.tools.create_graph import CreateGraph
from networkx_mcp.tools.derive_graph import DeriveGraph
from networkx_mcp.tools.edit_graph import MOST_EDITS, MOST_NAMES, EditGraph, to_edit
from networkx_mcp.tools.find_communities import FindCommunities
from networkx_mcp.tools.find_components import FindComponents
from networkx_mcp.tools.find_paths import FindPaths
from networkx_mcp.tools.get_neighbors import GetNeighbors
from networkx_mcp.tools.load_graph import LoadGraph
from networkx_mcp.tools.mcp_server import TOOLS
from networkx_mcp.tools.measure_graph import MOST_METRICS, MeasureGraph
from networkx_mcp.tools.query_graph import QueryGraph
from networkx_mcp.tools.rank_nodes import RankNodes
from networkx_mcp.tools.run_algorithm import RunAlgorithm
from networkx_mcp.tools.tool import Arguments, Tool
from networkx_mcp.tools.validation import validate


def refused(model: type[Arguments], arguments: dict[str, Any]) -> str:
    with pytest.raises(InvalidInput) as caught:
        validate(model, arguments, "the_tool")
    assert "pydantic" not in caught.value.message
    assert len(caught.value.message) < 1000
    return caught.value.message.removeprefix("invalid arguments of the_tool: ")


def test_a_refusal_leaves_nothing_in_memory() -> None:
    """The error of a validator must not be held by the frame that it passed through: nothing would ever free it."""

    def kept() -> int:
        gc.collect()
        return sum(isinstance(one, ValidationError) for one in gc.get_objects())

    before = kept()
    for node in range(50):
        with contextlib.suppress(InvalidInput):
            validate(GetNeighbors, {"graph_id": "g", "node": [node]}, "t")
    assert kept() == before


def models(base: type[Arguments] = Arguments) -> list[type[Arguments]]:
    return [one for sub in base.__subclasses__() for one in (sub, *models(sub))]


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_a_model_makes_one_error_of_a_long_wrong_list_and_one_of_all_unknown_keys(model: type[Arguments]) -> None:
    """An error of pydantic's takes 4 KiB: one for each item of a body of 1 MiB would be 2 GiB."""
    wrong: dict[str, Any] = dict.fromkeys(model.model_fields, [None] * 1000)
    with pytest.raises(ValidationError) as caught:
        model.model_validate(wrong)
    assert caught.value.error_count() <= len(wrong)
    with pytest.raises(ValidationError) as caught:
        model.model_validate({f"key {number}": 0 for number in range(1000)})
    assert caught.value.error_count() == 1


def test_every_wrong_item_of_a_list_is_one_problem() -> None:
    assert refused(MeasureGraph, {"graph_id": "g", "metrics": [1] * 100}).startswith("`metrics[0]` must be nodes")
    actions = [{"action": "add_nodes"}] * 1000
    assert refused(EditGraph, {"graph_id": "g", "edits": actions}) == "`edits[0].nodes` is missing"
    names = [{"action": "remove_attributes", "names": [1] * 1000}]
    assert (
        refused(EditGraph, {"graph_id": "g", "edits": names})
        == "`edits[0].names[0]` must be a string; got an integer, 1"
    )


def test_of_many_unknown_keys_the_first_are_named_and_the_rest_counted() -> None:
    many = {f"key{number}": 0 for number in range(60_000)}
    message = refused(GetNeighbors, {"graph_id": "g", "node": 1, **many})
    assert "`key3` is not an argument here" in message
    assert "key4" not in message
    assert message.endswith("; and 59996 more")
    inside = refused(EditGraph, {"graph_id": "g", "edits": [{"action": "clear", **many}]})
    assert inside.startswith("`edits[0].key0` is not an argument here; allowed: action")
    assert inside.endswith("; and 59996 more")


def test_what_is_missing_is_told_beside_what_is_unknown() -> None:
    message = refused(GetNeighbors, {"graph_id": "g", "nodes": 1})
    assert message.startswith("`node` is missing")
    assert message.endswith("; `nodes` is not an argument here, did you mean `node`?")


@pytest.mark.parametrize(("length", "shown"), [(80, "x" * 80), (81, "x" * 77 + "...")])
def test_a_word_of_the_caller_is_said_again_up_to_80_characters(length: int, shown: str) -> None:
    assert f"`{shown}` is not" in refused(GetNeighbors, {"graph_id": "g", "node": 1, "x" * length: 0})
    item = {"id": 1, "x" * length: 0}
    assert f"unknown key `{shown}`:" in refused(CreateGraph, {"nodes": [item]})


@pytest.mark.parametrize(
    ("model", "field", "item", "most"),
    [
        (MeasureGraph, "metrics", "density", MOST_METRICS),
        (EditGraph, "edits", {"action": "clear"}, MOST_EDITS),
    ],
)
def test_a_list_is_limited_on_both_sides(model: type[Arguments], field: str, item: Any, most: int) -> None:
    assert validate(model, {"graph_id": "g", field: [item] * most}, "t")
    message = refused(model, {"graph_id": "g", field: [item] * (most + 1)})
    assert message == f"`{field}` must have at most {most} items or characters"


def test_the_names_of_one_action_are_limited_on_both_sides() -> None:
    def edits(count: int) -> dict[str, Any]:
        return {"graph_id": "g", "edits": [{"action": "remove_attributes", "names": ["a"] * count, "graph": True}]}

    assert validate(EditGraph, edits(MOST_NAMES), "t")
    assert f"at most {MOST_NAMES} items" in refused(EditGraph, edits(MOST_NAMES + 1))


@given(st.one_of(st.integers(-(2**63), 2**63 - 1), st.text(max_size=50)))
def test_an_id_stays_what_it_is(node: str | int) -> None:
    found = validate(GetNeighbors, {"graph_id": "g", "node": node}, "t").node
    assert found == node
    assert type(found) is type(node)


@pytest.mark.parametrize("node", ["null", "[1]", "{}", "true", "1", "1.0", '"1"'])
def test_text_that_looks_like_json_stays_text(node: str) -> None:
    assert validate(GetNeighbors, {"graph_id": "g", "node": node}, "t").node == node


@pytest.mark.parametrize("node", [True, False, 1.0, 1.5, None, [1], {"id": 1}, 2**63])
def test_what_is_no_id_is_refused_with_the_fix(node: object) -> None:
    message = refused(GetNeighbors, {"graph_id": "g", "node": node})
    assert message.startswith("`node`")


@pytest.mark.parametrize(
    ("model", "arguments", "message"),
    [
        (GetNeighbors, {"graph_id": "g"}, "`node` is missing"),
        (
            GetNeighbors,
            {"graph_id": "g", "node": 1, "limt": 3},
            "`limt` is not an argument here, did you mean `limit`?",
        ),
        (
            GetNeighbors,
            {"graph_id": "g", "node": 1, "limit": 1001},
            "`limit` must be at most 1000; got an integer, 1001",
        ),
        (GetNeighbors, {"graph_id": "g", "node": 1, "limit": 0}, "`limit` must be at least 1; got an integer, 0"),
        (GetNeighbors, {"graph_id": "g", "node": 1, "limit": "five"}, "`limit` must be an integer"),
        (GetNeighbors, {"graph_id": "g", "node": 1, "limit": 5.5}, "`limit` must be an integer"),
        (GetNeighbors, {"graph_id": "g", "node": 1, "limit": True}, "`limit` must be an integer"),
        (GetNeighbors, {"graph_id": 7.5, "node": 1}, "`graph_id` must be a string; got a number, 7.5"),
        (GetNeighbors, {"graph_id": "g", "node": 1, "direction": "up"}, "`direction` must be all, out or in"),
        (CreateGraph, {"edges": [["a", "b"], ["a"]]}, "`edges`: [1] must be [source, target]"),
        (CreateGraph, {"edges": [["a", True]]}, "`edges`: [0] target"),
        (CreateGraph, {"edges": [["a", "b", "2"]]}, "`edges`: [0]: attributes must be an object"),
        (
            CreateGraph,
            {"edges": [{"source": "a", "target": "b", "weight": 2, "attributes": {}}]},
            "attributes belong inside `attributes`",
        ),
        (CreateGraph, {"nodes": [{"name": "a"}]}, "`nodes`: [0] has no `id`"),
        (CreateGraph, {"nodes": "a,b"}, "`nodes`: must be an array"),
        (EditGraph, {"graph_id": "g", "edits": []}, "`edits` must have at least 1"),
        (
            EditGraph,
            {"graph_id": "g", "edits": [{"action": "add"}]},
            "`edits[0]`: must be an object with `action`, one of add_nodes, remove_nodes",
        ),
        (
            EditGraph,
            {"graph_id": "g", "edits": [{"nodes": [1]}]},
            "`edits[0]`: must be an object with `action`, one of add_nodes, remove_nodes",
        ),
        (EditGraph, {"graph_id": "g", "edits": [{"action": "add_nodes"}]}, "`edits[0].nodes` is missing"),
    ],
)
def test_an_error_names_the_field_and_what_is_allowed(
    model: type[Arguments], arguments: dict[str, Any], message: str
) -> None:
    assert message in refused(model, arguments)


@pytest.mark.parametrize(
    ("model", "arguments"),
    [
        (FindPaths, {"source": "a", "cutoff": math.inf}),
        (FindPaths, {"source": "a", "cutoff": math.nan}),
        (FindPaths, {"source": "a", "cutoff": 10**400}),
        (RankNodes, {"alpha": math.inf}),
        (RankNodes, {"tol": math.inf}),
        (FindCommunities, {"resolution": math.inf}),
    ],
)
def test_a_number_past_every_float_is_refused_by_name(model: type[Arguments], arguments: dict[str, Any]) -> None:
    assert re.match(
        rf"`{list(arguments)[-1]}` must be a (finite )?number", refused(model, {"graph_id": "g", **arguments})
    )


def integers(schema: Any, at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Where a schema asks for an integer, ids apart: those have a test of their own."""
    if isinstance(schema, list):
        for item in schema:
            yield from integers(item, at)
    elif isinstance(schema, dict) and schema.get("anyOf", [])[:2] != ID_SCHEMA["anyOf"]:
        if schema.get("type") == "integer":
            yield at, schema
        for name, part in schema.items():
            yield from integers(part, f"{at}/{name}")


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: str(tool.name))
def test_every_integer_has_bounds(tool: Tool) -> None:
    """JSON has integers of any length; what an analysis is known by, and what a kernel takes, has 64 bits."""
    schema = tool.arguments.model_json_schema()
    free = [at for at, one in integers(schema) if not one.keys() >= {"minimum", "maximum"}]
    assert not free


def test_an_error_carries_the_fields_for_programs() -> None:
    with pytest.raises(InvalidInput) as caught:
        validate(GetNeighbors, {"limit": 0}, "get_neighbors")
    assert caught.value.data["fields"] == ["graph_id", "node", "limit"]


# --- values as clients send them


G = {"graph_id": "g"}
EDITS = [{"action": "add_edges", "edges": [["a", 1, {"w": 2}]]}, {"action": "clear"}]


@pytest.mark.parametrize(
    ("model", "sent", "meant"),
    [
        (GetNeighbors, {"node": 1, "limit": "5", "offset": "7.0"}, {"node": 1, "limit": 5, "offset": 7}),
        (GetNeighbors, {"node": 1, "limit": 5.0}, {"node": 1, "limit": 5}),
        (GetNeighbors, {"node": 1, "limit": " +5 "}, {"node": 1, "limit": 5}),
        (GetNeighbors, {"graph_id": 7, "node": 1}, {"graph_id": "7", "node": 1}),
        (RankNodes, {"alpha": "0.5", "tol": "1e-6"}, {"alpha": 0.5, "tol": 1e-6}),
        (RankNodes, {"alpha": "1"}, {"alpha": 1}),
        (RankNodes, {"normalized": "True", "endpoints": "false"}, {"normalized": True, "endpoints": False}),
        (RankNodes, {"force": 1, "normalized": 0}, {"force": True, "normalized": False}),
        (RankNodes, {"nodes": '["a", 1, "1"]'}, {"nodes": ["a", 1, "1"]}),
        (RankNodes, {"nodes": None, "limit": None, "weight": None}, {}),
        (MeasureGraph, {"metrics": "density"}, {"metrics": ["density"]}),
        (MeasureGraph, {"metrics": '["density", "nodes"]'}, {"metrics": ["density", "nodes"]}),
        (MeasureGraph, {"metrics": "density, nodes"}, {"metrics": ["density", "nodes"]}),
        (MeasureGraph, {"metrics": "['density', 'nodes']"}, {"metrics": ["density", "nodes"]}),
        (EditGraph, {"edits": json.dumps(EDITS)}, {"edits": EDITS}),
        (EditGraph, {"edits": [json.dumps(item) for item in EDITS]}, {"edits": EDITS}),
        (EditGraph, {"edits": EDITS[1]}, {"edits": EDITS[1:]}),
        (EditGraph, {"edits": json.dumps(EDITS[1])}, {"edits": EDITS[1:]}),
        (EditGraph, {"edits": EDITS, "if_version": "3"}, {"edits": EDITS, "if_version": 3}),
        (
            EditGraph,
            {"edits": [{"action": "remove_attributes", "names": "a,b", "graph": "true", "nodes": "[1]"}]},
            {"edits": [{"action": "remove_attributes", "names": ["a,b"], "graph": True, "nodes": [1]}]},
        ),
        (
            EditGraph,
            {"edits": [{"action": "set_graph_attributes", "attributes": '{"a": "5"}'}]},
            {"edits": [{"action": "set_graph_attributes", "attributes": {"a": "5"}}]},
        ),
        (RunAlgorithm, {"name": "pagerank", "arguments": '{"alpha": "0.5"}'},
         {"name": "pagerank", "arguments": {"alpha": "0.5"}}),
    ],
)  # fmt: skip
def test_a_value_is_taken_for_what_it_means(
    model: type[Arguments], sent: dict[str, Any], meant: dict[str, Any]
) -> None:
    assert validate(model, {**G, **sent}, "t") == validate(model, {**G, **meant}, "t")


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ({"edges": '[["a", "b"]]', "nodes": '["c"]'}, {"edges": [["a", "b"]], "nodes": ["c"]}),
        ({"edges": ['["a", "b"]', '{"source": 1, "target": 2}']}, {"edges": [["a", "b"], [1, 2]]}),
        ({"edges": [["a", "b", '{"w": "5"}']]}, {"edges": [["a", "b", {"w": "5"}]]}),
        ({"edges": {"source": 1, "target": 2}}, {"edges": [[1, 2]]}),
        ({"nodes": [{"id": 1, "attributes": '{"a": null}'}]}, {"nodes": [{"id": 1, "attributes": {"a": None}}]}),
        ({"attributes": '{"a": [1]}', "directed": "true"}, {"attributes": {"a": [1]}, "directed": True}),
    ],
)
def test_contents_are_taken_for_what_they_mean(sent: dict[str, Any], meant: dict[str, Any]) -> None:
    assert validate(CreateGraph, sent, "t") == validate(CreateGraph, meant, "t")


def test_ids_and_values_of_attributes_are_never_read() -> None:
    """What looks like a number, a list or an edge is an id there, and one of its own."""
    texts = ["5", "true", "null", "[1]", '{"id": 1}', "5.0"]
    found = validate(CreateGraph, {"nodes": texts, "edges": [[text, "x", {"w": text}] for text in texts]}, "t")
    assert found.nodes.ids == texts
    assert [u for u, _ in found.edges.pairs] == texts
    assert found.edges.attributes == [{"w": text} for text in texts]
    inside = [{"action": "remove_nodes", "nodes": texts}]
    assert validate(EditGraph, {**G, "edits": inside}, "t").edits[0].nodes == texts
    assert validate(FindPaths, {**G, "source": "5", "target": "[1]"}, "t").target == "[1]"


@pytest.mark.parametrize(
    ("model", "arguments", "problem"),
    [
        (GetNeighbors, {"node": 1, "limit": "1_000"}, "`limit` must be an integer"),
        (GetNeighbors, {"node": 1, "limit": "\u0665"}, "`limit` must be an integer"),
        (GetNeighbors, {"node": 1, "limit": "9" * 41}, "`limit` must be an integer"),
        (GetNeighbors, {"node": 1, "limit": "1" * 40}, "`limit` must be at most 1000"),
        (GetNeighbors, {"node": 1, "limit": ""}, "`limit` must be an integer"),
        (RankNodes, {"alpha": "nan"}, "`alpha` must be a number"),
        (RankNodes, {"alpha": "1e999"}, "`alpha` must be a finite number"),
        (RankNodes, {"alpha": "-1"}, "`alpha` must be more than 0"),
        (RankNodes, {"force": "yes please"}, "`force` must be true or false"),
        (RankNodes, {"force": 2}, "`force` must be true or false"),
        (RankNodes, {"nodes": "alice"}, "`nodes`: must be an array"),
        (MeasureGraph, {"metrics": "density, size"}, "`metrics[0]` must be nodes"),
        (MeasureGraph, {"metrics": ""}, "`metrics[0]` must be nodes"),
        (EditGraph, {"edits": "clear"}, "`edits` must be an array"),
        (EditGraph, {"edits": ["clear"]}, "`edits[0]`: must be an object with `action`"),
        (EditGraph, {"edits": '[{"action": "add_nodes"}]'}, "`edits[0].nodes` is missing"),
        (EditGraph, {"edits": ['{"action": "add_nodes", "nodes": [1.5]}']}, "`edits[0].nodes`: [0]: a node id is"),
        (CreateGraph, {"nodes": "[" * 100_000}, "`nodes`: must be an array"),
    ],
)
def test_what_means_nothing_is_refused(model: type[Arguments], arguments: dict[str, Any], problem: str) -> None:
    sent = arguments if model is CreateGraph else {**G, **arguments}
    assert refused(model, sent).startswith(problem)


def test_an_action_takes_its_own_fields_and_passes_over_those_of_others_that_say_nothing() -> None:
    """The schema is one type for all actions: some clients fill in every field of it."""
    full = {
        "action": "add_nodes", "nodes": ["a"], "edges": [], "attributes": {}, "names": None, "graph": False,
        "if_exists": "error", "if_missing": "error",
    }  # fmt: skip
    assert to_edit(validate(EditGraph, {**G, "edits": [full]}, "t").edits[0]) == edits.AddNodes(["a"])
    for field, value in (("edges", [["a", "b"]]), ("if_exists", "skip"), ("graph", True), ("attributes", {"a": 1})):
        message = refused(EditGraph, {**G, "edits": [{**full, field: value}]})
        assert message == f"`edits[0]`: add_nodes takes nodes; not {field}"
    assert refused(EditGraph, {**G, "edits": [{"action": "clear", "nodes": [1]}]}) == (
        "`edits[0]`: clear takes no other field; not nodes"
    )


def test_null_for_an_optional_argument_means_its_default() -> None:
    assert validate(GetNeighbors, {"graph_id": "g", "node": 1, "limit": None}, "t").limit == 50
    assert validate(FindComponents, {"graph_id": "g", "node": None}, "t").node is None


def test_null_for_a_required_argument_is_refused() -> None:
    assert "`source`" in refused(FindPaths, {"graph_id": "g", "source": None})


def test_arguments_of_a_task_are_those_that_were_given() -> None:
    found = validate(RankNodes, {"graph_id": "g", "measure": "pagerank", "nodes": [1, "1"]}, "t")
    assert found.params() == {"measure": "pagerank", "nodes": [1, "1"], "limit": 20, "offset": 0}


@pytest.mark.parametrize(
    ("action", "edit"),
    [
        (
            {"action": "add_nodes", "nodes": [1, {"id": "1", "attributes": {"a": None}}]},
            edits.AddNodes([1, "1"], [None, {"a": None}]),
        ),
        ({"action": "add_nodes", "nodes": [1, 2]}, edits.AddNodes([1, 2])),
        ({"action": "remove_nodes", "nodes": [1], "if_missing": "skip"}, edits.RemoveNodes([1], "skip")),
        (
            {"action": "add_edges", "edges": [["a", "b", {"w": 1}], ["b", "c"]], "if_exists": "update"},
            edits.AddEdges([("a", "b"), ("b", "c")], [{"w": 1}, None], "update"),
        ),
        ({"action": "remove_edges", "edges": [["a", "b"]]}, edits.RemoveEdges([("a", "b")])),
        (
            {"action": "set_node_attributes", "nodes": [{"id": 1, "attributes": {"a": 1}}]},
            edits.SetNodeAttributes([1], [{"a": 1}]),
        ),
        (
            {"action": "set_edge_attributes", "edges": [{"source": 1, "target": 2, "attributes": {"a": 1}}]},
            edits.SetEdgeAttributes([(1, 2)], [{"a": 1}]),
        ),
        ({"action": "set_graph_attributes", "attributes": {"a": 1}}, edits.SetGraphAttributes({"a": 1})),
        (
            {"action": "remove_attributes", "names": ["a"], "nodes": [1], "graph": True},
            edits.RemoveAttributes(["a"], [1], [], True),
        ),
        ({"action": "clear"}, edits.Clear()),
    ],
)
def test_every_action_becomes_an_edit_of_the_log(action: dict[str, Any], edit: edits.Edit) -> None:
    found = validate(EditGraph, {"graph_id": "g", "edits": [action]}, "t")
    assert to_edit(found.edits[0]) == edit


def test_an_edge_is_written_as_people_write_edges() -> None:
    written: list[Any] = [
        ["a", "b"],
        ["b", "c", 5],
        ["c", "d", 0.5],
        {"source": "d", "target": "e", "weight": 2, "since": 2020},
        {"source": "e", "target": "f", "attributes": {"weight": 3}},
        ["f", "g", {"weight": 4}],
    ]
    found = validate(CreateGraph, {"edges": written}, "t").edges
    assert found.attributes == [
        None,
        {"weight": 5},
        {"weight": 0.5},
        {"weight": 2, "since": 2020},
        {"weight": 3},
        {"weight": 4},
    ]
    assert found.taken() == [
        "a number behind source and target was taken for the attribute weight",
        'keys beside source and target were taken for attributes: "weight", "since"',
    ]
    assert validate(CreateGraph, {"edges": [["a", "b", {"weight": 1}]]}, "t").edges.taken() == []


@pytest.mark.parametrize(
    ("edge", "why"),
    [
        (["a", "b", True], "attributes must be an object"),
        (["a", "b", "5"], "attributes must be an object"),
        (["a", "b", 1, 2], "must be [source, target], [source, target, weight] or"),
        ({"source": "a", "weight": 1}, "has no `target`"),
        ({"source": "a", "target": "b", "weight": 1, "attributes": {}}, "unknown key `weight`"),
    ],
)
def test_an_edge_that_may_mean_two_things_is_refused(edge: Any, why: str) -> None:
    assert why in refused(CreateGraph, {"edges": [edge]})


@pytest.mark.parametrize(
    ("given_", "measure"),
    [
        ("betweenness_centrality", "betweenness"),
        ("pagerank_centrality", "pagerank"),
        ("degree_centrality", "degree_centrality"),
        ("core_number", "core"),
        ("edge_betweenness_centrality", "edge_betweenness"),
        ("hits", "hits"),
    ],
)
def test_a_measure_may_be_called_as_networkx_calls_it(given_: str, measure: str) -> None:
    assert validate(RankNodes, {"graph_id": "g", "measure": given_}, "rank_nodes").measure == measure


@pytest.mark.parametrize(
    ("model", "name", "meant"),
    [
        (FindPaths, "start", "source"),
        (FindPaths, "end", "target"),
        (FindPaths, "destination", "target"),
        (RankNodes, "metric", "measure"),
        (RankNodes, "top", "limit"),
        (RankNodes, "filter", "view"),
        (FindCommunities, "algorithm", "method"),
        (RunAlgorithm, "algorithm", "name"),
        (RunAlgorithm, "parameters", "arguments"),
        (QueryGraph, "query", "sql"),
        (DeriveGraph, "new_graph_id", "into"),
        (CompareGraphs, "graph_id", "a"),
        (CompareGraphs, "other", "b"),
        (LoadGraph, "data", "content"),
    ],
)
def test_another_word_for_an_argument_is_answered_with_ours(model: type[Arguments], name: str, meant: str) -> None:
    assert f"`{name}` is not an argument here, did you mean `{meant}`?" in refused(model, {name: "x"})


def test_what_is_no_word_for_any_is_answered_with_all_and_where_an_algorithms_own_stand() -> None:
    message = refused(RunAlgorithm, {"graph_id": "g", "name": "pagerank", "alpha": 0.9})
    assert message.startswith("`alpha` is not an argument here; allowed: graph_id, ")
    assert message.endswith(" Arguments of the algorithm stand in `arguments`.")
    assert refused(FindPaths, {"graph_id": "g", "source": 1, "zone": 2}).startswith(
        "`zone` is not an argument here; allowed: "
    )
