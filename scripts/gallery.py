"""Draw docs/gallery/ and write docs/gallery.md: pictures of the graphs in tests/server/questions/data, with the calls that made them.

The calls run as a server runs them, in this process. A picture is drawn anew where its call or the drawing changed: look at each before
it is committed. `--check` draws nothing and exits with 1 where the page differs from the calls below.
"""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx
from generated import settle

from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.task import on_graph
from networkx_mcp.analysis.tasks.draw_graph import draw_graph
from networkx_mcp.tools.draw_graph import DrawGraph

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.server.questions.catalogue import TOUR  # noqa: E402

PAGE, PICTURES = ROOT / "docs/gallery.md", ROOT / "docs/gallery"
DATA = ROOT / "tests/server/questions/data"

INTRO = """\
# Gallery

<!-- Written by scripts/gallery.py: change the calls there, then `make gallery`. -->

Pictures by `draw_graph`, each with its call. [Tools](tools.md#draw_graph) has all its arguments.
"""


@dataclass(frozen=True)
class Picture:
    """A file of docs/gallery, what it shows and the arguments of its call."""

    name: str
    heading: str
    says: str
    arguments: dict[str, Any]

    @property
    def file(self) -> str:
        return f"{self.name}.{self.arguments.get('format', 'png')}"


GALLERY = (
    Picture(
        "novel", "Communities", "Communities are found in the call, discs grow with the degree, edges with their weight.",
        next(arguments for tool, arguments in (step.call for step in TOUR) if tool == "draw_graph"),
    ),
    Picture(
        "novel-dark", "A measure, in the dark", "The darker theme; size and colour by betweenness.",
        {"graph_id": "novel", "color": "betweenness", "size": "betweenness", "theme": "dark", "title": "Who stands between the others",
         "format": "svg"},
    ),
    Picture(
        "airports", "A map", "Nodes with `lat` and `lon` stand on a map. Edges are faint where there are many.",
        {"graph_id": "airports", "color": "continent", "label": "city", "title": "Airports and their routes"},
    ),
    Picture(
        "way", "A path", "`highlight` takes a path as find_paths answers it.",
        {"graph_id": "airports", "highlight": ["KEF", "OSL", "ADD", "AKL"], "label": "city", "layout": "map",
         "title": "The way from Reykjavik to Auckland", "theme": "dark"},
    ),
    Picture(
        "employees", "A tree", "Who reports to whom: trees are drawn as trees.",
        {"graph_id": "employees", "color": "department", "label": "name", "layout": "tree", "title": "Who reports to whom",
         "format": "svg", "width": 1100},
    ),
    Picture(
        "meetings", "Two sides", "Both sides are in an order in which few edges cross.",
        {"graph_id": "meetings", "layout": "bipartite", "color": "side", "title": "Who met at which event", "format": "svg"},
    ),
    Picture(
        "matrix", "An adjacency matrix", "Rows stand by community and then by degree: a community is a square.",
        {"graph_id": "novel", "kind": "matrix", "color": "communities", "title": "The same novel as a matrix", "format": "svg"},
    ),
    Picture(
        "degrees", "Degrees", "How many nodes have how many edges.",
        {"graph_id": "imports", "kind": "degrees", "title": "How often modules import and are imported", "format": "svg"},
    ),
    Picture(
        "imports", "Some hundred nodes", "The modules of a library and their imports.",
        {"graph_id": "imports", "color": "communities", "size": "in_degree", "title": "What networkx imports of itself"},
    ),
    Picture(
        "large", "Two thousand nodes", "2,000 nodes and some 6,000 edges of a generator: ten groups and few edges between them.",
        {"graph_id": "large", "color": "communities", "labels": False, "title": "Ten groups", "width": 1000, "height": 720},
    ),
)  # fmt: skip


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _directed(name: str) -> nx.DiGraph[str]:
    return nx.DiGraph((row["source"], row["target"]) for row in _rows(name))


def graph(name: str) -> nx.Graph[Any]:
    """A graph of the gallery, from committed files or from a generator with a seed."""
    found: nx.Graph[Any]
    match name:
        case "novel":
            found = nx.les_miserables_graph()  # the sample of create_graph
        case "airports":
            found = _directed("routes")
            for row in _rows("airports"):
                place = {"lat": float(row["lat"]), "lon": float(row["lon"])}
                found.add_node(row["id"], city=row["city"], continent=row["continent"], **place)
        case "employees":
            found = nx.DiGraph()
            for row in _rows("employees"):
                found.add_node(row["employee"], name=row["name"], department=row["department"])
            found.add_edges_from((row["manager"], row["employee"]) for row in _rows("employees") if row["manager"])
        case "meetings":
            found = nx.Graph((row["woman"], row["event"]) for row in _rows("meetings"))
            events = {row["event"] for row in _rows("meetings")}
            nx.set_node_attributes(found, {node: "event" if node in events else "woman" for node in found}, "side")
        case "imports":
            found = _directed("imports")
        case _:
            chances = [[0.025 if i == j else 0.0006 for i in range(10)] for j in range(10)]
            found = nx.stochastic_block_model([200] * 10, chances, seed=1)
            found = nx.Graph(found.edges())
    return found


def draw(picture: Picture) -> dict[str, Any]:
    """The answer to the call of a picture."""
    loaded = LoadedGraph.from_networkx(graph(picture.arguments["graph_id"]))
    answer: dict[str, Any] = on_graph(draw_graph, loaded, DrawGraph(**picture.arguments).params())
    return answer


def page() -> str:
    """The document."""
    parts = [INTRO]
    for picture in GALLERY:
        call = json.dumps(picture.arguments, ensure_ascii=False)
        parts.append(
            f"## {picture.heading}\n\n{picture.says}\n\n```json\ndraw_graph {call}\n```\n\n![{picture.heading}](gallery/{picture.file})\n"
        )
    return "\n".join(parts)


def main() -> None:
    if "--check" not in sys.argv:
        PICTURES.mkdir(exist_ok=True)
        for old in PICTURES.iterdir():
            if old.name not in {picture.file for picture in GALLERY}:
                old.unlink()
        for picture in GALLERY:
            answer = draw(picture)
            (PICTURES / picture.file).write_bytes(answer["data"])
            print(f"{picture.file}: {len(answer['data']) // 1024} KiB", *answer["notes"], sep="; ")
    sys.exit(settle({PAGE: page()}, "scripts/gallery.py writes"))


if __name__ == "__main__":
    main()
