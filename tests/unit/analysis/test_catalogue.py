"""The catalogue knows every public function of networkx, and says of each what it is or why it is not there."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from collections import Counter
from typing import Any

import jsonschema
import pytest

from networkx_mcp.analysis import catalogue, catalogue_build, engine
from networkx_mcp.analysis.catalogue_discovery import discover
from networkx_mcp.analysis.catalogue_numpydoc import parse, sentence
from networkx_mcp.errors import NotFound

TABLE = catalogue_build.table()
built = functools.cache(catalogue_build.build)


def test_the_committed_catalogue_is_what_networkx_and_the_table_make() -> None:
    assert catalogue_build.encode(built()) == catalogue.PATH.read_bytes(), (
        "run python -m networkx_mcp.analysis.catalogue_build"
    )


def test_networkx_has_neither_more_nor_less_than_the_table() -> None:
    known = [*TABLE["include"], *(key for keys in TABLE["exclude"].values() for key in keys)]
    assert [key for key, count in Counter(known).items() if count > 1] == []
    found = set(discover())
    assert found - set(known) == set(), "networkx gained these: include them, or exclude them with a reason"
    assert set(known) - found == set(), "networkx lost these: take them out of catalogue_table.toml"


def test_what_the_table_says_of_an_algorithm_is_of_one_there_is() -> None:
    names = set(catalogue.algorithms())
    for section in ("graph", "synonyms", "tools", "results", "summaries"):
        assert set(TABLE[section]) - names == set(), section
    functions = {entry.function for entry in catalogue.algorithms().values()}
    assert set(TABLE["arguments"]) - names - functions == set()


def test_every_entry_is_complete() -> None:
    for entry in catalogue.algorithms().values():
        assert entry.summary, entry.name
        assert entry.graph in ("any", "directed", "undirected"), entry.name
        assert not re.search(r":\w+:`|``|\n", entry.summary + entry.returns), entry.name
        jsonschema.Draft202012Validator.check_schema(entry.schema())
        assert callable(engine.function(entry.name)), entry.name
        for argument in entry.arguments:
            assert argument.type in catalogue.SCHEMAS, (entry.name, argument.name)
            assert argument.type in catalogue.MEANINGS, (entry.name, argument.name)
            assert bool(argument.choices) == (argument.type in ("choice", "function")), (entry.name, argument.name)
            if argument.choices and argument.default is not None:
                assert argument.default in argument.choices, (entry.name, argument.name)


def test_names_are_networkx_s_own_and_aliases_lead_to_them() -> None:
    assert catalogue.get("pagerank").name == "pagerank"
    assert catalogue.get("nx.community.louvain_communities").name == "community.louvain_communities"
    assert catalogue.get("louvain_communities").name == "community.louvain_communities"
    assert catalogue.get("networkx.algorithms.dag.colliders").name == "dag.colliders"
    assert catalogue.get("information_centrality").name == "current_flow_closeness_centrality"
    assert catalogue.get(" PageRank ").name == "pagerank"
    # the name of one is not taken by the alias of another
    assert catalogue.get("diameter").name == "diameter"
    assert catalogue.get("approximation.diameter").name == "approximation.diameter"


def test_an_unknown_algorithm_is_told_with_the_nearest() -> None:
    with pytest.raises(NotFound, match=r"Did you mean pagerank") as error:
        catalogue.get("pagerankk")
    assert error.value.data["kind"] == "algorithm"
    assert error.value.data["nearest"][0] == "pagerank"
    for name in ("read_gml", "draw", "__class__", "os.system", ""):
        with pytest.raises(NotFound):
            catalogue.get(name)


def test_nothing_that_reads_writes_or_draws_is_offered() -> None:
    modules = {entry.module for entry in catalogue.algorithms().values()}
    assert not any(re.search(r"readwrite|convert|drawing|nx_|edgelist", module) for module in modules)


def test_a_schema_tells_what_an_argument_takes() -> None:
    schema = catalogue.get("shortest_path").schema()
    jsonschema.validate({"source": "a", "target": 3, "weight": None, "method": "dijkstra"}, schema)
    for wrong in ({"source": True}, {"source": 1.5}, {"method": "astar"}, {"sorce": 1}, {"weight": 3}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"s": "a"}, catalogue.get("maximum_flow").schema())


def test_a_call_is_one_line() -> None:
    assert catalogue.get("maximum_flow").signature() == 'maximum_flow(s, t, capacity="capacity", flow_func=null)'


def test_the_api_process_needs_no_networkx_for_it() -> None:
    code = (
        "import sys\n"
        "from networkx_mcp.analysis import catalogue, catalogue_search, catalogue_validate\n"
        "catalogue_search.search('max flow'); catalogue_validate.validate_arguments('pagerank', {})\n"
        "print(sorted({'networkx', 'numpy', 'scipy', 'matplotlib'} & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_path())
    assert run.stdout.strip() == "[]"


def _path() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_check_tells_by_its_exit_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    path = tmp_path / "catalogue.json"
    monkeypatch.setattr(catalogue_build, "PATH", path)
    monkeypatch.setattr(catalogue_build, "build", built)
    path.write_text("[]")
    assert catalogue_build.main(["--check"]) == 1
    assert path.read_text() == "[]"
    assert catalogue_build.main([]) == 0
    assert catalogue_build.main(["--check"]) == 0


def test_docstrings_are_read_as_numpydoc() -> None:
    doc = parse(
        """Does :func:`it`, *well* ``enough``.

        More on it [1]_.

        Parameters
        ----------
        G : graph
            A graph.

        source, target : nodes
            Two nodes. The path
            is between them.

            Another paragraph.
        **kwargs : anything

        Returns
        -------
        d : dict
            What was found.
        """
    )
    assert doc.summary == "Does it, *well* enough."
    assert doc.extended == "More on it ."
    assert doc.parameter("target").text == "Two nodes. The path is between them."
    assert doc.parameter("kwargs").type == "anything"
    assert doc.parameter("absent").text == ""
    assert doc.returns.startswith("d : dict What was found.")
    assert sentence("One. Two.", 100) == "One."
    assert sentence("word " * 50, 20) == "word word word…"
    assert parse(None).summary == parse("   ").summary == ""
