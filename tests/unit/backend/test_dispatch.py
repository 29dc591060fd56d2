"""How networkx finds the backend, and what the backend tells it."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import networkx as nx
import pytest
from networkx.utils.backends import _registered_algorithms

from networkx_mcp.backend.graph import Graph
from networkx_mcp.backend.info import DISPATCHED, get_info
from networkx_mcp.backend.interface import backend_interface
from networkx_mcp.backend.kernel import FIRST, LAST, kernel, kernels

NAME = "networkx_mcp"
ROOT = Path(__file__).resolve().parents[3]
KARATE = nx.karate_club_graph()


def test_it_is_installed_under_its_name() -> None:
    for group in ("networkx.backends", "networkx.backend_info"):
        assert [entry.name for entry in entry_points(group=group)].count(NAME) == 1
    assert nx.utils.backends._load_backend(NAME) is backend_interface


def test_the_info_names_what_there_is_and_says_it_in_networkx_s_docs() -> None:
    assert len(DISPATCHED) > 80
    assert set(get_info()["functions"]) == set(DISPATCHED)
    for name in DISPATCHED:
        assert callable(getattr(backend_interface, name))
        assert NAME in _registered_algorithms[name].__doc__
    assert "1e-9" in nx.pagerank.__doc__
    assert not hasattr(backend_interface, "density")  # networkx's name for dispatch is that of bipartite.density


def test_parameters_of_kernels_are_networkx_s_with_the_same_defaults() -> None:
    import inspect

    for path, found in kernels().items():
        name = path.rpartition(".")[2]
        if name in DISPATCHED:
            theirs = inspect.signature(_registered_algorithms[name].orig_func).parameters
            for entry in found:
                for key, parameter in entry.parameters.items():
                    assert parameter.default == theirs[key].default, f"{name}: {key}"


def test_importing_networkx_or_the_backend_loads_no_server() -> None:
    script = (
        "import sys, networkx as nx\n"
        "assert not {'numpy', 'scipy', 'pyarrow'} & set(sys.modules), 'by networkx alone'\n"
        f"assert nx.shortest_path(nx.path_graph(3), 0, backend={NAME!r})[2] == [0, 1, 2]\n"
        "server = {'starlette', 'mcp', 'pydantic', 'uvicorn', 'redis', 'prometheus_client', 'opentelemetry',"
        " 'httpx', 'matplotlib', 'networkit', 'jwt', 'pythonjsonlogger'}\n"
        "rooms = {name.split('.')[1] for name in sys.modules if name.startswith('networkx_mcp.')}\n"
        "print(sorted(server & set(sys.modules)), sorted(rooms - {'arrays', 'backend', 'errors', 'platform'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] []"


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("clustering", {"weight": "weight"}, "weight"),
        ("triangles", {"nodes": [1]}, "nodes"),
        ("bridges", {"root": 1}, "root"),
        ("single_source_dijkstra", {"source": 0, "weight": lambda u, v, d: 1}, "function"),
        ("minimum_spanning_edges", {"ignore_nan": True}, "ignore_nan"),
        ("maximum_flow", {"_s": 0, "_t": 1, "flow_func": nx.algorithms.flow.edmonds_karp}, "flow_func"),
        ("louvain_communities", {"max_level": 3}, True),
        ("density", {}, "not implemented"),
        ("pagerank", {}, True),
        ("minimum_spanning_edges", {"keys": True, "data": False}, True),
    ],
)
def test_can_run_says_why_not(name: str, options: dict[str, object], reason: object) -> None:
    found = backend_interface.can_run(name, (KARATE,), options)
    assert found is reason if reason is True else str(reason) in str(found)


def test_can_run_looks_at_the_graph() -> None:
    assert "parallel" in backend_interface.can_run("pagerank", (nx.MultiGraph(),), {})
    assert "undirected" in backend_interface.can_run("transitivity", (nx.DiGraph(),), {})


def test_should_run_weighs_the_conversion() -> None:
    small, large = nx.path_graph(3), nx.path_graph(30_000)
    assert "converting" in backend_interface.should_run("betweenness_centrality", (small,), {})
    assert backend_interface.should_run("betweenness_centrality", (large,), {}) is True
    assert "converting" in backend_interface.should_run("number_of_selfloops", (large,), {})
    assert backend_interface.should_run("number_of_selfloops", (Graph.of(small),), {}) is True
    nx.pagerank(small, backend=NAME)  # now networkx holds the conversion
    assert backend_interface.should_run("betweenness_centrality", (small,), {}) is True


def test_what_is_known_without_the_kernels_is_what_they_say() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts" / "backend_functions.py", "--check"], check=False)
    assert done.returncode == 0, "run: make docs"


def test_every_function_that_networkx_dispatches_was_measured() -> None:
    """A new one: `python benchmarks/backend.py --only NAME --out benchmarks/results/backend.json`, then `make docs`."""
    rows = json.loads((ROOT / "benchmarks/results/backend.json").read_text(encoding="utf-8"))["milliseconds"]
    assert {row["function"] for row in rows} == set(DISPATCHED)


def test_a_conversion_pays_from_the_size_on_from_which_it_was_faster() -> None:
    rows = json.loads((ROOT / "benchmarks/results/backend.json").read_text(encoding="utf-8"))["milliseconds"]
    for name, found in DISPATCHED.items():
        if name == "leiden_communities":
            assert found.pays_from == 0  # networkx has none
            continue
        both = [row for row in rows if row["function"] == name and row["networkx"] and row["with_conversion"]]
        slower = [row["elements"] for row in both if row["with_conversion"] >= row["networkx"]]
        if found.pays_from is None:
            assert both[-1]["elements"] in slower, name
        else:
            assert max(slower, default=0) < found.pays_from, name


def test_kernels_of_one_function_are_tried_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("networkx_mcp.backend.kernel._KERNELS", {})
    monkeypatch.setattr("networkx_mcp.backend.kernels.load", lambda: None)
    for order in (LAST, 0, FIRST):
        kernel("dice", engine=str(order), order=order)(lambda graph: graph)
    assert [entry.engine for entry in kernels.__wrapped__()["dice"]] == ["-1", "0", "1"]


def test_compiled_kernels_come_first_but_those_of_deep_graphs() -> None:
    for path, found in kernels().items():
        modules = [entry.function.__module__.rpartition(".")[2] for entry in found]
        if len(modules) > 1:
            deep = modules[-1] == "compiled_distances"
            assert [module.startswith("compiled_") for module in modules] == [not deep, deep], path


def test_backend_priority_takes_large_graphs_to_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    original = backend_interface.pagerank
    monkeypatch.setattr(backend_interface, "pagerank", lambda *a, **k: asked.append(a) or original(*a, **k))
    large = nx.barabasi_albert_graph(3_000, 3, seed=1)
    with nx.config(backend_priority=[NAME]):
        found = nx.pagerank(large)
        assert len(asked) == 1
        assert nx.pagerank(KARATE) == nx.pagerank(KARATE, backend="networkx")
        assert len(asked) == 1  # too small to convert
        assert nx.square_clustering(large.subgraph(range(9)))  # networkx's
    assert found == pytest.approx(nx.pagerank(large), rel=1e-9)


def test_a_graph_of_the_backend_needs_no_configuration_and_falls_back_when_told() -> None:
    graph = Graph.of(KARATE)
    assert nx.pagerank(graph) == pytest.approx(nx.pagerank(KARATE), rel=1e-9)
    with pytest.raises(NotImplementedError):
        nx.square_clustering(graph)
    with nx.config(fallback_to_nx=True):
        assert nx.square_clustering(graph) == nx.square_clustering(KARATE)


def test_conversions_are_cached_by_networkx(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = nx.path_graph(5)
    made = []
    original = Graph.of.__func__  # type: ignore[attr-defined]
    monkeypatch.setattr(Graph, "of", classmethod(lambda cls, *a, **k: made.append(1) or original(cls, *a, **k)))
    with nx.config(warnings_to_ignore={"cache"}):
        nx.degree_centrality(graph, backend=NAME)
        nx.degree_centrality(graph, backend=NAME)
        assert len(made) == 1
        graph.add_edge(0, 4)  # forgets it
        assert nx.degree_centrality(graph, backend=NAME) == nx.degree_centrality(graph)
        assert len(made) == 2
