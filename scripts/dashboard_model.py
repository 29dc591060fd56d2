"""Panels and dashboards as data, drawn by dashboards.py."""

from __future__ import annotations

from dataclasses import dataclass, field

NAMESPACE = 'namespace="$namespace"'
POD = 'namespace="$namespace", pod=~"$pod"'
RATE = "[$__rate_interval]"


@dataclass(frozen=True)
class Panel:
    """One panel: a Grafana unit, what it tells, queries by legend, and the alert whose thresholds it draws."""

    title: str
    unit: str
    text: str
    queries: dict[str, str]
    alert: str = ""
    #: What an alert's threshold is multiplied by to stand on this panel's axis.
    alert_scale: float = 1.0
    kind: str = "timeseries"
    width: int = 8
    stacked: bool = False
    maximum: float | None = None
    #: Thresholds where no alert has them, and the colour below the first.
    steps: tuple[tuple[float, str], ...] = field(default=())
    below: str = "green"


@dataclass(frozen=True)
class Board:
    """One dashboard. `variables`: name, label, query, whether "all" may be chosen."""

    uid: str
    title: str
    text: str
    rows: dict[str, list[Panel]]
    variables: tuple[tuple[str, str, str, bool], ...] = (
        ("namespace", "Namespace", "label_values(networkx_mcp_build_info, namespace)", False),
        ("pod", "Pod", 'label_values(networkx_mcp_build_info{namespace="$namespace"}, pod)', True),
    )


def rate(metric: str, by: str, scope: str = POD) -> str:
    """A counter's rate per second, summed by labels."""
    return f"sum by ({by}) (rate({metric}{{{scope}}}{RATE}))"


def p95(metric: str, by: str, more: str = "") -> str:
    """The 95th percentile of a histogram."""
    return f"histogram_quantile(0.95, sum by ({by}, le) (rate({metric}_bucket{{{POD}{more}}}{RATE})))"
