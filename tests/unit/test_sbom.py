"""The bill of materials is valid CycloneDX and holds what the image installs, no more and no less."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from scripts.sbom import bill, locked


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bill())
    return found


@pytest.mark.long
def test_it_is_valid(document: dict[str, Any]) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document)) is None


def test_it_holds_every_locked_distribution_with_hashes_and_licence(document: dict[str, Any]) -> None:
    components = {item["name"]: item for item in document["components"]}
    assert {name: item["version"] for name, item in components.items()} == {
        item.name: item.version for item in locked()
    }
    for item in components.values():
        assert item["licenses"], item["name"]
        assert item["externalReferences"][0]["hashes"], item["name"]


def test_everything_is_needed_by_something(document: dict[str, Any]) -> None:
    graph = {entry["ref"]: entry.get("dependsOn", []) for entry in document["dependencies"]}
    reached: set[str] = set()
    todo = [document["metadata"]["component"]["bom-ref"]]
    while todo:
        if (ref := todo.pop()) not in reached:
            reached.add(ref)
            todo += graph[ref]
    assert reached == graph.keys()


def test_the_same_lock_file_gives_the_same_bytes(document: dict[str, Any]) -> None:
    assert json.loads(bill()) == document
