"""One server for the tests of tools, with a graph that everybody knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import networkx as nx
import pytest
from tests.helpers.server import Server, message


class Tools:
    """Calls tools and checks each answer: the data fits its schema, the text is compact."""

    def __init__(self, server: Server) -> None:
        self.server = server
        listed = message(server.rpc("tools/list"))["result"]["tools"]
        self.listed: dict[str, dict[str, Any]] = {tool["name"]: tool for tool in listed}

    def result(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        """The whole result; structured data is checked against the tool's output schema."""
        found = self.server.call(name, arguments)
        if not found.get("isError"):
            jsonschema.validate(found["structuredContent"], self.listed[name]["outputSchema"])
        return found

    def text(self, name: str, /, **arguments: Any) -> str:
        """What a model reads of an answer that is no error."""
        found = self.result(name, **arguments)
        text: str = found["content"][0]["text"]
        assert not found.get("isError"), text
        assert "\n  " not in text, "no indented JSON"
        return text

    def lines(self, name: str, /, **arguments: Any) -> list[list[str]]:
        """The lines of the text, split into cells."""
        return [line.split("\t") for line in self.text(name, **arguments).splitlines()]

    def data(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        """The structured answer."""
        found = self.result(name, **arguments)
        assert not found.get("isError"), found["content"][0]["text"]
        data: dict[str, Any] = found["structuredContent"]
        return data

    def error(self, name: str, /, **arguments: Any) -> tuple[str, dict[str, Any]]:
        """Text and facts of an answer that is an error."""
        found = self.result(name, **arguments)
        assert found.get("isError"), found["content"][0]["text"]
        assert "structuredContent" not in found
        return found["content"][0]["text"], found["_meta"]["networkx-mcp/error"]


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tools]:
    with Server(tmp_path_factory.mktemp("tools")) as server:
        yield Tools(server)


@pytest.fixture(scope="session")
def florence(tools: Tools) -> str:
    """The marriages of Florentine families: 15 nodes, 20 edges, the Medici in the middle."""
    families = nx.florentine_families_graph()
    edges = [[u, v, {"wealth": 10 + len(u)}] for u, v in families.edges]
    return str(tools.data("create_graph", graph_id="florence", edges=edges, description="marriages")["graph_id"])


@pytest.fixture
def make_graph(tools: Tools) -> Callable[..., str]:
    """Makes a graph with an id of its own."""

    def make(**arguments: Any) -> str:
        return str(tools.data("create_graph", **arguments)["graph_id"])

    return make
