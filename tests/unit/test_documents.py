"""What the documents state is what the results and the code say."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from networkx_mcp import __version__
from networkx_mcp.__main__ import _parser
from networkx_mcp.analysis.catalogue import algorithms
from networkx_mcp.settings import unknown_variables

ROOT = Path(__file__).resolve().parents[2]


def test_the_tables_of_the_documents_are_those_of_the_results() -> None:
    done = subprocess.run([sys.executable, str(ROOT / "scripts/readme_tables.py"), "--check"], check=False)
    assert done.returncode == 0, "run: make docs"


#: Variables that look like settings and are of the tests or the build.
VARIABLES_OF_OTHERS = {"NETWORKX_MCP_SWEEP", "NETWORKX_MCP_PURE", "NETWORKX_MCP_KERNEL_LIBRARY"}
#: What a person reads: the documents of the root, docs/, and what explains a directory.
DOCUMENTS = [
    *("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "alerts/README.md", "argocd/README.md"),
    *("benchmarks/README.md", "chart/README.md", "image/README.md", "loadtests/README.md", "tests/e2e/README.md"),
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").glob("*.md"))),
]
LINKED = [*DOCUMENTS, *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "alerts/runbooks").glob("*.md")))]


def wrong_links(document: Path) -> list[str]:
    """Links of a document into the repository that lead to no file, or to no heading of one."""
    wrong = []
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, anchor = target.partition("#")
        path = document.parent / name if name else document
        if not path.exists() or (anchor and anchor not in anchors(path)):
            wrong.append(target)
    return wrong


def anchors(document: Path) -> set[str]:
    """What GitHub calls the headings of a document: lower case, without punctuation, spaces as hyphens."""
    headings = re.findall(r"^#+ +(.+?) *$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", LINKED)
def test_links_within_the_repository_lead_somewhere(name: str) -> None:
    assert wrong_links(ROOT / name) == []


def test_a_link_to_a_missing_heading_or_file_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# One, two\n", encoding="utf-8")
    page = tmp_path / "page.md"
    links = ("other.md", "other.md#one-two", "#here", "other.md#three", "gone.md", "https://example.org/gone.md#x")
    page.write_text("## Here\n" + " ".join(f"[x]({link})" for link in links), encoding="utf-8")
    assert wrong_links(page) == ["other.md#three", "gone.md"]


@pytest.mark.parametrize("script", ["format_docs", "analyses_docs", "tool_docs", "algorithm_docs"])
def test_a_document_is_what_its_script_makes(script: str) -> None:
    done = subprocess.run([sys.executable, str(ROOT / f"scripts/{script}.py"), "--check"], check=False)
    assert done.returncode == 0


def test_every_format_that_is_read_has_a_section_with_its_options() -> None:
    from networkx_mcp.arrays.formats import RECORDS

    text = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
    for name, record in RECORDS.items():
        section = text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert record.about in section
        assert all(f"| `{option.name}` |" in section for option in record.options), name
        assert record.example in section


# --- commands


def commands(text: str) -> list[str]:
    """Lines that a reader types: those of the blocks for a shell, with what they go on with, without prompt and comment."""
    found = []
    for language, block in re.findall(r"^ *```(\w*)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
        lines = re.sub(r"\\\n\s*", " ", block).splitlines()
        if language == "console":
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        if language in ("console", "sh", ""):
            found += [line.strip().split("  #")[0] for line in lines if line.strip()]
    spans = re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return found + [span for span in spans if re.match(r"(make|python|networkx-mcp|scripts/\S+\.sh)\s", span)]


TARGETS = set(re.findall(r"^([\w./$()-]+):", (ROOT / "Makefile").read_text() + (ROOT / "loadtests/loadtests.mk").read_text(), re.MULTILINE))  # fmt: skip


def wrong(command: str) -> str | None:
    """What of a command the repository does not have; None where all is there."""
    try:
        words = [word for word in shlex.split(command) if not re.match(r"[A-Z_]+=", word)]
    except ValueError:  # it goes on on the next line, within quotes
        return None
    match words:
        case ["make", *targets]:
            lacking = {
                re.sub(r"^\.venv", "$(VENV)", target)
                for target in targets
                if target != "..." and not target.startswith("-")
            } - TARGETS
            return f"make has no {lacking}" if lacking else None
        case ["python", "-m", module, *_] if module.startswith(("loadtests", "networkx_mcp", "tests")):
            place = ROOT / ("image/src" if module.startswith("networkx_mcp") else ".") / module.replace(".", "/")
            return None if place.exists() or place.with_suffix(".py").exists() else f"no module {module}"
        case ["python", script, *_] if script.endswith(".py"):
            return None if (ROOT / script).exists() else f"no file {script}"
        case [program, *arguments] if re.search(r"(^|/)networkx-mcp$", program):
            return _refused(arguments)
        case [program, *_] if program.startswith("scripts/"):
            return None if (ROOT / program).exists() else f"no file {program}"
        case ["kubectl", "apply", "-k", directory, *_]:
            return None if (ROOT / directory / "kustomization.yaml").exists() else f"no kustomization in {directory}"
        case ["helm", "install" | "upgrade", _, chart, *options]:
            return None if (ROOT / chart / "Chart.yaml").exists() else f"no chart in {chart} {options}"
    return None


def _refused(arguments: list[str]) -> str | None:
    """What the command line says against arguments."""
    if not arguments or arguments[0] in ("--help", "--version") or "..." in arguments:
        return None
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            _parser().parse_args([argument.replace("[ARGUMENTS]", "") for argument in arguments])
    except SystemExit:
        # A sentence names a command without all that it needs.
        return None if "the following arguments are required" in said.getvalue() else said.getvalue()
    return None


@pytest.mark.parametrize("name", [name for name in LINKED if name != "CHANGELOG.md"])
def test_commands_are_those_of_the_repository(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert {command: said for command in commands(text) if (said := wrong(command))} == {}


@pytest.mark.parametrize(
    "command",
    [
        "make nothing",
        "python benchmarks/gone.py",
        "python -m loadtests.gone",
        "networkx-mcp fly",
        "scripts/gone.sh --help",
    ],
)
def test_a_command_of_what_is_not_there_is_noticed(command: str) -> None:
    for text in (f"```sh\n{command}\n```\n", f"```console\n$ {command}\n```\n", f"It is `{command}`."):
        assert [wrong(found) for found in commands(text)] != [None]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_settings_and_data_in_documents_are_such(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    if name != "CHANGELOG.md":
        named = set(re.findall(r"\bNETWORKX_MCP_[A-Z_]+[A-Z]\b", text)) - VARIABLES_OF_OTHERS
        assert unknown_variables(dict.fromkeys(named, "")) == {}
    for language, block in re.findall(r"^```(json|yaml|toml)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        # `tool {...}` is a call as a model makes it.
        data = re.sub(r"^[a-z_]+ (?=\{)", "", block) if language == "json" else block
        {"json": json.loads, "yaml": yaml.safe_load, "toml": tomllib.loads}[language](data)


# --- length and numbers


#: Words that people write and read, outside what scripts make.
MOST_WORDS = 15_000


def written(text: str) -> str:
    """A document without the parts that scripts make."""
    if re.search(r"<!-- Written by scripts/", text):
        return ""
    return re.sub(r"<!-- (?:table:\w+|guide) -->.*?<!-- end -->|\{%.*?%\}", "", text, flags=re.DOTALL)


def words(text: str) -> int:
    """How many words a text has: the bars of a table are none."""
    return len(re.findall(r"\S*\w\S*", text))


def test_the_documents_are_short() -> None:
    names = [name for name in DOCUMENTS if name not in ("CHANGELOG.md", "CONTRIBUTING.md", "chart/README.md")]
    texts = [written((ROOT / name).read_text(encoding="utf-8")) for name in names]
    texts.append((ROOT / "chart/README.md.j2").read_text(encoding="utf-8").replace("<!-- Written by", ""))
    assert sum(map(words, texts)) <= MOST_WORDS


def test_the_readme_is_read_in_five_minutes() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert words(written(text)) <= 900
    assert len(text.splitlines()) <= 135
    assert [command.split()[:2] for command in commands(text)[:2]] == [["make", "run"], ["make", "test"]]


def test_some_500_algorithms_are_about_as_many() -> None:
    assert round(len(algorithms()), -2) == 500
    for name in ("README.md", "image/README.md"):
        assert "some 500 algorithms" in " ".join((ROOT / name).read_text(encoding="utf-8").split())


def test_images_name_this_release() -> None:
    for name in DOCUMENTS:
        if name != "CHANGELOG.md":
            text = (ROOT / name).read_text(encoding="utf-8")
            assert set(re.findall(r"ghcr\.io/networkx-mcp/server:(\d[\w.]*)", text)) <= {__version__}, name
