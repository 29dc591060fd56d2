"""The abuser's own parts: the same seed is the same attack, requests are as sound as they claim, and a judge that
is shown each fault tells it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest
from loadtests.abuse import (
    attackers,
    bombs,
    holds,
    hostile_values,
    malformed,
    neighbours,
    schema_values,
    shapes,
    strikes,
    tenants,
)
from loadtests.abuse.attack import Attack, World
from loadtests.abuse.attack_client import HttpAnswers, Reaction, Torn
from loadtests.abuse.judge import Findings, answer_findings, outcome_of, read_log
from loadtests.abuse.route_kinds import FORMATS

pytestmark = pytest.mark.long

LISTING = json.loads((Path(__file__).parents[2] / "server/tools/listing.json").read_text(encoding="utf-8"))
TOKENS = dict.fromkeys(("ann", "bob", "reader", "expired", "revoked", "operator"), "nmcp_x")
WORLD = World(
    "127.0.0.1:80", TOKENS, LISTING, [{"name": "p", "arguments": [{"name": "graph_id"}]}], "g", "secret-1",
    dict.fromkeys(FORMATS, b"a,b\n" * 20),
)  # fmt: skip


# --- attacks


def test_the_same_seed_makes_the_same_attacks_and_another_one_does_not() -> None:
    plans = [malformed.Plan(WORLD, 300, seed, short=True) for seed in (1, 1, 2)]
    one, again, other = ([plan.attack(number) for number in range(300)] for plan in plans)
    assert one == again
    assert one != other
    assert one == [plans[0].attack(number) for number in range(300)], "making one changes no other"


def test_every_kind_comes_and_what_is_constructed_comes_at_least_once() -> None:
    plan = malformed.Plan(WORLD, 1500, 3, short=True)
    made = [plan.attack(number) for number in range(1500)]
    assert {attack.name for attack in made if attack.kind == "smuggling"} >= {"CL and TE", "bare LF", "obs-fold"}
    assert len({attack.name for attack in made if attack.kind == "slowloris"}) == 5
    assert len({attack.kind for attack in made}) == len(malformed.KINDS) + 2


def test_what_calls_itself_framed_is_one_sound_request() -> None:
    plan = malformed.Plan(WORLD, 800, 4, short=True)
    for attack in filter(lambda attack: attack.framed, map(plan.attack, range(800))):
        head, gap, body = b"".join(attack.parts).partition(b"\r\n\r\n")
        assert gap
        lines = head.split(b"\r\n")
        assert re.fullmatch(rb"[A-Z]+ [\x21-\xff]+ HTTP/1.1", lines[0]), lines[0]
        assert all(re.fullmatch(rb"[!-9;-~]+: ?[\t\x20-\xff]*", line) for line in lines[1:]), head
        lengths = [int(line[15:]) for line in lines if line.lower().startswith(b"content-length:")]
        assert lengths == ([len(body)] if lengths else [])
        assert lengths or not body


@pytest.mark.parametrize("tool", LISTING, ids=lambda tool: tool["name"])
def test_arguments_made_from_a_schema_fit_it(tool: dict[str, Any]) -> None:
    for arguments in schema_values.every(tool, "g").values():
        jsonschema.validate(arguments, tool["inputSchema"])


def test_what_fills_a_body_fits_into_it() -> None:
    for value in (*(hostile_values.long_list(Random(seed)) for seed in range(8)), hostile_values.many_keys()):
        assert 400_000 < len(hostile_values.encode(value)) < 2**20 - 1000


def test_values_that_are_drawn_are_nobody_s_to_change() -> None:
    chance = Random(1)
    before = json.dumps(hostile_values.WRONG)
    for _ in range(500):
        drawn = hostile_values.hostile(chance)
        if isinstance(drawn, list):
            drawn.append(drawn)
    assert json.dumps(hostile_values.WRONG) == before


def test_entity_bombs_are_small_and_name_what_must_stay_hidden() -> None:
    made = bombs.xml("/tmp/leak", "http://127.0.0.1:1/")
    assert all(len(data) < 5 * 2**20 for data in made.values())
    assert b"file:///tmp/leak" in made["external file"]
    assert b"http://127.0.0.1:1/" in made["external subset"]


# --- answers


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_answers_are_read_however_they_arrive(step: int) -> None:
    raw = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"
    )
    parser = HttpAnswers()
    found = [one for at in range(0, len(raw), step) for one in parser.feed(raw[at : at + step])]
    assert [(one.status, one.body) for one in found] == [(200, b"ok"), (202, b"abcd"), (304, b"")]
    assert parser.rest == b""


@pytest.mark.parametrize("raw", [b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\nno header\r\n\r\n"])
def test_what_is_no_answer_is_told(raw: bytes) -> None:
    with pytest.raises(Torn):
        HttpAnswers().feed(raw)


ATTACK = Attack("kind", "name", (b"",))


def told(status: int, body: Any, kind: str = "application/json", **more: Any) -> Reaction:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n".encode()
    return Reaction(HttpAnswers().feed(head + data), head + data, 0.1, "answered", **more)


def message(**found: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, **found}


def failed(code: str) -> dict[str, Any]:
    return message(result={"isError": True, "_meta": {"networkx-mcp/error": {"error": code}}, "content": []})


@pytest.mark.parametrize(
    ("answer", "finding"),
    [
        (told(500, b"x", "text/plain"), "HTTP 500"),
        (told(502, b"x", "text/plain"), "HTTP 502"),
        (told(200, failed("internal")), "internal inside HTTP 200"),
        (told(200, failed("unavailable")), "unavailable inside HTTP 200"),
        (told(200, message(error={"code": -32603, "message": ""})), "internal inside HTTP 200"),
        (told(200, b"{"), "an answer that is no JSON"),
        (told(200, {"a": "my-secret"}), "a secret of another tenant"),
        (Reaction(end="late"), "no end within 30.5 s"),
        (Reaction(end="closed"), "closed without an answer"),
        (Reaction(2 * told(200, {}).answers, end="answered"), "2 answers to one request"),
    ],
)
def test_the_judge_tells_each_fault(answer: Reaction, finding: str) -> None:
    assert answer_findings(ATTACK, answer, ["my-secret"]) == [finding]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (told(200, failed("invalid_input")), "client_error"),
        (told(200, failed("not_found")), "not_found"),
        (told(200, failed("memory_limit")), "memory_limit"),
        (
            told(405, message(error={"code": -32600, "message": "", "data": {"error": "method_not_allowed"}})),
            "client_error",
        ),
        (told(503, {"error": "shed"}), "shed"),
        (told(200, {"graphs": []}), "ok"),
    ],
)
def test_named_refusals_are_no_faults(answer: Reaction, outcome: str) -> None:
    assert answer_findings(ATTACK, answer, []) == []
    assert outcome_of(answer) == (str(answer.answers[0].status), outcome)


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        (b'{"event":"e","x":"\x1b[31m"}\n', "log: a line that is no JSON"),
        (b'{"event":"e","x":"\xe2\x80\xae"}\n', "log: a control character"),
        (b'{"event":"e","x":"\\u001b"}\n', "log: a control character behind the escapes of JSON"),
        (b"plain\n", "log: a line that is no JSON"),
        (b"[]\n", "log: a line without an event"),
        (b'{"event":"e","x":"my-secret"}\n', "log: a secret"),
        (b'{"event":"e","level":"error"}\n', "log: e at level error"),
    ],
)
def test_a_log_is_read_line_by_line(tmp_path: Path, line: bytes, finding: str) -> None:
    path = tmp_path / "log"
    path.write_bytes(b'{"event":"fine","exception":"a\\nb"}\n' + line)
    findings = Findings()
    read_log(path, ["my-secret"], findings)
    assert finding in findings.counts
    clean = Findings()
    assert read_log(path, ["my-secret"], clean, begin=path.stat().st_size) == {}
    assert not clean.counts


# --- figures


def test_slopes_and_quantiles() -> None:
    assert malformed.slope([0, 10, 20], [1, 21, 41]) == pytest.approx(2)
    assert malformed.slope([0], [5]) == 0
    found = neighbours.quantiles([number / 1000 for number in range(1, 101)])
    assert (found["count"], found["p50_ms"], found["p99_ms"], found["max_ms"]) == (100, 51, 100, 100)


def test_the_ratio_is_of_the_same_run_and_by_kind_of_call() -> None:
    quiet, loud = neighbours.Stretch("quiet before"), neighbours.Stretch("CPU bombs")
    quiet.latencies = {"read": [0.001] * 50, "edit": [0.001] * 50, "analysis": [0.1] * 100, "witness": [0.1] * 100}
    loud.latencies = {"read": [0.002] * 50, "edit": [0.003] * 50, "analysis": [0.5] * 100, "witness": [0.9] * 100}
    found = neighbours.ratios([quiet, loud])
    assert {kind: found[f"{kind}: CPU bombs"] for kind in ("read", "edit", "analysis", "witness", "all")} == {
        "read": 2, "edit": 3, "analysis": 5, "witness": 9, "all": 5,
    }  # fmt: skip


def test_of_a_flood_is_told_who_was_shed() -> None:
    one, other = neighbours.Stretch("flood of reads"), neighbours.Stretch("quiet after")
    one.outcomes.update({"ok": 8, "edit shed": 1, "read timeout": 1})
    one.bombs.update({"get_neighbors: shed": 70, "get_neighbors: ok": 20, "get_neighbors: under way": 10})
    assert neighbours.sheds([one, other]) == {
        "flood of reads: user calls": 10, "flood of reads: user shed": 1,
        "flood of reads: flood calls": 100, "flood of reads: flood shed": 70,
    }  # fmt: skip


def test_bombs_do_not_repeat_themselves_where_answers_are_kept() -> None:
    made: Callable[[], Any] = attackers.memory_bombs
    drawn = [json.dumps(arguments) for _, (_, arguments) in zip(range(9), made(), strict=False)]
    assert len(set(drawn)) == 9


def test_routes_come_from_the_modules_that_serve_them() -> None:
    routes = tenants.documented_routes()
    assert {"/graphs", "/graphs/{id}", "/admin/tenants/{tenant}/graphs/{id}/archive", "/admin/drain"} <= set(routes)


def test_a_strike_that_held_the_loop_is_found_and_one_that_did_not_is_none() -> None:
    good = holds.Held("x", 1, 20, 0.9, 0, 0.25, 500.0, 10.0, 0.0, "")
    assert list(good.findings(2048)) == []
    for worse in (
        {"health_slowest_seconds": 1.1},
        {"holds": 1},
        {"memory_peak_mib": 2049.0},
        {"kernel_peak_mib": 500.0},
        {"wrong": "503"},
    ):
        assert len(list(dataclasses.replace(good, **worse).findings(2048))) == 1  # type: ignore[arg-type]


def test_every_shape_is_a_mebibyte_in_every_place_and_both_eras() -> None:
    world = World("h", {"bob": "t"}, [], [], "g", "f", {})
    for shape, value in shapes.values().items():
        assert 0.9 * shapes.SIZE < len(value) <= shapes.SIZE + 16, shape
        made = list(shapes.bodies(world, shape, "bob"))
        assert len({name for name, _ in made}) == 12
        assert all(len(request) < 1024 * 1024 + 1024 and value in request for _, request in made)


def test_strikes_have_names_of_their_own() -> None:
    assert len({one.name for one in strikes.STRIKES}) == len(strikes.STRIKES)
