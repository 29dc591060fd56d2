"""What settings.py says of a setting is what the chart and its documents say; a new one needs no other file by hand."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from tests.chart.charts import CHART, ROOT

UNITS = {
    "_kib_per_second": "KiB/s",
    "_per_second": "requests/s",
    "_seconds": "s",
    "_mb": "MiB",
    "_kib": "KiB",
    "_ratio": "share",
}


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import chart_settings

    return chart_settings


def text(name: str) -> str:
    return (CHART / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("script", ["chart_settings.py", "settings_docs.py"])
def test_what_is_made_of_the_settings_is_up_to_date(script: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / script, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_setting_says_what_it_is_its_unit_and_why(generator: ModuleType) -> None:
    for record in generator.RECORDS:
        assert record.about, record.name
        assert record.why, record.name
        number = isinstance(record.default, int | float) and not isinstance(record.default, bool)
        assert bool(record.unit) or not number or record.name == "http.port", record.name
        suffix = next((suffix for suffix in UNITS if record.name.endswith(suffix)), None)
        assert suffix is None or record.unit == UNITS[suffix], record.name


def test_every_number_has_a_bound(generator: ModuleType) -> None:
    for record in generator.RECORDS:
        if record.schema.get("type") in ("integer", "number"):
            assert record.schema.keys() & {"minimum", "exclusiveMinimum"}, record.name


def test_a_reason_in_capacity_yaml_is_there(generator: ModuleType) -> None:
    there = yaml.safe_load((ROOT / "loadtests" / "capacity.yaml").read_text(encoding="utf-8"))["values"]
    named = [record for record in generator.RECORDS if record.why.endswith("of loadtests/capacity.yaml")]
    assert len(named) >= 10
    for record in named:
        assert there[record.why.split("`")[1]]["value"] == record.default, record.name


@pytest.mark.parametrize("after", ["limits.queue", "memory.protective_ratio", "http.connection_max_requests"])
def test_a_new_setting_gets_its_value_its_rule_and_its_variable(
    generator: ModuleType, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    group = after.partition(".")[0]
    place = next(number for number, record in enumerate(generator.RECORDS) if record.name == after) + 1
    new = dataclasses.replace(
        generator.RECORDS[0],
        group=group,
        name=f"{group}.dice_mb",
        variable=f"NETWORKX_MCP_{group.upper()}_DICE_MB",
        default=6,
        chart_default=7,
        about="Dice of a call, in MiB.",
        value=f"{group}.diceMB",
        schema={"type": "integer", "minimum": 1},
    )
    monkeypatch.setattr(generator, "RECORDS", (*generator.RECORDS[:place], new, *generator.RECORDS[place:]))
    before: dict[str, Any] = yaml.safe_load(text("values.yaml"))
    made = generator.values(text("values.yaml"))
    assert "  # -- Dice of a call, in MiB.\n  diceMB: 7\n" in made
    assert yaml.safe_load(made) == before | {group: before[group] | {"diceMB": 7}}
    schema = json.loads(generator.schema(text("values.schema.json")))["properties"][group]
    assert schema["properties"]["diceMB"] == {"type": "integer", "minimum": 1}
    assert "diceMB" in schema["required"]
    line = f"NETWORKX_MCP_{group.upper()}_DICE_MB: {{{{ toJson .Values.{group}.diceMB | quote }}}}"
    assert line in generator.environment("").splitlines()


def test_a_default_that_moves_moves_its_line_alone(generator: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = tuple(
        dataclasses.replace(record, chart_default=46) if record.name == "limits.connections" else record
        for record in generator.RECORDS
    )
    monkeypatch.setattr(generator, "RECORDS", moved)
    made = generator.values(text("values.yaml")).splitlines()
    assert [line for line in made if line not in text("values.yaml").splitlines()] == ["  connections: 46"]


def test_what_differs_is_named(
    tmp_path: Path, generator: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "templates").mkdir()
    for name in generator.FILES:
        (tmp_path / name).write_text(text(name), encoding="utf-8")
    changed = text("values.schema.json").replace('"minimum": 128', '"minimum": 64')
    (tmp_path / "values.schema.json").write_text(changed, encoding="utf-8")
    monkeypatch.setattr(generator, "CHART", tmp_path)
    monkeypatch.setattr(sys, "argv", ["chart_settings.py", "--check"])
    assert generator.main() == 1
    assert "chart/values.schema.json: not what settings.py says" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["chart_settings.py"])
    assert generator.main() == 0
    assert (tmp_path / "values.schema.json").read_text(encoding="utf-8") == text("values.schema.json")
