"""Everything that a token must not reach, tried: each tool with each of its arguments, each resource, prompt and route.

Nothing is listed here: tools, resources and prompts are what the server lists, routes are what the modules of the server
document. Each attempt is made twice, on the victim's graph and on an id of the same look that nobody has, and the two
answers must be alike to the byte but for the id: else the answer itself tells that the graph exists.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from loadtests.abuse import schema_values
from loadtests.abuse.judge import Findings
from loadtests.abuse.subject import Subject
from networkx_mcp import mcp_wire

#: Tokens that are good, of the other tenant; those that are not.
GOOD, BAD = ("bob", "reader"), ("expired", "revoked", "nobody", "invented")
VERBS = ("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS")
#: Differs between two answers whatever they say.
_PASSING = re.compile(rb'\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)|"(seconds|duration_ms|estimate_seconds)": ?[\d.e-]+')
#: So does the uid that each new graph draws.
_UID = re.compile(rb'(etag: "\d+-)\w{8}')
_NUMBER = re.compile(rb'"id": ?(1|null)')
_ROUTE = re.compile(r"^ +(GET|PUT|POST|DELETE|PATCH) +(/[^\s?]*)", re.MULTILINE)


@dataclass(frozen=True)
class Door:
    """One way to a graph. `ask` makes the request for a graph's id; a door that names no graph has `named` False."""

    name: str
    kind: str
    era: mcp_wire.Era | None
    method: str
    target: Any
    named: bool = True
    writes: bool = False
    touches: bool = True
    #: One document for all, so nobody is asked for a token.
    public: bool = False


@dataclass
class Probed:
    """What the prober came to."""

    attempts: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    doors: Counter[str] = field(default_factory=Counter)
    audited: Counter[str] = field(default_factory=Counter)
    findings: Findings = field(default_factory=Findings)


def documented_routes() -> list[str]:
    """Paths of /graphs, /admin and /view, from the modules that serve them."""
    from networkx_mcp.http import admin, transfer, viewer_page

    found = [path for module in (transfer, admin, viewer_page) for _, path in _ROUTE.findall(module.__doc__ or "")]
    for known in ("/archive", "/layout", "/view/"):
        assert any(known in path for path in found), "the modules no longer document their routes"
    return list(dict.fromkeys(found))


def doors(subject: Subject, thorough: bool) -> list[Door]:
    """All ways, as the server tells them now; `thorough`: with each optional argument, too."""
    found: list[Door] = []
    tools = subject.rpc("tools/list", {})[1]["result"]["tools"]
    prompts = subject.rpc("prompts/list", {})[1]["result"]["prompts"]
    templates = subject.rpc("resources/templates/list", {})[1]["result"]["resourceTemplates"]
    for era in mcp_wire.ERAS:
        for tool in tools:
            named = "graph_id" in tool["inputSchema"].get("properties", {})
            writes = not tool["annotations"]["readOnlyHint"]
            for argument in schema_values.every(tool, "") if thorough else ("",):
                name = f"{tool['name']} {argument}".strip()
                found.append(Door(name, "tool", era, "tools/call", (tool, argument), named, writes))
        for template in templates:
            for method in ("resources/read", "resources/subscribe", "resources/unsubscribe"):
                read = method == "resources/read"
                found.append(Door(method, "resource", era, method, template["uriTemplate"], touches=read))
            ref = {"type": "ref/resource", "uri": template["uriTemplate"]}
            found.append(Door("completion of a resource", "resource", era, "completion/complete", ref, touches=False))
        found += [Door(one["name"], "prompt", era, "prompts/get", one, touches=False) for one in prompts]
        lists = ("resources/list", "tools/list", "prompts/list", "resources/templates/list")
        found += [Door(method, "list", era, method, None, named=False, touches=False) for method in lists]
    for path in documented_routes():
        for verb in VERBS:
            named = "{" in path
            public = path.startswith("/view")
            writes = verb != "GET" and not public
            found.append(Door(f"{verb} {path}", "route", None, verb, path, named, writes, touches=False, public=public))
    return found


