"""What must never come back from a server, and never be in its log."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from loadtests import call_outcomes
from loadtests.abuse.attack import Attack
from loadtests.abuse.attack_client import HttpAnswer, Reaction
from networkx_mcp import mcp_wire

#: Kept of all findings of one sentence.
_EXAMPLES = 5
#: Statuses above 500 that name a limit or a state: they are answers.
_NAMED = frozenset({503, 504, 507})
#: Outcomes that no malformed request may have: the server or a process below it failed.
_FAILED = frozenset({"internal", "unavailable"})
_INTERNAL_ERROR = -32603
#: What drives a terminal, hides or reorders text; JSON escapes only the first line of these.
UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def answer_findings(attack: Attack, told: Reaction, secrets: Iterable[str]) -> list[str]:
    """What is wrong with what came back; empty where all is well."""
    found = []
    if told.end == "late":
        found.append(f"no end within {attack.bound:g} s")
    if told.end == "closed" and attack.framed and not told.answers:
        found.append("closed without an answer")
    if len(told.answers) > attack.most:
        found.append(f"{len(told.answers)} answers to one request")
    for answer in told.answers:
        found += _one(answer)
    for secret in secrets:
        if secret.encode() in told.raw:
            found.append("a secret of another tenant")
    return found


def _one(answer: HttpAnswer) -> Iterator[str]:
    if answer.status >= 500 and answer.status not in _NAMED:
        yield f"HTTP {answer.status}"
    if "x-injected" in answer.headers:
        yield "a header of the caller's"
    if answer.status not in _NAMED and (code := _failure(answer.body)):
        yield f"{code} inside HTTP {answer.status}"
    if answer.headers.get("content-type", "").startswith("application/json") and answer.body:
        try:
            json.loads(answer.body)
        except ValueError:
            yield "an answer that is no JSON"


def _failure(body: bytes) -> str:
    """The error of an answer that tells of the server's own failure, in a JSON-RPC message or a document of /graphs."""
    try:
        found: Any = mcp_wire.parsed(body) or json.loads(body)
    except ValueError:
        return ""
    if not isinstance(found, dict):
        return ""
    error = found.get("error")
    if isinstance(error, dict):
        if error.get("code") == _INTERNAL_ERROR:
            return "internal"
        error = (error.get("data") or {}).get("error") if isinstance(error.get("data"), dict) else None
    elif isinstance(found.get("result"), dict) and found["result"].get("isError"):
        error = found["result"].get("_meta", {}).get(mcp_wire.ERROR_META, {}).get("error", "internal")
    return error if error in _FAILED else ""


def outcome_of(told: Reaction) -> tuple[str, str]:
    """(status, outcome) for the counts: the last answer's."""
    if not told.answers:
        return told.end, told.end
    last = told.answers[-1]
    if last.status < 300 and mcp_wire.parsed(last.body) is None:
        return str(last.status), "ok"
    outcome = call_outcomes.outcome(last.status, last.body)
    # The client's table of outcomes takes an unknown word for a failure; a status of the caller's is none.
    mistaken = outcome == "not_mcp" or (outcome == "internal" and not _failure(last.body) and last.status < 500)
    return str(last.status), "client_error" if mistaken else outcome


class Findings:
    """What was found, with a few examples each; empty: the server held."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = defaultdict(list)

    def add(self, sentence: str, example: str) -> None:
        """One more of a finding."""
        self.counts[sentence] += 1
        if len(self.examples[sentence]) < _EXAMPLES:
            self.examples[sentence].append(example)

    def as_dict(self) -> dict[str, Any]:
        """For the result."""
        return {
            sentence: {"count": count, "examples": self.examples[sentence]} for sentence, count in self.counts.items()
        }


def read_log(path: Path, secrets: Iterable[str], findings: Findings, begin: int = 0) -> dict[str, int]:
    """Every line of a log from byte `begin` on: one JSON object, nothing in it that drives a terminal, no secret, no failure. Counts by event."""
    events: Counter[str] = Counter()
    hidden = [secret.encode() for secret in secrets]
    with path.open("rb") as file:
        file.seek(begin)
        for number, line in enumerate(file, 1):
            for sentence in _line(line, hidden, events):
                findings.add(f"log: {sentence}", f"line {number}: {line[:300]!r}")
    return dict(events)


def _line(line: bytes, secrets: list[bytes], events: Counter[str]) -> Iterator[str]:
    if not line.endswith(b"\n"):
        return  # it is being written
    if any(secret in line for secret in secrets):
        yield "a secret"
    try:
        text = line[:-1].decode("utf-8")
        document = json.loads(text)
    except ValueError:
        yield "a line that is no JSON"
        return
    if UNSAFE.search(text):
        yield "a control character"
    if not isinstance(document, dict) or "event" not in document:
        yield "a line without an event"
        return
    events[str(document["event"])] += 1
    if document.get("level") in ("error", "critical"):
        yield f"{document['event']} at level {document['level']}"
    for name, value in document.items():
        if name != "exception" and any(UNSAFE.search(part) for part in _texts(value)):
            yield "a control character behind the escapes of JSON"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
