"""What find_algorithms answers to questions in people's words: questions.py, with the catalogue behind it."""

from __future__ import annotations

import pytest

from networkx_mcp.analysis import catalogue
from networkx_mcp.tools import questions

#: A question, and the call that must be among the first two: the tool, and what names the call among those of the tool.
QUESTIONS = {
    "circles of payments": ("run_algorithm", "simple_cycles"),
    "money laundering loops": ("run_algorithm", "simple_cycles"),
    "payments that come back to the sender": ("run_algorithm", "simple_cycles"),
    "circular dependencies": ("run_algorithm", "simple_cycles"),
    "import cycles": ("find_components", "strong"),
    "fraud rings": ("run_algorithm", "simple_cycles"),
    "who is most influential": ("rank_nodes", "pagerank"),
    "key players": ("rank_nodes", "pagerank"),
    "bottleneck": ("rank_nodes", "betweenness"),
    "Which airports are bottlenecks?": ("rank_nodes", "betweenness"),
    "gatekeepers": ("rank_nodes", "betweenness"),
    "middlemen and brokers": ("rank_nodes", "betweenness"),
    "single point of failure": ("run_algorithm", "articulation_points"),
    "single points of failure": ("run_algorithm", "articulation_points"),
    "what if ATL closes": ("compare_graphs", ""),
    "what breaks when a node fails": ("compare_graphs", ""),
    "impact of removing a supplier": ("compare_graphs", ""),
    "shortest route": ("find_paths", ""),
    "fastest way from a to b": ("find_paths", ""),
    "cheapest path": ("find_paths", ""),
    "how many hops": ("find_paths", ""),
    "how far is it": ("find_paths", ""),
    "six degrees of separation": ("find_paths", ""),
    "alternative routes": ("find_paths", "k_shortest"),
    "a route that avoids ATL": ("find_paths", "without"),
    "what depends on it": ("find_paths", "in"),
    "upstream dependencies": ("find_paths", "in"),
    "downstream services": ("find_paths", "out"),
    "who can be reached": ("find_paths", "out"),
    "follow the money": ("find_paths", "out"),
    "flow of money": ("find_paths", "out"),
    "friend groups": ("find_communities", ""),
    "tight-knit groups": ("find_communities", ""),
    "echo chambers": ("find_communities", ""),
    "collusion rings": ("find_communities", ""),
    "bridges between groups": ("find_communities", ""),
    "is the network connected": ("find_components", ""),
    "islands": ("find_components", ""),
    "everyone knows everyone": ("run_algorithm", "find_cliques"),
    "cliques of friends": ("run_algorithm", "find_cliques"),
    "isolated nodes": ("query_graph", "degree = 0"),
    "orphans": ("query_graph", "degree = 0"),
    "dead ends": ("query_graph", "out_degree = 0"),
    "leaf nodes": ("query_graph", "out_degree = 0"),
    "root of the tree": ("query_graph", "in_degree = 0"),
    "who is the CEO": ("query_graph", "in_degree = 0"),
    "org chart boss": ("get_neighbors", "in"),
    "who is the boss of Ann": ("get_neighbors", "in"),
    "common boss": ("run_algorithm", "lowest_common_ancestor"),
    "lowest common manager": ("run_algorithm", "lowest_common_ancestor"),
    "chain of command": ("find_paths", "in"),
    "everyone under Ann": ("find_paths", "out"),
    "span of control": ("rank_nodes", "degree"),
    "hierarchy levels": ("find_paths", "reachable"),
    "hubs": ("rank_nodes", "degree"),
    "most connected": ("rank_nodes", "degree"),
    "popular people": ("rank_nodes", "degree"),
    "similar nodes": ("run_algorithm", "simrank_similarity"),
    "find similar users": ("run_algorithm", "simrank_similarity"),
    "missing links": ("run_algorithm", "adamic_adar_index"),
    "who should I recommend": ("run_algorithm", "adamic_adar_index"),
    "mutual friends": ("run_algorithm", "common_neighbors"),
    "two-way relationships": ("measure_graph", "reciprocity"),
    "split into equal parts": ("partition_graph", ""),
    "assign workers to jobs": ("run_algorithm", "bipartite.minimum_weight_full_matching"),
    "pair people up": ("run_algorithm", "max_weight_matching"),
    "timetable conflicts": ("run_algorithm", "greedy_color"),
    "visit all cities": ("run_algorithm", "approximation.traveling_salesman_problem"),
    "visit every street once": ("run_algorithm", "eulerian_circuit"),
    "rumor spreading": ("run_algorithm", "voterank"),
    "who to vaccinate": ("run_algorithm", "voterank"),
    "do similar people connect": ("run_algorithm", "attribute_assortativity_coefficient"),
    "core and periphery": ("rank_nodes", "core"),
    "duplicate customers": ("query_graph", "HAVING"),
    "average path length": ("measure_graph", ""),
    "longest chain": ("run_algorithm", "dag_longest_path"),
    "closest hospital": ("run_algorithm", "voronoi_cells"),
    "where to place a warehouse": ("rank_nodes", "closeness"),
    "backbone": ("derive_graph", "backbone"),
    "strongest ties": ("query_graph", "ORDER BY amount"),
    "weak ties": ("rank_nodes", "edge_betweenness"),
    "cheapest way to connect all": ("derive_graph", "minimum_spanning_tree"),
    "order of tasks": ("run_algorithm", "topological_sort"),
    "who sent the most money": ("query_graph", "sum(amount)"),
    "top senders": ("query_graph", "sum(amount)"),
    "total amount by country": ("query_graph", "sum(amount)"),
    "transactions last month": ("derive_graph", "date"),
    "compare two months": ("compare_graphs", ""),
    "are these the same graph": ("compare_graphs", ""),
    "suspicious transactions": ("query_graph", "stddev"),
    "maximum throughput": ("run_algorithm", "maximum_flow"),
    "a random sample": ("derive_graph", "LIMIT"),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_in_peoples_words_finds_the_call_that_answers_it(question: str) -> None:
    tool, named = QUESTIONS[question]
    found = questions.answers(question)[:2]
    assert any(call.tool == tool and named in str(dict(call.arguments)) for call in found), found


@pytest.mark.parametrize(
    "question", ["", "xyzzy", "louvain", "planarity", "minimum cut", "node2vec", "chordal graphs", "the"]
)
def test_what_no_phrase_fits_is_left_to_the_catalogue(question: str) -> None:
    assert questions.answers(question) == []


def test_every_phrase_has_words() -> None:
    for question in questions.QUESTIONS:
        assert all(phrase and all(phrase) for phrase in question.phrases), question


def test_algorithms_of_calls_are_of_the_catalogue_with_arguments_that_they_take() -> None:
    for question in questions.QUESTIONS:
        for call in question.calls:
            if call.tool == "run_algorithm":
                taken = {argument.name for argument in catalogue.get(call.arguments["name"]).arguments}
                assert set(call.arguments.get("arguments", {})) <= taken, call
