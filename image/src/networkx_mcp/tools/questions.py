"""What people ask of graphs, in their words, and the call that answers it: what find_algorithms tells before any algorithm.

Data only. A phrase is words that a question must have, all of them, `|` between those that may stand for each other; a question
may have others beside. Node ids (A, B), attributes (amount, date, label) and numbers in calls are examples.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from networkx_mcp.analysis.catalogue_search import stems

#: Calls that an answer names at most.
MOST = 4


class Call(NamedTuple):
    """A call, and what it tells."""

    tool: str
    arguments: Mapping[str, Any]
    does: str


class Question(NamedTuple):
    """Phrases, and the calls that answer them, the best first."""

    phrases: tuple[tuple[frozenset[str], ...], ...]
    calls: tuple[Call, ...]


def _asked(phrases: str, *calls: Call) -> Question:
    """`phrases`: separated by commas."""
    return Question(
        tuple(tuple(frozenset(stems(word)) for word in phrase.split()) for phrase in phrases.split(",")),
        calls,
    )


def _run(name: str, does: str, **arguments: Any) -> Call:
    return Call("run_algorithm", {"name": name, **({"arguments": arguments} if arguments else {})}, does)


def _sql(sql: str, does: str) -> Call:
    return Call("query_graph", {"sql": sql}, does)


_MUTUAL = (
    "SELECT a.source, a.target FROM edges a JOIN edges b ON a.source = b.target AND a.target = b.source "
    "WHERE a.source < a.target"
)
_CUT = _run("articulation_points", "nodes without which the graph falls apart (undirected: to_undirected first)")
_BETWEEN = Call("rank_nodes", {"measure": "betweenness"}, "nodes that most shortest paths pass through")
_GROUPS = Call("find_communities", {}, "groups with many edges inside, what links them, who bridges them")
_CLOSENESS = Call("rank_nodes", {"measure": "closeness"}, "nodes that are near to all others; weight: lengths")
_REACHED = Call(
    "find_paths", {"source": "A", "kind": "reachable", "direction": "out"}, "all that A leads to, with distances"
)
_REACHING = Call(
    "find_paths", {"source": "A", "kind": "reachable", "direction": "in"}, "all that lead to A, with distances"
)
_CYCLES = _run("simple_cycles", "circles of at most so many nodes, along the direction of edges", length_bound=5)
_PERIOD = Call(
    "derive_graph",
    {"into": "march", "view": {"edges": "date >= '2024-03-01' AND date < '2024-04-01'"}},
    "the graph of a period; any analysis takes such a view without a copy",
)
_WITHOUT = Call(
    "compare_graphs",
    {"a": "<graph_id>", "view": {"without": ["A"]}},
    "as if A were not there: what is cut off, what changes",
)
_TOTALS = _sql(
    "SELECT source, count(*) AS n, sum(amount) AS total FROM edges GROUP BY source ORDER BY total DESC",
    "sums by sender; GROUP BY target: by receiver",
)  # fmt: skip

QUESTIONS = (
    _asked(
        "circle, cycle|cyclic, loop, ring, circular, circuit, carousel, launder, round trip, come|return back",
        _CYCLES,
        Call("find_components", {"kind": "strong"}, "groups in which every node reaches every other: where circles are"),
    ),
    _asked("self loop", _sql("SELECT source FROM edges WHERE source = target", "edges from a node to itself")),
    _asked("fraud|collusion|criminal|launder ring|circle|group|network", _GROUPS),
    _asked(
        "influential|influence|influencer|important|importance, key player|person|account|people|actor, prestige|prominent|powerful, "
        "central|centrality",
        Call("rank_nodes", {"measure": "pagerank"}, "who is pointed at by those who matter"),
        _BETWEEN,
    ),
    _asked("bottleneck, choke|chokepoint, broker, gatekeeper, intermediary|middleman, critical", _BETWEEN, _CUT),
    _asked("bottleneck", _run("minimum_cut", "the narrowest place between two nodes", s="A", t="B", capacity="weight")),
    _asked("single|point failure, weak|vulnerable|critical point|spot|link|edge, fall|break apart", _CUT, _run("bridges", "edges alike (undirected)")),
    _asked(
        "what if, remove|removal|removing, close|closes|closed|closure, fail|fails|failure, break|breaks, outage, lose|loss, impact",
        _WITHOUT,
    ),
    _asked(
        "short|shortest|fast|fastest|quick|quickest|cheap|cheapest|best path|route|way|connection|itinerary|trip, path|route|way|distance between, "
        "get to, how far, hop|hops, degree|degrees separation",
        Call("find_paths", {"source": "A", "target": "B", "weight": "<attribute>"}, "the shortest path; no weight: fewest edges"),
    ),
    _asked(
        "alternative|alternate|other|second|backup|detour path|route|way, k shortest",
        Call("find_paths", {"source": "A", "target": "B", "kind": "k_shortest", "k": 3}, "the shortest paths, one after another"),
    ),
    _asked(
        "path|route|way|fly|travel avoid|avoids|avoiding|without|bypass",
        Call("find_paths", {"source": "A", "target": "B", "view": {"without": ["C"]}}, "the shortest path without C"),
    ),
    _asked("reach|reachable|reaches|reached, downstream, subordinate, under|below, affected|affect|affects, infected|infect", _REACHED),
    _asked("upstream, depend|depends|dependent|dependency, command|management chain, above, trace back|origin", _REACHING),
    _asked("depend|depends|dependent|dependency", _REACHED),
    _asked("trace|follow|flow money|fund|payment|cash", _REACHED, _run("maximum_flow", "how much could pass", s="A", t="B", capacity="amount")),
    _asked(
        "throughput, bandwidth, capacity, max|maximum|maximal flow",
        _run("maximum_flow", "how much can pass from one node to another", s="A", t="B", capacity="weight"),
    ),
    _asked(
        "friend|tight|close|social group|circle|cluster, group, community, cluster, faction|clan|tribe|silo|segment, echo|filter chamber|bubble, "
        "polarization|polarized|polarised",
        _GROUPS,
    ),
    _asked("clique, everyone know|knows", _run("find_cliques", "groups in which everyone is linked to everyone (undirected)")),
    _asked("bridge|link|connect group|community|cluster|team|department, weak tie", _GROUPS),
    _asked("weak|bridging tie|link|edge", Call("rank_nodes", {"measure": "edge_betweenness"}, "edges that most shortest paths pass")),
    _asked(
        "component, island, piece|fragment, separate|separated, disconnected|unconnected|connected, giant",
        Call("find_components", {}, "the parts that hang together, largest first"),
    ),
    _asked(
        "isolated|isolate|orphan|lonely|stray|unconnected|loner, no connection|link|edge|neighbor|friend",
        _sql("SELECT id FROM nodes WHERE degree = 0", "nodes without an edge"),
    ),
    _asked(
        "dead end, sink, leaf|leave|terminal",
        _sql("SELECT id FROM nodes WHERE out_degree = 0", "directed: nodes that lead nowhere; undirected: degree = 1"),
    ),
    _asked(
        "root, ceo|president|chief, top|highest|big boss|manager, entry point",
        _sql("SELECT id FROM nodes WHERE in_degree = 0", "directed: nodes that nothing leads to; out_degree = 0 where edges go up"),
    ),
    _asked(
        "common|shared boss|manager|ancestor|superior|supervisor|parent",
        _run("lowest_common_ancestor", "the nearest node above both, along edges (directed, without circles)", node1="A", node2="B"),
    ),
    _asked(
        "boss|manager|supervisor|superior|report|reports|parent, direct report, org|organisation|organization chart",
        Call("get_neighbors", {"node": "A", "direction": "in"}, "who points at A; out: whom A points at"),
        _REACHING,
    ),
    _asked(
        "org|organisation|organization chart, hierarchy|reporting level|depth|layer, depth|height tree",
        Call("find_paths", {"source": "<root>", "kind": "reachable"}, "the distance from the root is the level"),
        Call("draw_graph", {"layout": "layers"}, "a picture, level by level (directed, without circles)"),
    ),
    _asked(
        "span control, hub, popular, connected, many|number connection|friend|edge|link|neighbor, degree",
        Call("rank_nodes", {"measure": "degree"}, "nodes with the most edges; out_degree, in_degree: by direction"),
    ),
    _asked(
        "similar|alike|lookalike|resemble|equivalent|equivalence, same neighbor|friend|customer|contact",
        _run("simrank_similarity", "nodes whose neighbors are alike, beside A", source="A"),
        _run("jaccard_coefficient", "shared neighbors of pairs that have no edge (undirected)"),
    ),
    _asked(
        "missing|predict|hidden|future|likely|potential link|edge|tie|connection|relationship|friend, recommend|recommendation, suggest|suggestion",
        _run("adamic_adar_index", "pairs without an edge that share many neighbors, with order=descending (undirected)"),
    ),
    _asked(
        "mutual|common|shared friend|neighbor|contact|acquaintance|customer",
        _run("common_neighbors", "the neighbors that two nodes share (undirected)", u="A", v="B"),
    ),
    _asked(
        "reciprocal|reciprocated, mutual edge|relationship|link|follow, two way, both|bidirectional direction|edge|relationship, bidirectional",
        Call("measure_graph", {"metrics": ["reciprocity"]}, "the share of edges that go both ways"),
        _sql(_MUTUAL, "the pairs"),
    ),
    _asked(
        "split|divide|partition|cut|shard equal|two|half|halves|part|parts|k|balanced, partition|shard",
        Call("partition_graph", {"k": 2}, "parts of nearly equal size with few edges between them"),
    ),
    _asked(
        "assign|match|allocate worker|job|task|people|student|driver|shift, pair|pairs|pairing up|people|player|student, matchmaking",
        _run("max_weight_matching", "pairs, each node in one, of the largest weight (undirected)"),
        _run("bipartite.minimum_weight_full_matching", "between two sides, at the least cost"),
    ),
    _asked("color map, timetable|exam|conflict|frequency", _run("greedy_color", "few colors (slots), no neighbors with the same")),
    _asked(
        "visit city|town|place|stop|customer|site|point|location|everything, delivery|sales tour|route|trip, salesman|salesperson",
        _run("approximation.traveling_salesman_problem", "a short round trip through nodes; weight: lengths"),
    ),
    _asked("visit|walk|drive|cover|traverse street|road|edge|bridge once", _run("eulerian_circuit", "a tour over each edge once, if there is one")),
    _asked(
        "spread|spreading|spreader, epidemic|contagion|virus|viral|rumor|rumour, vaccinate|vaccination|immunize|immunise, "
        "influence|spread maximization|maximisation|maximize|seed",
        _run("voterank", "nodes to start from, or to vaccinate, far apart from each other", number_of_nodes=5),
        _REACHED,
    ),
    _asked("core periphery, core, inner|dense circle|core", Call("rank_nodes", {"measure": "core"}, "how deep in the core a node is")),
    _asked(
        "homophily, segregation|segregated, birds feather, similar|same|like people|person|group|type connect|link|befriend|together",
        _run("attribute_assortativity_coefficient", "whether edges join nodes with the same value: 1 always, 0 by chance", attribute="label"),
    ),
    _asked(
        "duplicate|duplicates|duplicated, same name|label",
        _sql("SELECT label, count(*) AS n, list(id) AS ids FROM nodes GROUP BY label HAVING count(*) > 1", "values that several nodes have"),
    ),
    _asked(
        "average|mean degree|path|distance|length|clustering, diameter, dense|density|sparse, statistic|statistics|summary|overview, separation",
        Call("measure_graph", {"metrics": ["density", "degree", "average_shortest_path_length", "diameter"]}, "numbers of the whole graph"),
    ),
    _asked(
        "long|longest chain|path|sequence, critical path",
        _run("dag_longest_path", "the longest path (directed, without circles)"),
    ),
    _asked(
        "nearest|closest|near facility|hospital|store|depot|warehouse|station|school|center|shop|hub",
        _run("voronoi_cells", "each node by its nearest center", center_nodes=["A", "B"]),
        Call("find_paths", {"source": "A", "weight": "<attribute>"}, "distances from A to all"),
    ),
    _asked(
        "place|locate|location|put|build|site|open warehouse|depot|facility|hospital|store|station|central|school|hub, facility location",
        _CLOSENESS,
        _run("barycenter", "nodes with the least sum of distances to all"),
    ),
    _asked(
        "backbone, simplify|sparsify|prune|declutter|reduce, significant|essential edge|tie|link",
        Call("derive_graph", {"into": "small", "algorithm": "backbone", "arguments": {"alpha": 0.05}}, "the edges that matter by weight"),
        Call("derive_graph", {"into": "small", "algorithm": "minimum_spanning_tree"}, "a tree (undirected)"),
    ),
    _asked(
        "strong|strongest|heavy|heaviest|largest|biggest edge|tie|link|payment|transaction|transfer|relationship",
        _sql("SELECT source, target, amount FROM edges ORDER BY amount DESC", "edges by an attribute"),
    ),
    _asked(
        "cheap|cheapest|minimum|minimal|least connect|cable|wire|pipe|road|network, cheap|cheapest way connect, connect city|town|house|site|everything",
        Call("derive_graph", {"into": "tree", "algorithm": "minimum_spanning_tree"}, "the cheapest edges that connect all (undirected)"),
    ),
    _asked(
        "order|sequence|schedule task|step|course|job|build|install|compile|package, what first",
        _run("topological_sort", "an order in which edges lead on (directed, without circles)"),
    ),
    _asked(
        "top|biggest|largest|best|main sender|receiver|payer|payee|spender|customer|seller|buyer|supplier, "
        "sent|send|paid|pay|spent|received|receive money|most|amount|dollar|total, total|sum amount|money|by|per|value, who paid|sent|received",
        _TOTALS,
    ),
    _asked(
        "last|past|recent|since|after|before|during|in|between|per month|week|year|day|quarter|date|period|hour, time slice|window",
        _PERIOD,
    ),
    _asked(
        "compare month|week|year|day|quarter|period|version|snapshot, over time, evolve|evolution|growth|trend, change|changed|changes, differ|difference|diff, "
        "isomorphic|isomorphism, same|similar|similarity|identical|equal graph|network",
        Call("compare_graphs", {"a": "<graph_id>", "b": "<other>"}, "two graphs side by side; periods: derive_graph each with a view first"),
    ),
    _asked(
        "anomaly|anomalous|outlier|unusual|suspicious|abnormal|strange",
        _sql("SELECT * FROM edges WHERE amount > (SELECT avg(amount) + 3 * stddev(amount) FROM edges)", "values far from the mean"),
        _BETWEEN,
    ),
    _asked(
        "sample|subsample, random subset",
        Call("derive_graph", {"into": "part", "from_sql": {"nodes": "SELECT * FROM nodes ORDER BY hash(id) LIMIT 100"}}, "some nodes and the edges among them"),
    ),
)  # fmt: skip


@functools.lru_cache(maxsize=128)
def answers(text: str) -> list[Call]:
    """The calls that answer a question, those of the phrase with the most words first; none where no phrase fits."""
    asked = frozenset(stems(text))
    held = [
        (max(len(phrase) for phrase in fitting), question)
        for question in QUESTIONS
        if (fitting := [phrase for phrase in question.phrases if phrase and all(asked & word for word in phrase)])
    ]
    held.sort(key=lambda found: -found[0])
    calls = {repr(call): call for _, question in held for call in question.calls}
    return list(calls.values())[:MOST]
