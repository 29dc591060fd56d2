"""Nodes and rows by the names that people know: `by`, `show`, and errors that say who is called so."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
from tests.unit.analysis.graphs import ask

from networkx_mcp.analysis.tasks.find_communities import find_communities
from networkx_mcp.analysis.tasks.find_components import find_components
from networkx_mcp.analysis.tasks.find_paths import find_paths
from networkx_mcp.analysis.tasks.get_neighbors import get_neighbors
from networkx_mcp.analysis.tasks.get_subgraph import get_subgraph
from networkx_mcp.analysis.tasks.partition_graph import partition_graph
from networkx_mcp.analysis.tasks.rank_nodes import rank_nodes
from networkx_mcp.analysis.tasks.run_algorithm import run_algorithm
from networkx_mcp.errors import InvalidInput, NotFound


def novel() -> nx.Graph:
    """A path n0 - n1 - n2 - n3 with names; two are called Thénardier, one has no name, a number is a name, too."""
    graph = nx.path_graph(["n0", "n1", "n2", "n3", "n4"])
    labels = {"n0": "Valjean", "n1": "Javert", "n2": "Thénardier", "n3": "Thénardier"}
    nx.set_node_attributes(graph, labels, "label")
    nx.set_node_attributes(graph, {"n0": 24601, "n1": 7, "n2": 1.0, "n3": "7"}, "number")
    graph.edges["n0", "n1"]["scene"] = "bridge"
    graph.edges["n1", "n2"]["label"] = "hunts"
    return graph


def test_a_path_between_names() -> None:
    answer = ask(find_paths, novel(), source="Valjean", target="Javert", by="label", show=["label"])
    assert answer["columns"] == ["hops", "distance", "path", "path.label"]
    assert answer["rows"] == [[1, 1, ["n0", "n1"], ["Valjean", "Javert"]]]
    assert (answer["source"], answer["target"]) == ("n0", "n1")


@pytest.mark.parametrize(("name", "node"), [(24601, "n0"), (7, "n1"), ("7", "n3"), (1, "n2")])
def test_text_and_numbers_are_different_names(name: Any, node: str) -> None:
    assert ask(get_neighbors, novel(), node=name, by="number")["node"] == node


def test_a_name_that_several_have_is_an_error_that_names_them() -> None:
    with pytest.raises(
        InvalidInput, match=r'node: 2 nodes have "label" "Thénardier": "n2", "n3". Name one by its id'
    ) as found:
        ask(get_neighbors, novel(), node="Thénardier", by="label")
    assert found.value.data["nodes"] == ["n2", "n3"]


def test_a_name_that_nobody_has_is_answered_with_the_nearest() -> None:
    with pytest.raises(NotFound, match=r'center: no node has "label" "javert". Did you mean "Javert"\?'):
        ask(get_subgraph, novel(), center="javert", by="label")
    with pytest.raises(NotFound, match=r'by: no node has an attribute "lable". Did you mean "label"\?'):
        ask(get_subgraph, novel(), center="Javert", by="lable")


def test_names_stand_for_several_nodes_of_one_argument() -> None:
    answer = ask(get_subgraph, novel(), nodes=["Valjean", "Javert"], by="label")
    assert [row[0] for row in answer["nodes"]["rows"]] == ["n0", "n1"]


@pytest.mark.parametrize(
    "asked",
    [
        lambda graph: ask(find_paths, graph, source="Javert"),
        lambda graph: ask(get_neighbors, graph, node="Javert"),
        lambda graph: ask(get_subgraph, graph, nodes=["n0", "Javert"]),
        lambda graph: ask(rank_nodes, graph, nodes=["Javert"]),
        lambda graph: ask(run_algorithm, graph, name="closeness_centrality", arguments={"u": "Javert"}),
    ],
)
def test_an_unknown_node_that_is_somebody_s_name_says_whose(asked: Any) -> None:
    with pytest.raises(NotFound, match=r'no node "Javert" in this graph. Node "n1" has "label" "Javert".') as found:
        asked(novel())
    assert (found.value.data["nearest"], found.value.data["by"]) == (["n1"], "label")


def test_a_name_in_a_rare_attribute_and_one_of_several_nodes_are_found_too() -> None:
    graph = nx.path_graph(100)
    graph.nodes[3]["alias"] = "M. Madeleine"
    with pytest.raises(NotFound, match=r'Node 3 has "alias" "M. Madeleine"'):
        ask(get_neighbors, graph, node="M. Madeleine")
    nx.set_node_attributes(graph, "same", "kind")
    with pytest.raises(NotFound, match='Nodes 0, 1, 2 and 97 more have "kind" "same"'):
        ask(get_neighbors, graph, node="same")


@pytest.mark.parametrize(
    ("task", "arguments", "added", "first"),
    [
        (rank_nodes, {"nodes": ["n1"]}, ["label", "number"], ["Javert", 7]),
        (find_components, {}, ["nodes.label", "nodes.number"], [["Valjean", "Javert", "Thénardier", "Thénardier", None], [24601, 7, 1.0, "7", None]]),
        (find_communities, {"members": 1}, ["nodes.label", "nodes.number"], [["Javert"], [7]]),
        (partition_graph, {"k": 5, "members": 1}, ["nodes.label", "nodes.number"], [["Valjean"], [24601]]),
        (find_paths, {"source": "n0", "kind": "reachable"}, ["label", "number"], ["Javert", 7]),
        (run_algorithm, {"name": "core_number"}, ["label", "number"], ["Valjean", 24601]),
    ],
)  # fmt: skip
def test_every_table_takes_attributes_of_its_nodes(
    task: Any, arguments: dict[str, Any], added: list[str], first: list[Any]
) -> None:
    answer = ask(task, novel(), show=["label", "number"], **arguments)
    assert answer["columns"][-2:] == added
    assert answer["rows"][0][-2:] == first


def test_rows_of_edges_have_both_ends_and_the_edge() -> None:
    answer = ask(rank_nodes, novel(), measure="edge_betweenness", show=["label", "scene"], limit=10)
    assert answer["columns"] == ["rank", "source", "target", "score", "label", "source.label", "target.label", "scene"]
    by_edge = {tuple(row[1:3]): row[4:] for row in answer["rows"]}
    assert by_edge["n0", "n1"] == [None, "Valjean", "Javert", "bridge"]
    assert by_edge["n1", "n2"] == ["hunts", "Javert", "Thénardier", None]


def test_an_attribute_named_as_a_column_is_told_apart() -> None:
    graph = nx.path_graph(3)
    nx.set_node_attributes(graph, "mine", "score")
    assert ask(rank_nodes, graph, show=["score"])["columns"] == ["rank", "node", "score", "node.score"]


def test_an_attribute_that_nobody_has_is_an_error() -> None:
    with pytest.raises(NotFound, match=r'show: no node has an attribute "lable". There are: "label".'):
        ask(rank_nodes, novel(), show=["lable"])
    with pytest.raises(NotFound, match=r'show: neither a node nor an edge has an attribute "x"'):
        ask(rank_nodes, novel(), measure="edge_betweenness", show=["x"])


@pytest.mark.long
def test_a_page_with_more_values_than_an_answer_holds_ends_early_and_goes_on() -> None:
    graph = nx.path_graph(3000)
    names = [f"x{number}" for number in range(10)]
    for name in names:
        nx.set_node_attributes(graph, 1, name)
    arguments = {"k": 30, "members": 1000, "limit": 30, "show": names}
    first = ask(partition_graph, graph, **arguments)
    shown = len(first["rows"])
    assert (0 < shown < 30, first["truncated"], first["next_offset"]) == (True, True, shown)
    assert all(len(row[2]) == len(cell) for row in first["rows"] for cell in row[3:])
    second = ask(partition_graph, graph, **arguments, offset=shown)
    assert [row[0] for row in (*first["rows"], *second["rows"])] == list(range(1, 31))


def test_subgraphs_show_only_what_is_asked_for() -> None:
    answer = ask(get_subgraph, novel(), nodes=["n0", "n1"], show=["label"])
    assert answer["nodes"]["rows"] == [["n0", {"label": "Valjean"}], ["n1", {"label": "Javert"}]]
    assert answer["edges"]["rows"] == [["n0", "n1", {}]]


def test_neighbours_show_attributes_of_their_own() -> None:
    answer = ask(get_neighbors, novel(), node="n1", show=["label"])
    assert answer["neighbors"] == [
        ["n0", "both", {"scene": "bridge"}, {"label": "Valjean"}],
        ["n2", "both", {"label": "hunts"}, {"label": "Thénardier"}],
    ]