def _sent(door: Door, graph_id: str) -> tuple[str, str, bytes, dict[str, str]]:
    """(method, path, body, headers) of the request that goes through a door."""
    if door.era is None:
        path = door.target.replace("{id}", graph_id).replace("{tenant}", "a")
        body = b"a b\n" if door.method in ("PUT", "POST", "PATCH") else b""
        return door.method, f"{path}?format=edge-list", body, {}
    match door.kind:
        case "tool":
            tool, argument = door.target
            params = {"name": tool["name"], "arguments": schema_values.every(tool, graph_id)[argument]}
        case "resource" if door.method == "completion/complete":
            params = {"ref": door.target, "argument": {"name": "graph_id", "value": graph_id}}
        case "resource":
            params = {"uri": door.target.replace("{graph_id}", graph_id)}
        case "prompt":
            given = {argument["name"]: graph_id for argument in door.target.get("arguments", ())}
            params = {"name": door.target["name"], "arguments": given}
        case _:
            params = {}
    headers = mcp_wire.headers(door.era, door.method, params)
    return "POST", "/mcp", mcp_wire.message(door.era, door.method, params), headers


def probe(subject: Subject, thorough: bool = True) -> Probed:
    """Try everything. The server goes on after it."""
    subject.plant()
    before = subject.fingerprint()
    absent = f"secret-{secrets.token_hex(4)}"
    tokens = {**subject.tokens, "invented": "nmcp_" + secrets.token_urlsafe(32)}
    found = Probed()
    names: dict[str, str] = {}
    refused = 0
    everything = doors(subject, thorough)
    found.doors.update(door.kind for door in everything)
    _controls(subject, found)

    def ask(door: Door, who: str, graph_id: str) -> tuple[int, bytes, bytes]:
        nonlocal refused
        number = f"probe-{sum(found.attempts.values())}"
        method, path, body, headers = _sent(door, graph_id)
        status, answer, told = subject.exchange(
            method, path, body, None if who == "nobody" else tokens[who], {**headers, "X-Request-ID": number}
        )
        found.attempts[who] += 1
        found.statuses[f"{who} {status}"] += 1
        refused += status in (401, 403) or b'"forbidden"' in answer
        # Arguments that do not go together, or name no algorithm, are refused before anybody looks for the graph.
        early = any(word in answer for word in (b'"forbidden"', b'"invalid_input"', b'"kind":"algorithm"'))
        kept_out = status in (401, 403) or early
        if door.touches and door.named and not kept_out:
            names[number] = door.name
        for secret in subject.canaries:
            if secret.encode() in answer:
                found.findings.add("a secret of another tenant", f"{who}: {door.name}: {answer[:200]!r}")
        if not door.named and subject.foreign_id.encode() in answer:
            found.findings.add("the id of another tenant's graph", f"{who}: {door.name}: {answer[:200]!r}")
        return status, _UID.sub(rb"\1UID", told), _PASSING.sub(b"*", answer).replace(graph_id.encode(), b"ID")

    for door in everything:
        for who in GOOD:
            ids = (subject.foreign_id, absent) if door.named else (subject.foreign_id,)
            # A difference that a busy machine makes, such as a call that was shed, does not come twice.
            for last in (False, True):
                answers = []
                for graph_id in ids:
                    answers.append(ask(door, who, graph_id))
                    if door.writes:
                        _forget(subject, graph_id)
                if len(set(answers)) == 1:
                    break
                if last:
                    found.findings.add("an oracle of existence", f"{who}: {door.era} {door.name}: {answers}"[:900])
    alike: dict[tuple[str, bool], set[bytes]] = {}
    public: dict[str, set[bytes]] = {}
    # Without a good token the eras end at the same check.
    for door in [one for one in everything if thorough or one.era != mcp_wire.ERAS[1]]:
        for who in BAD:
            for graph_id in (subject.foreign_id, absent) if door.named else (subject.foreign_id,):
                status, _, answer = ask(door, who, graph_id)
                if door.public:
                    public.setdefault(door.method, set()).add(answer)
                elif status == 401 and door.method != "HEAD":
                    alike.setdefault((who, door.era is None), set()).add(_NUMBER.sub(b"", answer))
                elif status not in (401, 405):  # a method that no path of the mount knows
                    found.findings.add("served without a good token", f"{who}: {door.name}: {status}")
    for method, told in public.items():
        if len(told) > 1:
            found.findings.add("a page that differs by who asks, or for what", f"{method}: {len(told)} answers")
    for key, told in alike.items():
        if len(told) > 1:
            found.findings.add("refusals that differ by path", f"{key}: {told}"[:600])
    if subject.fingerprint() != before:
        found.findings.add("another tenant's graph changed", "")
    _audit(subject, names, refused, found)
    return found


