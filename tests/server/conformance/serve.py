"""The server as `networkx-mcp serve` runs it, with the fixtures of the conformance suite added."""

from __future__ import annotations

from tests.helpers.extended_server import serve
from tests.server.conformance.fixtures import extend

if __name__ == "__main__":
    serve(extend)
