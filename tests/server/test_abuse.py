"""The short form of loadtests/abuse on a real server: strangers who send anything, a tenant who tries every door of
another, and bombs beside a normal user. The long form and what it came to: loadtests/README.md."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Iterator

import pytest
from loadtests.abuse import holds, hostile_sql, malformed, mutants, neighbours, served_mutants, strikes, tenants
from loadtests.abuse.judge import Findings
from loadtests.abuse.subject import GRAPH, Subject, mint, revoke
from tests.helpers.server import Server, message

from networkx_mcp import mcp_wire
from networkx_mcp.arrays import arrow_messages
from networkx_mcp.store import archive

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Slow senders are told within the patience of the attackers; at its most talkative, so that all that can be logged is."""
    server = Server(
        tmp_path_factory.mktemp("abuse"),
        auth=True,
        log_level="debug",
        limits_body_timeout_seconds=12,
        memory_worker_mb=128,
    )
    people, entries = mint()
    server.write_tokens(entries)
    PEOPLE.update(people)
    with server:
        revoke(subject_of(server), server.tokens_dir / "tokens.json")
        yield server


PEOPLE: dict[str, str] = {}


def subject_of(server: Server) -> Subject:
    """The server with new secrets; its log from here on."""
    return Subject("127.0.0.1", server.port, server.pid, server.log_path, PEOPLE)


def test_malformed_requests_break_nothing_tell_nothing_and_leave_clean_logs(server: Server) -> None:
    outcome = asyncio.run(malformed.run(subject_of(server), 400, seed=1, batches=1, short=True))
    # How long an answer takes is judged in the long form.
    assert [found for found in outcome.findings.as_dict().items() if not found[0].startswith("no end")] == []
    assert outcome.sent == 400
    assert len(outcome.kinds) > 15
    assert outcome.callbacks == 0
    assert outcome.log_events["mcp_request_end"] > 250


def test_no_door_leads_to_another_tenant_s_graph_and_each_attempt_is_audited(server: Server) -> None:
    found = tenants.probe(subject_of(server), thorough=False)
    assert found.findings.as_dict() == {}
    assert found.doors["tool"] == 2 * len(message(server.rpc("tools/list", token=PEOPLE["bob"]))["result"]["tools"])
    assert found.attempts.keys() == {*tenants.GOOD, *tenants.BAD}
    assert found.audited["attempts on a graph"] > 50


def test_bytes_of_others_end_by_name_and_end_nobody_but_a_worker(server: Server) -> None:
    """Archives and files as they are sent, snapshots, logs and heads as somebody with a hand in the store leaves them."""
    subject = subject_of(server)
    outcomes = served_mutants.run(subject, server.directory / "data" / "graphs.sqlite3", seed=3, count=25)
    assert [finding for one in outcomes for finding in one.findings] == []
    assert {one.kind: sum(one.ends.values()) for one in outcomes} == dict.fromkeys(
        ("served snapshot", "served archive", "served arrow", "served parquet"), 25
    )
    assert outcomes[0].ends["graph_damaged"] > 15
    subject.call("describe_graph", graph_id="model")
    log = server.log_path.read_text(encoding="utf-8")
    assert "worker_no_sandbox" not in log
    assert "worker_task_failed" not in log


def test_an_archive_whose_offsets_point_outside_is_refused_by_name(server: Server) -> None:
    """Checksums hold, the first array of the snapshot begins at minus a billion: it aborted the API once."""
    subject = subject_of(server)
    before = subject.processes()
    found = archive.unpack(b"".join(mutants.sound_archive()))
    raw = bytearray(mutants.inflated(found.snapshot))
    *_, batch = (message for message in arrow_messages.messages(bytes(raw)) if message.kind == arrow_messages.RECORDS)
    first = len(raw) - batch.size - 8 + next(offset for offset, length in batch.buffers if length)
    raw[first : first + 4] = struct.pack("<i", -(10**9))
    parts = list(mutants.sound_archive())
    parts[6] = mutants.seal(bytes(raw))
    parts[4:6] = [struct.pack("<Q", len(parts[6])), archive.digest(parts[6])]
    status, told = subject.http("PUT", "/admin/tenants/b/graphs/tampered/archive", b"".join(parts), "operator")
    assert (status, json.loads(told)["error"], json.loads(told)["field"]) == (400, "invalid_input", "archive")
    assert subject.processes() == before


def test_bombs_end_by_name_and_the_user_beside_them_is_answered(server: Server) -> None:
    """No times here: they are measured by `python -m loadtests.abuse neighbours`."""
    subject = subject_of(server)
    stretches = {one.name: one for one in asyncio.run(neighbours.run(subject, 1.0, seed=1, files=False))}
    assert stretches.keys() == {"quiet before", *neighbours.LOUD, "quiet after"}
    named = {"ok", *(f"{kind} {end}" for kind in ("read", "edit", "analysis") for end in ("shed", "timeout"))}
    named |= {"analysis memory_limit"}
    for stretch in stretches.values():
        assert stretch.outcomes.keys() <= named, stretch.examples
        assert stretch.outcomes["ok"] > 0
        assert bool(stretch.bombs) == (stretch.name in neighbours.KINDS)
        assert stretch.latencies["witness"]
    for name in neighbours.FLOODS:  # analyses may wait for too long on a busy machine; of the rest nothing is shed
        assert not {"read shed", "edit shed"} & stretches[name].outcomes.keys(), stretches[name].examples
    # How much beside the bombs is for the long form: other tests take memory of the machine, too.
    assert stretches[neighbours.HOGS].allocated > 0
    assert stretches[neighbours.LIKE].allocated > 0
    assert not any("internal" in bomb for stretch in stretches.values() for bomb in stretch.bombs)
    subject.call("describe_graph", graph_id="busy")


def test_what_is_no_query_and_no_condition_is_refused_by_name(server: Server) -> None:
    """What wants too much is for the long form."""
    subject = subject_of(server)
    subject.plant()
    before = subject.processes()
    forbidden = [one for one in hostile_sql.calls(GRAPH) if one[2] == hostile_sql.REFUSED]
    assert len(forbidden) > 100
    for tool, arguments, _ in forbidden:
        told = subject.rpc(*mcp_wire.call(tool, arguments))[1]
        assert hostile_sql.outcome(told) == "invalid_input", arguments
    assert subject.processes() == before


@pytest.mark.parametrize("name", ["pipelining: GET /mcp", "chunks of one byte, no token", "bodies: lists in lists"])
def test_a_strike_takes_no_memory_and_is_answered_as_it_must_be(server: Server, name: str) -> None:
    """How long /health takes and the loop is held is judged in the long form."""
    (one,) = [strike for strike in strikes.STRIKES if strike.name == name]
    (held,) = asyncio.run(holds.run(subject_of(server), [one], Findings(), 2048))
    assert held.wrong == ""
    assert held.sent > 0
    assert held.health_asked > 0
    assert held.memory_peak_mib < 500  # 1 GiB where requests sent ahead are kept
