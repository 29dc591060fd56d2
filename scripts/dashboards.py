"""Write alerts/dashboards/*.json with Grafana's own builders, so that panels (dashboard_*.py) are reviewed as code.

Thresholds are read from alerts/prometheusrule.yaml: a panel turns yellow where the warning begins and red where the
critical alert does. The JSON is the classic model, which Grafana provisions from files. `--check` writes nothing and
exits with 1 when a file differs.
"""

from __future__ import annotations

import json
import math
import re
import sys
from functools import cache
from pathlib import Path

import yaml
from dashboard_graphs import GRAPHS_AND_ALGORITHMS
from dashboard_model import Board, Panel
from dashboard_overview import OVERVIEW
from generated import settle
from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BigValueGraphMode,
    DataSourceRef,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    GridPos,
    Threshold,
    ThresholdsMode,
    VariableRefresh,
    VariableSort,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "alerts/prometheusrule.yaml"
TARGET = ROOT / "alerts/dashboards"
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
COLOURS = {"warning": "yellow", "critical": "red"}
DASHBOARDS = {"overview": OVERVIEW, "graphs": GRAPHS_AND_ALGORITHMS}
WIDTH = 24
HEIGHT = 8
_COMPARISON = re.compile(r"(?:>=?|==)\s*([0-9][0-9. */]*)")


@cache
def _rules() -> list[dict[str, str]]:
    document = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return [rule for group in document["spec"]["groups"] for rule in group["rules"] if "alert" in rule]


def thresholds(alert: str) -> list[tuple[float, str]]:
    """(value, colour) of an alert's severities: the number that its expression compares with first."""
    found: list[tuple[float, str]] = []
    for rule in _rules():
        if rule["alert"] == alert:
            number = _COMPARISON.search(rule["expr"])
            assert number, f"{alert} compares with no number"
            value = 1.0
            for sign, factor in re.findall(r"([*/]?)\s*([0-9.]+)", number[1]):
                value = value / float(factor) if sign == "/" else value * float(factor)
            found.append((value, COLOURS[rule["labels"]["severity"]]))
    assert found, f"no alert {alert}"
    return sorted(found)


def _steps(panel: Panel) -> dashboard.ThresholdsConfig:
    below, steps = panel.below, list(panel.steps)
    if panel.alert:
        steps = [(value * panel.alert_scale, colour) for value, colour in thresholds(panel.alert)]
    first = Threshold(value=None, color=below)
    # Enough digits for any eye; the rest is noise of the division.
    rest = [Threshold(value=round(value, 6), color=colour) for value, colour in steps if math.isfinite(value)]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([first, *rest])


def _query(place: int, legend: str, expression: str) -> prometheus.Dataquery:
    return (
        prometheus.Dataquery().ref_id(chr(ord("A") + place)).datasource(SOURCE).expr(expression).legend_format(legend)
    )


def _timeseries(panel: Panel) -> timeseries.Panel:
    built = timeseries.Panel().fill_opacity(30 if panel.stacked else 8).line_width(1)
    if panel.stacked:
        built.stacking(common.StackingConfig().mode(StackingMode.NORMAL))
    if panel.alert or panel.steps:
        built.thresholds_style(common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED))
    if panel.maximum is not None:
        built.axis_soft_max(panel.maximum)
    legend = common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    built.legend(legend.show_legend(True)).min(0)
    for place, (name, expression) in enumerate(panel.queries.items()):
        built.with_target(_query(place, name, expression).range())
    return built


def _stat(panel: Panel) -> stat.Panel:
    built = stat.Panel().graph_mode(BigValueGraphMode.NONE)
    built.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
    for place, (name, expression) in enumerate(panel.queries.items()):
        built.with_target(_query(place, name, expression).instant())
    return built


def _table(panel: Panel) -> table.Panel:
    built = table.Panel()
    for place, (name, expression) in enumerate(panel.queries.items()):
        built.with_target(_query(place, name, expression).instant().format(PromQueryFormat.TABLE))
    return built


_KINDS = {"timeseries": _timeseries, "stat": _stat, "table": _table}


def _variables(board: Board) -> list[dashboard.QueryVariable | dashboard.DatasourceVariable]:
    source = dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")
    found: list[dashboard.QueryVariable | dashboard.DatasourceVariable] = [source]
    for name, label, query, everything in board.variables:
        variable = dashboard.QueryVariable(name).label(label).datasource(SOURCE).query(query)
        variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.ALPHABETICAL_ASC)
        if everything:
            variable.include_all(True).all_value(".*").multi(True)
        found.append(variable)
    return found


def render(board: Board) -> str:
    """The JSON of one dashboard."""
    built = dashboard.Dashboard(board.title).uid(board.uid).description(board.text).tags(["networkx-mcp"])
    built.timezone("browser").time("now-3h", "now").refresh("30s").tooltip(DashboardCursorSync.CROSSHAIR).editable()
    for variable in _variables(board):
        built.with_variable(variable)
    number, top = 0, 0
    for title, panels in board.rows.items():
        number += 1
        row = dashboard.Row(title).id(number).grid_pos(GridPos(h=1, w=WIDTH, x=0, y=top))
        built.with_row(row)
        top, left, tallest = top + 1, 0, 0
        for panel in panels:
            number += 1
            height = 4 if panel.kind == "stat" else HEIGHT
            if left + panel.width > WIDTH:
                top, left, tallest = top + tallest, 0, 0
            drawn = _KINDS[panel.kind](panel).id(number).title(panel.title).description(panel.text).unit(panel.unit)
            drawn.datasource(SOURCE).thresholds(_steps(panel)).grid_pos(GridPos(h=height, w=panel.width, x=left, y=top))
            built.with_panel(drawn)
            left, tallest = left + panel.width, max(tallest, height)
        top += tallest
    return json.dumps(built.build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def main() -> int:
    """The command line. Returns the exit status."""
    return settle({TARGET / f"{name}.json": render(board) for name, board in DASHBOARDS.items()}, "the panels say")


if __name__ == "__main__":
    sys.exit(main())
