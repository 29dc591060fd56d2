"""Draw the panels of alerts/dashboards/*.json with matplotlib, from what a Prometheus answers to their queries.

The pictures are not Grafana: they show the panels' real query results, their units and their thresholds, without a
Grafana being at hand. Prometheus is reached through the API server, as the e2e tests reach it.

    scripts/dashboard_pictures.py --namespace graphs [--prometheus monitoring/prometheus:9090] [--minutes 30]
                                  [--out alerts/dashboards] [--note TEXT]
"""

from __future__ import annotations

import argparse
import io
import json
import math
import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
DASHBOARDS = ROOT / "alerts/dashboards"
COLOURS = {"green": "#3a9d4a", "yellow": "#d9a400", "red": "#cf2a2a", "text": "#222222"}
STEP_SECONDS = 10
#: Inches of a unit of Grafana's grid.
CELL_WIDTH, CELL_HEIGHT = 0.62, 0.3
LEGENDS = 5

Series = tuple[str, list[float], list[float]]
Ask = Callable[..., Any]


def filled(expression: str, namespace: str) -> str:
    """A panel's query with its variables filled in: one namespace, all pods, a rate over four scrapes and more."""
    filled = expression.replace("$namespace", namespace).replace("$pod", ".*")
    return filled.replace("$__rate_interval", "1m")


def asker(prometheus: str) -> Ask:
    """A function that asks Prometheus (NAMESPACE/SERVICE:PORT) through kubectl and returns `result`."""
    namespace, _, service = prometheus.partition("/")

    def ask(path: str, **query: str) -> Any:
        url = f"/api/v1/namespaces/{namespace}/services/{service}/proxy/api/v1/{path}?{urlencode(query)}"
        out = subprocess.run(("kubectl", "get", "--raw", url), check=True, capture_output=True, text=True).stdout
        return json.loads(out)["data"]["result"]

    return ask


def shown(value: float, unit: str) -> str:
    """A value in a Grafana unit."""
    if unit == "percentunit":
        return f"{100 * value:.4g} %"
    if unit == "bytes":
        return f"{value / 2**20:.4g} MiB"
    if unit == "bool_yes_no":
        return "yes" if value else "no"
    if unit == "dateTimeFromNow":
        return "none yet" if not value else f"{(time.time() - value / 1000) / 3600:.1f} h ago"
    ending = {"s": " s", "reqps": " req/s", "ops": " ops/s"}.get(unit, "")
    return f"{value:.4g}{ending}"


def name(legend: str, labels: dict[str, str]) -> str:
    """A legend with its labels filled in."""
    return re.sub(r"{{\s*(\w+)\s*}}", lambda match: labels.get(match[1], ""), legend).strip() or "value"


def series(panel: dict[str, Any], ask: Ask, namespace: str, minutes: float) -> list[Series]:
    """(name, times, values) of all queries of a panel over the last minutes."""
    end = time.time()
    found: list[Series] = []
    for target in panel["targets"]:
        query = filled(target["expr"], namespace)
        span = {"start": str(end - 60 * minutes), "end": str(end), "step": str(STEP_SECONDS)}
        for item in ask("query_range", query=query, **span):
            # A gap stays a gap.
            points = {float(at): float(value) for at, value in item["values"]}
            times = [min(points) + STEP_SECONDS * i for i in range(int((max(points) - min(points)) / STEP_SECONDS) + 1)]
            values = [points.get(at, math.nan) for at in times]
            found.append((name(target["legendFormat"], item["metric"]), times, values))
    return sorted(found, key=lambda item: -max((value for value in item[2] if not math.isnan(value)), default=0))


def thresholds(panel: dict[str, Any]) -> list[tuple[float, str]]:
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    return [(step["value"], COLOURS[step["color"]]) for step in steps if step["value"] is not None]


def draw_timeseries(axes: Axes, panel: dict[str, Any], found: list[Series], minutes: float) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    custom, unit = defaults.get("custom", {}), defaults["unit"]
    stacked = custom.get("stacking", {}).get("mode") == "normal"
    base: dict[float, float] = {}
    top = 0.0
    for place, (label, times, values) in enumerate(found):
        when = [datetime.fromtimestamp(at, UTC) for at in times]
        text = label if place < LEGENDS else f"and {len(found) - LEGENDS} more" if place == LEGENDS else None
        if stacked:
            low = [base.get(round(at), 0.0) for at in times]
            high = [a + (0 if math.isnan(b) else b) for a, b in zip(low, values, strict=True)]
            base |= {round(at): value for at, value in zip(times, high, strict=True)}
            axes.fill_between(when, low, high, alpha=0.75, linewidth=0, label=text)  # type: ignore[arg-type]
            values = high
        else:
            axes.plot(when, values, linewidth=1.1, label=text)  # type: ignore[arg-type]
        top = max([top, *(value for value in values if not math.isnan(value))])
    for value, colour in thresholds(panel):
        axes.axhline(value, color=colour, linestyle="--", linewidth=0.9)
    now = datetime.now(UTC)
    axes.set_xlim(now - timedelta(minutes=minutes), now)  # type: ignore[arg-type]
    axes.set_ylim(0, max(1.08 * top, custom.get("axisSoftMax", 0) or 0) or 1)
    axes.yaxis.set_major_formatter(lambda value, _: shown(value, unit))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M"))  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.tick_params(labelsize=6, length=2, colors="#555555")
    axes.grid(alpha=0.25, linewidth=0.5)
    if found:
        axes.legend(fontsize=5.5, loc="upper left", frameon=False, ncols=2, borderaxespad=0.1, handlelength=1)


