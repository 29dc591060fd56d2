"""find_algorithms finds by name, by words of the summary, by other words for it, and through slips."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from networkx_mcp.analysis import catalogue, catalogue_search
from networkx_mcp.analysis.catalogue_search import categories, search, total
from networkx_mcp.errors import InvalidInput

#: A question, and what must be among the first three answers.
QUESTIONS = {
    "most important nodes": "pagerank",
    "shortest path between two nodes": "shortest_path",
    "route": "shortest_path",
    "mst": "minimum_spanning_tree",
    "max flow": "maximum_flow",
    "min cut": "minimum_cut",
    "travelling salesman": "approximation.traveling_salesman_problem",
    "colouring": "greedy_color",
    "graph coloring": "greedy_color",
    "detect communities": "community.louvain_communities",
    "louvain": "community.louvain_communities",
    "find cycles": "simple_cycles",
    "longest path in a dag": "dag_longest_path",
    "critical path": "dag_longest_path",
    "dependency order": "topological_sort",
    "link prediction": "jaccard_coefficient",
    "is it planar": "is_planar",
    "single points of failure": "articulation_points",
    "cut vertices": "articulation_points",
    "largest clique": "approximation.max_clique",
    "bipartite matching": "bipartite.hopcroft_karp_matching",
    "all pairs shortest path": "all_pairs_shortest_path",
    "betweeness": "betweenness_centrality",
    "pagernk": "pagerank",
    "small world": "sigma",
    "influential spreaders": "voterank",
    "degree distribution": "degree_histogram",
    "structural holes": "constraint",
    "k-core": "core_number",
    "homophily": "attribute_assortativity_coefficient",
    "vertex cover": "approximation.min_weighted_vertex_cover",
    "steiner": "approximation.steiner_tree",
    "chinese postman": "eulerize",
    "strongly connected": "strongly_connected_components",
    "fiedler": "fiedler_vector",
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_finds_its_algorithm(question: str) -> None:
    assert QUESTIONS[question] in [entry.name for entry in search(question, 3)]


def test_a_name_finds_itself_first() -> None:
    for name in [*catalogue.algorithms()][::8]:
        assert search(name, 1)[0].name == name
        words = name.replace("_", " ").replace(".", " ")
        assert search(words, 1)[0].name == name


@given(text=st.text(max_size=600), limit=st.integers(1, 20))
@settings(max_examples=25, deadline=None)
def test_any_text_has_an_answer_of_at_most_the_limit_always_the_same(text: str, limit: int) -> None:
    found = search(text, limit)
    assert len(found) <= limit
    assert found == search(text, limit)
    assert len({entry.name for entry in found}) == len(found)


def test_no_text_lists_by_name_and_a_category_narrows() -> None:
    assert [entry.name for entry in search("", 1000)] == sorted(catalogue.algorithms())
    flow = search("", 100, "flow")
    assert {entry.category for entry in flow} == {"flow"}
    assert total("", "flow") == len(flow)
    assert total("") == len(catalogue.algorithms())
    assert "flow" in categories()
    with pytest.raises(InvalidInput, match=r'"flows" is not one of') as error:
        search("", 1, "flows")
    assert error.value.data["nearest"] == ["flow"]


def test_words_that_fit_nothing_find_nothing() -> None:
    assert search("xyzzy") == []
    assert total("xyzzy") == 0


def test_of_many_words_the_first_are_looked_at_and_those_that_are_known_before_others() -> None:
    unknown = " ".join(f"zq{number:02d}" for number in range(80))
    assert "bipart" in search(f"{unknown} bipartite", 1)[0].name
    catalogue_search._known.cache_clear()
    search(" ".join(f"qz{number:02d}" for number in range(99)))
    assert catalogue_search._known.cache_info().misses == catalogue_search.MOST_WORDS


def test_a_word_is_compared_with_the_index_once() -> None:
    search("qqbetweenes")
    before = catalogue_search._known.cache_info().misses
    search("qqbetweenes centrality")
    assert catalogue_search._known.cache_info().misses - before <= 1


def test_an_unknown_category_is_said_again_in_short() -> None:
    with pytest.raises(InvalidInput) as caught:
        search("", category="x" * 1_000_000)
    assert 'category: "' + "x" * 77 + '..." is not one of' in caught.value.message
