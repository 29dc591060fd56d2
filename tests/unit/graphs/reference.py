"""What networkx makes of the same edits: the oracle for histories of writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import networkx as nx

from networkx_mcp.arrays.edits import AddEdges, AddNodes, Edit, RemoveEdges, RemoveNodes, SetNodeAttributes
from networkx_mcp.arrays.state import GraphState


class Refused(Exception):
    """The batch does not apply; the graph is as it was."""


def apply(graph: nx.Graph[Any], edits: Iterable[Edit]) -> nx.Graph[Any]:
    """A copy of `graph` with the edits done. Raises Refused as the server refuses."""
    result = _copy(graph)
    for edit in edits:
        match edit:
            case AddNodes():
                for at, node in enumerate(edit.nodes):
                    result.add_node(node, **((edit.attributes or [])[at] or {} if edit.attributes else {}))
            case RemoveNodes():
                for node in edit.nodes:
                    if node in result:
                        result.remove_node(node)
                    elif edit.if_missing == "error":
                        raise Refused(node)
            case AddEdges():
                for at, (u, v) in enumerate(edit.edges):
                    exists = result.has_edge(u, v)
                    if exists and edit.if_exists == "error":
                        raise Refused((u, v))
                    if not exists or edit.if_exists == "update":
                        result.add_edge(u, v, **((edit.attributes or [])[at] or {} if edit.attributes else {}))
            case RemoveEdges():
                for u, v in edit.edges:
                    if result.has_edge(u, v):
                        result.remove_edge(u, v)
                    elif edit.if_missing == "error":
                        raise Refused((u, v))
            case SetNodeAttributes():
                for node, attributes in zip(edit.nodes, edit.attributes, strict=True):
                    if node not in result:
                        raise Refused(node)
                    result.nodes[node].update(attributes)
            case _:
                raise TypeError(edit)
    return result


def _copy(graph: nx.Graph[Any]) -> nx.Graph[Any]:
    # graph.copy() may change the order of adjacency in undirected graphs
    result = graph.__class__()
    result.add_nodes_from((node, dict(data)) for node, data in graph.nodes(data=True))
    result.add_edges_from((u, v, dict(data)) for u, v, data in graph.edges(data=True))
    return result


Picture = tuple[list[Any], dict[Any, Any]]


def picture(graph: nx.Graph[Any]) -> Picture:
    """Nodes in order with attributes, edges with attributes; equal for equal graphs."""
    directed = graph.is_directed()
    edges = {(u, v) if directed else frozenset((u, v)): dict(data) for u, v, data in graph.edges(data=True)}  # type: dict[Any, Any]
    return [(node, dict(data)) for node, data in graph.nodes(data=True)], edges


def seen(state: GraphState) -> Picture:
    """The same of a state, through its point reads."""
    edges: dict[Any, Any] = {
        (u, v) if state.directed else frozenset((u, v)): dict(state.edge_attributes(u, v))
        for u, v in state.edges(0, state.m)
    }
    return [(node, dict(state.node_attributes(node))) for node in state.nodes(0, state.n)], edges


def replay(log: Sequence[Sequence[Edit]], *, directed: bool) -> list[nx.Graph[Any]]:
    """The graph after each batch; the first is the empty one."""
    graphs: list[nx.Graph[Any]] = [nx.DiGraph() if directed else nx.Graph()]
    for edits in log:
        graphs.append(apply(graphs[-1], edits))
    return graphs
