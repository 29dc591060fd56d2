"""The server as `networkx-mcp serve` runs it, with tools added that tests want."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from mcp.server.lowlevel import Server as McpServer

from networkx_mcp.app import create_app
from networkx_mcp.http import listening
from networkx_mcp.http.shutdown import HttpServer
from networkx_mcp.settings import Settings
from networkx_mcp.telemetry import logs


def serve(extend: Callable[[McpServer[Any]], None]) -> None:
    """Serve until told to stop, then end the process."""
    settings = Settings()
    logs.configure(settings.log.level)
    settings.store.path.parent.mkdir(parents=True, exist_ok=True)
    app = create_app(settings, extra=extend)
    place = settings.http.socket
    HttpServer(app, settings, app.services.guard).run(None if place is None else [listening.bind(place)])
    sys.exit(app.failed is not None)
