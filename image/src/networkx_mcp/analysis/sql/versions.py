"""Which DuckDB answers, told without loading it: results that are kept belong to one version."""

from __future__ import annotations

from importlib.metadata import version

NAME = f"duckdb {version('duckdb')}"
