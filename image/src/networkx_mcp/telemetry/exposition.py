"""The /metrics text, and the metrics that describe the build."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from networkx_mcp import __version__
from networkx_mcp.telemetry import metrics

CONTENT_TYPE = CONTENT_TYPE_LATEST


def set_build_info() -> None:
    """Export what runs; the commit is written into the image's environment when it is built."""
    metrics.BUILD_INFO.labels(
        __version__,
        os.environ.get("NETWORKX_MCP_BUILD_COMMIT", "unknown"),
        platform.python_version(),
        version("networkx"),
    ).set(1)


def render() -> bytes:
    """All metrics in Prometheus' text format."""
    return generate_latest(metrics.REGISTRY)