def draw_stat(axes: Axes, panel: dict[str, Any], ask: Ask, namespace: str) -> None:
    axes.axis("off")
    for target in panel["targets"]:
        for item in ask("query", query=filled(target["expr"], namespace)):
            value = float(item["value"][1])
            colour = COLOURS[panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["color"]]
            for step, step_colour in thresholds(panel):
                colour = step_colour if value >= step else colour
            text = shown(value, panel["fieldConfig"]["defaults"]["unit"])
            axes.text(0.5, 0.4, text, fontsize=17, color=colour, ha="center", va="center")


def draw_table(axes: Axes, panel: dict[str, Any], ask: Ask, namespace: str) -> None:
    axes.axis("off")
    rows = [
        item["metric"] for target in panel["targets"] for item in ask("query", query=filled(target["expr"], namespace))
    ]
    columns = sorted({label for row in rows for label in row})
    lines = ["   ".join(f"{label:<34}" for label in columns)]
    lines += ["   ".join(f"{row.get(label, ''):<34}" for label in columns) for row in rows[:9]]
    axes.text(0.005, 0.95, "\n".join(lines), fontsize=7, va="top", family="monospace")


def picture(board: dict[str, Any], ask: Ask, namespace: str, minutes: float, note: str) -> bytes:
    """The PNG of a dashboard."""
    grid = [panel["gridPos"] for panel in board["panels"]]
    width, height = 24 * CELL_WIDTH, (max(place["y"] + place["h"] for place in grid) + 2.2) * CELL_HEIGHT
    figure = Figure(figsize=(width, height), dpi=80, facecolor="white")
    figure.text(0.006, 1 - 0.9 * CELL_HEIGHT / height, board["title"], fontsize=13, weight="bold")
    caption = f"Drawn with matplotlib from Prometheus' answers to the panels' queries; this is not Grafana. {note}"
    figure.text(0.006, 1 - 1.8 * CELL_HEIGHT / height, caption, fontsize=8, color="#555555")
    for panel in board["panels"]:
        place = panel["gridPos"]
        left, top = place["x"] * CELL_WIDTH / width, 1 - (place["y"] + 2.2) * CELL_HEIGHT / height
        if panel["type"] == "row":
            figure.text(left + 0.006, top - 0.8 * CELL_HEIGHT / height, panel["title"], fontsize=10, weight="bold")
            continue
        figure.text(left + 0.008, top - 0.62 * CELL_HEIGHT / height, panel["title"], fontsize=7.5, color="#222222")
        inner_left, inner_right, above, below = 0.62 / width, 0.15 / width, 0.85 * CELL_HEIGHT, 0.75 * CELL_HEIGHT
        box = (
            left + inner_left,
            top - (place["h"] * CELL_HEIGHT - below) / height,
            place["w"] * CELL_WIDTH / width - inner_left - inner_right,
            (place["h"] * CELL_HEIGHT - above - below) / height,
        )
        axes = figure.add_axes(box)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        if panel["type"] == "stat":
            draw_stat(axes, panel, ask, namespace)
        elif panel["type"] == "table":
            draw_table(axes, panel, ask, namespace)
        else:
            draw_timeseries(axes, panel, series(panel, ask, namespace, minutes), minutes)
    raw = io.BytesIO()
    figure.savefig(raw, format="png")
    small = io.BytesIO()
    # Few colours are enough for lines, and a third of the size.
    Image.open(raw).convert("RGB").quantize(96, method=Image.Quantize.MEDIANCUT).save(small, "png", optimize=True)
    return small.getvalue()


def main() -> int:
    """The command line. Returns the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--prometheus", default="monitoring/prometheus:9090")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--out", type=Path, default=DASHBOARDS)
    parser.add_argument("--note", default="")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for path in sorted(DASHBOARDS.glob("*.json")):
        board = json.loads(path.read_text(encoding="utf-8"))
        drawn = picture(board, asker(options.prometheus), options.namespace, options.minutes, options.note)
        (options.out / f"{path.stem}.png").write_bytes(drawn)
        print(f"{options.out / path.stem}.png: {len(drawn) // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
