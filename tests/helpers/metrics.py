"""Metrics of this process, as a scrape would tell them."""

from __future__ import annotations

from networkx_mcp.telemetry.metrics import REGISTRY


def sample(name: str, **labels: str) -> float:
    """The value of a sample, by its name without the prefix; 0 where it was never counted."""
    return REGISTRY.get_sample_value(f"networkx_mcp_{name}", labels) or 0.0
