"""What a server of a few lines does: networkx in the one process that also speaks MCP, by the SDK. For `plan.py` to compare.

    python benchmarks/plain_server.py PORT

Nothing is durable, nothing bounded, nobody kept apart, and a long call holds up all others: it is the least that answers.
"""

from __future__ import annotations

import sys
from typing import Any

import networkx as nx
from mcp.server.mcpserver import MCPServer
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

GRAPHS: dict[str, nx.Graph[str]] = {}
MEASURES: dict[str, Any] = {
    "degree": nx.degree_centrality,
    "betweenness": nx.betweenness_centrality,
    "pagerank": nx.pagerank,
}
server = MCPServer("plain", log_level="ERROR")


@server.custom_route("/ready", methods=["GET"])
async def ready(_: Request) -> Response:
    return PlainTextResponse("ready")


@server.tool()
async def create_graph(graph_id: str) -> dict[str, Any]:
    GRAPHS[graph_id] = nx.Graph()
    return {"graph_id": graph_id}


@server.tool()
async def edit_graph(graph_id: str, edits: list[dict[str, Any]]) -> dict[str, Any]:
    graph = GRAPHS[graph_id]
    for edit in edits:
        if edit["action"] == "add_nodes":
            graph.add_nodes_from(edit["nodes"])
        else:
            graph.add_edges_from(map(tuple, edit["edges"]))
    return {"nodes": len(graph), "edges": graph.size()}


@server.tool()
async def describe_graph(graph_id: str) -> dict[str, Any]:
    graph = GRAPHS[graph_id]
    return {"nodes": len(graph), "edges": graph.size(), "density": nx.density(graph)}


@server.tool()
async def find_paths(graph_id: str, source: str, target: str) -> dict[str, Any]:
    path = nx.shortest_path(GRAPHS[graph_id], source, target)
    return {"path": path, "hops": len(path) - 1}


@server.tool()
async def find_components(graph_id: str) -> dict[str, Any]:
    found = sorted(nx.connected_components(GRAPHS[graph_id]), key=len, reverse=True)
    return {"total": len(found), "components": [[len(one), sorted(one)[:20]] for one in found[:10]]}


@server.tool()
async def rank_nodes(graph_id: str, measure: str) -> dict[str, Any]:
    scores = MEASURES[measure](GRAPHS[graph_id])
    first = sorted(scores.items(), key=lambda item: -item[1])[:10]
    return {"total": len(scores), "rows": first}


if __name__ == "__main__":
    server.run("streamable-http", port=int(sys.argv[1]), stateless_http=True, json_response=True)