def _controls(subject: Subject, found: Probed) -> None:
    """Ann herself reaches her graph by every tool that reads: what Bob is refused is there to be had."""
    for tool in subject.rpc("tools/list", {})[1]["result"]["tools"]:
        if "graph_id" in tool["inputSchema"].get("properties", {}) and tool["annotations"]["readOnlyHint"]:
            params = {"name": tool["name"], "arguments": schema_values.arguments(tool, subject.foreign_id)}
            told = subject.rpc("tools/call", params, token="ann")[1].get("result", {})
            facts = told.get("_meta", {}).get(mcp_wire.ERROR_META, {})
            if facts.get("error") == "not_found" or not told:
                found.findings.add("a tool that does not reach its owner's graph", f"{tool['name']}: {facts}")
    for era in mcp_wire.ERAS:
        uri = {"uri": f"graph://{subject.foreign_id}"}
        if subject.canaries[0] not in json.dumps(subject.rpc("resources/read", uri, "ann", era)[1]):
            found.findings.add("a resource that its owner does not reach", era)
    if subject.http("GET", f"/graphs/{subject.foreign_id}?format=node-link", token="ann")[0] != 200:
        found.findings.add("a route that its owner does not reach", "")


def _forget(subject: Subject, graph_id: str) -> None:
    """Bob may make a graph of any name of his own: it goes, so that the next attempt finds nothing."""
    subject.rpc(*mcp_wire.call("delete_graph", {"graph_id": graph_id}))


def _audit(subject: Subject, names: dict[str, str], refused: int, found: Probed) -> None:
    """Every attempt on a graph has its audit line; refusals under a flood are a sample and a number left out."""
    time.sleep(1.5)  # the valve of refusals opens, and tells with the next one how many it held back
    subject.http("GET", "/graphs", token="expired")
    until = time.monotonic() + 20
    while True:
        lines = list(_events(subject))
        told = [line for line in lines if line["event"] == "audit"]
        by_number = {line["correlation_id"] for line in told}
        missing = names.keys() - by_number
        refusals = [line for line in told if line["action"] in ("authenticate", "authorize")]
        counted = len(refusals) + sum(line.get("suppressed", 0) for line in refusals)
        if (not missing and counted >= refused) or time.monotonic() > until:
            break
        time.sleep(0.5)
    found.audited.update(line["action"] for line in told)
    found.audited["held back under a flood"] = counted - len(refusals)
    found.audited["attempts on a graph"] = len(names)
    found.audited["refused by token or scope"] = refused
    for number in sorted(missing):
        found.findings.add("an attempt without an audit line", f"{number}: {names[number]}")
    if counted < refused:
        found.findings.add("refusals that no audit line counts", f"{counted} of {refused}")
    ended = {line["correlation_id"] for line in lines if line["event"] == "mcp_request_end"}
    unlogged = {f"probe-{number}" for number in range(sum(found.attempts.values()))} - ended
    if unlogged:
        found.findings.add("an attempt without a record", f"{len(unlogged)}: {sorted(unlogged)[:5]}")


def _events(subject: Subject) -> Iterator[dict[str, Any]]:
    with subject.log.open("rb") as file:
        file.seek(subject.begin)
        for line in file:
            if line.endswith(b"\n"):
                yield json.loads(line)


def described(found: Probed) -> dict[str, Any]:
    """For the result."""
    return {
        "findings": found.findings.as_dict(),
        "attempts": dict(found.attempts),
        "statuses": dict(sorted(found.statuses.items())),
        "doors": dict(found.doors),
        "audit": dict(sorted(found.audited.items())),
    }
