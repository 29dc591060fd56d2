"""Prompts for the three commonest analyses. They name the tools to call; the model does the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    PaginatedRequestParams,
    Prompt,
    PromptArgument,
    PromptMessage,
    TextContent,
)

from networkx_mcp.errors import echoed, nearest_words
from networkx_mcp.tools.answer import show
from networkx_mcp.tools.cursors import one_page
from networkx_mcp.tools.dispatch import Context


@dataclass(frozen=True)
class Template:
    """A prompt: its arguments (name, description, required) and the text made of them."""

    name: str
    title: str
    description: str
    arguments: tuple[tuple[str, str, bool], ...]
    text: Callable[[dict[str, str]], str]

    @property
    def listing(self) -> Prompt:
        """The prompt's entry in prompts/list."""
        arguments = [PromptArgument(name=n, description=d, required=r) for n, d, r in self.arguments]
        return Prompt(name=self.name, title=self.title, description=self.description, arguments=arguments)

    def render(self, given: dict[str, str]) -> GetPromptResult:
        """The messages. Raises MCPError when an argument is missing or unknown."""
        names = [name for name, _, _ in self.arguments]
        if missing := [name for name, _, required in self.arguments if required and not given.get(name)]:
            raise MCPError(INVALID_PARAMS, f"prompt {self.name} needs the argument {missing[0]}")
        if unknown := [name for name in given if name not in names]:
            raise MCPError(
                INVALID_PARAMS, f"prompt {self.name} has no argument {echoed(unknown[0])}; it has {', '.join(names)}"
            )
        text = self.text({name: show(value) for name, value in given.items() if value})
        message = PromptMessage(role="user", content=TextContent(type="text", text=text))
        return GetPromptResult(description=self.description, messages=[message])


_GRAPH = ("graph_id", "Id of the graph", True)

TEMPLATES = (
    Template(
        "key_nodes",
        "Who matters in this graph?",
        "Find the most important nodes and say what makes each of them important.",
        (_GRAPH, ("question", "What importance means here, in your words", False)),
        lambda a: (
            f"Find the most important nodes of the graph {a['graph_id']}.\n"
            f"{'What matters: ' + a['question'] + chr(10) if a.get('question') else ''}"
            "1. describe_graph: size, direction, attributes; note an edge attribute that is a weight.\n"
            "2. rank_nodes by degree, pagerank and betweenness (with sample=200 if the graph has over 5,000 nodes).\n"
            "3. For the top three: get_neighbors.\n"
            "Say which nodes lead, in which measure, and what differs between the measures. Name the numbers you used."
        ),
    ),
    Template(
        "communities",
        "Which groups are in this graph?",
        "Find groups of nodes, say what holds each together and which nodes connect them.",
        (_GRAPH,),
        lambda a: (
            f"Find the groups in the graph {a['graph_id']}.\n"
            "1. describe_graph, then find_components: separate pieces are groups already.\n"
            "2. find_communities with louvain; if the graph is directed, say that direction is part of the modularity.\n"
            "3. For the largest three groups: get_subgraph of a few members, to see by their attributes what they share.\n"
            "4. rank_nodes by betweenness: the nodes between groups.\n"
            "Report number and sizes of the groups, the modularity (below 0.3 there is no clear division: say so), "
            "what each group has in common, and the connecting nodes."
        ),
    ),
    Template(
        "connection",
        "How are two nodes connected?",
        "Explain how two nodes are connected, over which paths, and how firmly.",
        (_GRAPH, ("source", "The first node", True), ("target", "The second node", True)),
        lambda a: (
            f"Explain how {a['source']} and {a['target']} are connected in the graph {a['graph_id']}. (A node id is a "
            "string or an integer; try the other form if one is unknown.)\n"
            "1. find_paths, kind shortest; with a weight if edges have one that is a length or cost.\n"
            "2. find_paths, kind all_shortest, then k_shortest with k=5: are there independent ways?\n"
            "3. If there is no path: find_components with each node, and find_paths in the other direction if directed.\n"
            "Report the paths with the attributes of their edges, which nodes every path needs, and what would cut the connection."
        ),
    ),
)


async def list_prompts(_: Context, params: PaginatedRequestParams | None) -> ListPromptsResult:
    """The handler of prompts/list."""
    one_page("prompts/list", params)
    return ListPromptsResult(prompts=[template.listing for template in TEMPLATES])


async def get_prompt(_: Context, params: GetPromptRequestParams) -> GetPromptResult:
    """The handler of prompts/get."""
    by_name = {template.name: template for template in TEMPLATES}
    template = by_name.get(params.name)
    if template is None:
        close: Any = nearest_words(params.name, by_name) or list(by_name)
        raise MCPError(INVALID_PARAMS, f"Unknown prompt: {echoed(params.name)}; there are {', '.join(close)}")
    return template.render(params.arguments or {})
