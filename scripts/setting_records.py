"""Each setting of image/src/networkx_mcp/settings.py with all that is said of it there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic.fields import FieldInfo

from networkx_mcp.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Record:
    """One setting."""

    group: str
    name: str  # group.field
    variable: str  # of the environment
    default: Any
    about: str
    unit: str
    why: str
    value: str  # dotted path in the chart's values; "": it is none
    chart_default: Any  # as JSON has it
    schema: dict[str, Any]  # JSON schema of what the server takes


def _records() -> Iterator[Record]:
    for group, info in Settings.model_fields.items():
        model: Any = info.annotation
        schemas = model.model_json_schema()["properties"]
        field: FieldInfo
        for field_name, field in model.model_fields.items():
            told: Any = field.json_schema_extra
            in_pod = field.default if told["in_pod"] is None else told["in_pod"]
            yield Record(
                group=group,
                name=f"{group}.{field_name}",
                variable=f"NETWORKX_MCP_{group}_{field_name}".upper(),
                default=field.default,
                about=str(field.description),
                unit=told["unit"],
                why=told["why"],
                value=(told["value"] or f"{model.in_chart or group}.{camel(field_name)}") if told["chart"] else "",
                chart_default=list(in_pod) if isinstance(in_pod, tuple) else in_pod,
                schema={name: part for name, part in schemas[field_name].items() if name not in told},
            )


def camel(name: str) -> str:
    """A setting's name as a value's: upload_min_kib_per_second is uploadMinKiBPerSecond."""
    first, *rest = name.split("_")
    units = {"mb": "MB", "kib": "KiB"}
    return first + "".join(units.get(word, word.capitalize()) for word in rest)


RECORDS = tuple(_records())
