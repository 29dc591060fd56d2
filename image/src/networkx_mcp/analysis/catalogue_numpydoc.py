"""A small reader of numpydoc docstrings: what the catalogue needs, and no more."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field

_SECTIONS = (
    "Parameters", "Other Parameters", "Returns", "Yields", "Raises", "Warns", "See Also", "Notes", "References",
    "Examples", "Example", "Warnings", "Warning", "Attributes", "Methods", "Note", "Usage",
)  # fmt: skip
_ROLE = re.compile(r":\w+:`~?([^`<]+?)(?:\s*<[^>]*>)?`")
_MARKUP = re.compile(r"``([^`]*)``|`([^`]*)`_?|\*\*([^*]+)\*\*")


@dataclass(slots=True)
class Parameter:
    """One line of Parameters: names, what stands behind the colon, and the text below."""

    names: list[str]
    type: str
    text: str


@dataclass(slots=True)
class Docstring:
    summary: str = ""
    #: Paragraphs between the summary and the first section.
    extended: str = ""
    parameters: list[Parameter] = field(default_factory=list)
    #: The first lines of Returns or Yields.
    returns: str = ""

    def parameter(self, name: str) -> Parameter:
        """The parameter of that name; an empty one where the docstring is silent."""
        return next((p for p in self.parameters if name in p.names), Parameter([name], "", ""))


def parse(text: str | None) -> Docstring:
    """Read a docstring. What does not follow numpydoc is left out, never an error."""
    lines = inspect.cleandoc(text or "").splitlines()
    sections: dict[str, list[str]] = {"": []}
    current = ""
    for number, line in enumerate(lines):
        following = lines[number + 1].strip() if number + 1 < len(lines) else ""
        title = line.strip()
        if title in _SECTIONS and following and set(following) <= {"-", "="}:
            current = title
            sections.setdefault(current, [])
        elif title and set(title) <= {"-", "="} and len(title) > 2:
            continue
        else:
            sections[current].append(line)
    head = _paragraphs(sections[""])
    doc = Docstring(summary=head[0] if head else "", extended=" ".join(head[1:]))
    for name in ("Parameters", "Other Parameters"):
        doc.parameters += _parameters(sections.get(name, []))
    returned = _paragraphs(sections.get("Returns") or sections.get("Yields") or [])
    doc.returns = " ".join(returned[:2])
    return doc


def _paragraphs(lines: list[str]) -> list[str]:
    blocks = re.split(r"\n\s*\n", "\n".join(lines).strip())
    kept = [block for block in blocks if not block.lstrip().startswith((">>>", "..", "::"))]
    return [plain(block) for block in kept if block.strip()]


def _parameters(lines: list[str]) -> list[Parameter]:
    found: list[Parameter] = []
    body: list[str] = []
    for line in [*lines, "end"]:
        head = re.match(r"^(\*{0,2}\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::\s*(.*))?$", line)
        if head and not line.startswith(" "):
            if found:
                found[-1].text = plain("\n".join(body).split("\n\n")[0])
            body = []
            names = [name.strip().lstrip("*") for name in head.group(1).split(",")]
            found.append(Parameter(names, plain(head.group(2) or ""), ""))
        else:
            body.append(line.strip())
    return found[:-1]


def plain(text: str) -> str:
    """Text without reStructuredText's markup, on one line."""
    text = _ROLE.sub(lambda m: m.group(1), text)
    text = _MARKUP.sub(lambda m: next(g for g in m.groups() if g is not None), text)
    text = re.sub(r"\[\d+\]_|\[\w+\]_", "", text)
    return re.sub(r"\s+", " ", text).strip()


def sentence(text: str, most: int) -> str:
    """The first sentence of `text`, at most `most` characters."""
    first = re.split(r"(?<=[.;])\s+(?=[A-Z\"'])", text, maxsplit=1)[0]
    return first if len(first) <= most else first[: most - 1].rsplit(" ", 1)[0] + "…"
