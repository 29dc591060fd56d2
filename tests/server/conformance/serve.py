"""The server as `networkx-mcp serve` runs it, with the fixtures of the conformance suite added."""

from __future__ import annotations

import sys

from tests.server.conformance.fixtures import extend

from networkx_mcp.app import create_app
from networkx_mcp.http.shutdown import Server
from networkx_mcp.settings import Settings
from networkx_mcp.telemetry import logs

if __name__ == "__main__":
    settings = Settings()
    logs.configure(settings.log.level)
    settings.store.path.parent.mkdir(parents=True, exist_ok=True)
    app = create_app(settings, extra=extend)
    Server(app, settings, app.rooms.guard).run()
    sys.exit(app.failed is not None)
