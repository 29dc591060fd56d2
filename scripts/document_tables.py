"""Tables of README.md and docs/ that come from the code and the alerts; `readme_tables.py` writes them with those of the results."""

from __future__ import annotations

from pathlib import Path

import yaml
from loadtests import evidence
from tests.server.questions.catalogue import TOUR, tour_recorded
from tool_docs import tools as listed

ROOT = Path(__file__).resolve().parents[1]


#: What a person comes for, and the tools for it.
PURPOSES = {
    "make and change graphs": ("create_graph", "load_graph", "edit_graph", "derive_graph", "delete_graph"),
    "look into them, also in SQL": ("list_graphs", "describe_graph", "get_neighbors", "get_subgraph", "query_graph"),
    "find routes, groups and who matters": (
        "find_paths",
        "rank_nodes",
        "find_communities",
        "find_components",
        "partition_graph",
    ),
    "measure and compare": ("measure_graph", "compare_graphs"),
    "run any other algorithm": ("find_algorithms", "run_algorithm"),
    "draw": ("draw_graph",),
}


def tools() -> tuple[list[str], list[list[str]]]:
    """(header, rows): every tool by its purpose. Raises ValueError where one has none."""
    names = [tool["name"] for tool in listed()]
    if sorted(names) != sorted(name for some in PURPOSES.values() for name in some):
        raise ValueError("PURPOSES in scripts/document_tables.py does not name each tool once")
    rows = [
        [purpose, ", ".join(f"[`{name}`](docs/tools.md#{name})" for name in some)] for purpose, some in PURPOSES.items()
    ]
    return ["to", "the model calls"], rows


def short_limits() -> tuple[list[str], list[list[str]]]:
    """(header, rows): the five limits that a user meets first."""

    def of(path: str) -> str:
        return f"{evidence.chart(f'limits.{path}'):,.0f}"

    return ["of", "limit"], [
        ["a graph", f"{of('graphNodes')} nodes, {of('graphEdges')} edges, {of('graphMB')} MiB"],
        ["a call", f"{of('requestTimeoutSeconds')} s of computing, {of('toolBodyKiB')} KiB of arguments"],
        ["a file", f"{of('uploadMB')} MiB by upload"],
        ["a tenant", f"{of('tenantGraphs')} graphs, {of('tenantMB')} MiB stored"],
        ["a server", f"{of('connections')} requests at once, {of('queue')} more wait up to {of('queueTimeoutSeconds')} s; {of('memoryMB')} MiB of memory"],
    ]  # fmt: skip


def runbooks() -> tuple[list[str], list[list[str]]]:
    """(header, rows): every alert with its severities and its runbook, as docs/operate.md links them."""
    rule = yaml.safe_load((ROOT / "alerts" / "prometheusrule.yaml").read_text(encoding="utf-8"))
    alerts = [one for group in rule["spec"]["groups"] for one in group["rules"] if "alert" in one]
    rows = []
    for name in dict.fromkeys(alert["alert"] for alert in alerts):
        same = [alert for alert in alerts if alert["alert"] == name]
        summaries = dict.fromkeys(alert["annotations"]["summary"] for alert in same)
        severities = dict.fromkeys(alert["labels"]["severity"] for alert in same)
        link = f"[{name.removeprefix('NetworkxMcp')}](../alerts/runbooks/{name}.md)"
        rows.append([link, "; ".join(summaries), ", ".join(severities)])
    return ["runbook", "what happens", "severity"], rows


def session() -> str:
    """The calls of the tour that README.md shows, with the first lines of their answers."""
    calls = [
        f"{step.tool} {step.arguments}\n{_beginning(text, step.readme)}\n"
        for step, text in zip(TOUR, tour_recorded(), strict=True)
        if step.readme
    ]
    return "```text\n" + "\n".join(calls) + "```"


def _beginning(text: str, most: int) -> str:
    lines = text.splitlines()
    return "\n".join(lines if len(lines) <= most else [*lines[:most], f"... {len(lines) - most} more lines"])
