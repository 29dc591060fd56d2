"""`python -m loadtests.abuse COMMAND`: abuse of a real server, judged. `make abuse` runs all.

    requests     malformed requests by the ten thousand: no crash, no 500, no growth, no leak, clean logs
    tenants      every tool, route, resource and prompt with tokens that must not reach a graph
    foreign      mutated snapshots, archives, Arrow and Parquet files, read as the server reads them, and sent to one
    neighbours   bombs of memory, CPU and results, and floods, beside a normal user
    holds        cheap bytes that would hold the event loop, take its memory, sockets or descriptors

The exit code is 1 where something was found. Results go to loadtests/results/abuse-COMMAND.json.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loadtests import results
from loadtests.abuse import holds as holding
from loadtests.abuse import malformed, served_mutants
from loadtests.abuse import mutant_reads as mutated
from loadtests.abuse import neighbours as beside
from loadtests.abuse import tenants as probing
from loadtests.abuse.judge import Findings
from loadtests.abuse.strikes import STRIKES
from loadtests.abuse.subject import AbuseTarget
from loadtests.results import Result
from loadtests.targets import LoadTarget

#: The soft limit of many machines.
FEW_DESCRIPTORS = 1024
SEED = 20261124
VICTIM = "two tenants; the victim's graph of 65 nodes holds five secrets"


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.abuse", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--store", choices=("embedded", "shared"), default="embedded")
    common.add_argument("--set", action="append", default=[], help="further setting of the server: name=value")
    common.add_argument("--seed", type=int, default=SEED)
    common.add_argument("--name", default="", help="name of the result; otherwise abuse-COMMAND")
    common.add_argument("--note", default="", help="the state of the machine, in words")
    common.add_argument("--out", type=Path, default=results.RESULTS)
    made = commands.add_parser("requests", parents=[common], help="malformed requests")
    made.add_argument("--count", type=int, default=100_000)
    made.add_argument("--batches", type=int, default=malformed.BATCHES, help="measurements of memory")
    made.add_argument("--minutes", type=float, default=600, help="no new batch after so many")
    made.add_argument("--only", type=int, help="one attack by its number, and what was answered")
    made = commands.add_parser("foreign", parents=[common], help="mutated bytes of others")
    made.add_argument("--count", type=int, default=100_000, help="mutants, of all kinds together")
    made.add_argument("--served", type=int, default=500, help="of each kind that go to a real server, too")
    made = commands.add_parser("neighbours", parents=[common], help="bombs and floods beside a normal user")
    made.add_argument("--seconds", type=float, default=60, help="of each stretch")
    made.add_argument(
        "--only", default="", help="the bombs and floods whose name contains this; the result is not kept"
    )
    made = commands.add_parser("holds", parents=[common], help="what would hold the event loop")
    made.add_argument("--only", default="", help="the strikes whose name contains this")
    commands.add_parser("tenants", parents=[common], help="a prober of another tenant's graphs")
    return parser


@contextmanager
def target(options: argparse.Namespace, descriptors: int | None = None, **settings: str) -> Iterator[AbuseTarget]:
    """A server of its own; the settings of the command line come last."""
    settings |= dict(item.split("=", 1) for item in options.set)
    with (
        tempfile.TemporaryDirectory(prefix="nmcp-abuse-") as directory,
        few(AbuseTarget(Path(directory), options.store, settings), descriptors) as live,
    ):
        yield live


def few(made: AbuseTarget, descriptors: int | None) -> AbuseTarget:
    """A target whose server may have so many file descriptors."""
    made.descriptors = descriptors
    return made


def save(options: argparse.Namespace, live: LoadTarget, started: str, load: float, dataset: str, **more: Any) -> Path:
    """Write the result with the frame that all results have."""
    commit, dirty = options.tree
    made = Result(
        kind="abuse",
        name=options.name or f"abuse-{options.command}",
        command=results.command(),
        commit=commit,
        dirty=dirty,
        started=started,
        finished=results.now(),
        machine=results.machine(load),
        versions=results.versions(),
        target=live.facts(),
        dataset=dataset,
        seed=options.seed,
        repeats=1,
        note=options.note,
        **more,
    )
    return results.save(made, options.out)


def requests(options: argparse.Namespace) -> int:
    """Malformed requests."""
    started, load = results.now(), os.getloadavg()[0]
    with target(options, log_level="debug") as live:
        outcome = asyncio.run(
            malformed.run(
                live.subject(),
                options.count,
                options.seed,
                batches=options.batches,
                only=options.only,
                minutes=options.minutes,
            )
        )
        found = malformed.described(outcome, options.seed)
        if options.only is None:
            summary = {
                "sent": float(outcome.sent),
                "findings": float(sum(outcome.findings.counts.values())),
                "seconds": round(outcome.seconds, 1),
                "memory_mib_per_10000": outcome.slopes["memory_mib"],
                "slowest_seconds": max(counts.slowest_seconds for counts in outcome.kinds.values()),
            }
            print(save(options, live, started, load, VICTIM, summary=summary, abuse=found))
        else:
            print(json.dumps(found, indent=1))
    return judged(outcome.findings)


def tenants(options: argparse.Namespace) -> int:
    """Every door, with tokens that must not pass."""
    started, load = results.now(), os.getloadavg()[0]
    with target(options) as live:
        found = probing.probe(live.subject())
        summary = {
            "attempts": float(sum(found.attempts.values())),
            "findings": float(sum(found.findings.counts.values())),
        }
        told = probing.described(found)
        print(save(options, live, started, load, VICTIM, summary=summary, abuse=told))
    return judged(found.findings)


def neighbours(options: argparse.Namespace) -> int:
    """Bombs beside a normal user. A missed aim is told, not a failure: the machine is shared with the client."""
    started, load = results.now(), os.getloadavg()[0]
    with target(options) as live:
        stretches = asyncio.run(beside.run(live.subject(), options.seconds, options.seed, only=options.only))
        summary = beside.ratios(stretches) | beside.sheds(stretches)
        told = {"aim": beside.AIM, "stretches": {one.name: one.summary() for one in stretches}}
        dataset = "a graph of 65 nodes that is read and one that is edited; the attacker's path of 5,000 nodes and 200 dense nodes"
        if not options.only:
            print(save(options, live, started, load, dataset, summary=summary, abuse=told))
    print(json.dumps({**summary, **told}, indent=1))
    return 0


def holds(options: argparse.Namespace) -> int:
    """Cheap bytes, judged by /health, by loop lag and by memory."""
    started, load = results.now(), os.getloadavg()[0]
    findings, held = Findings(), []
    chosen = [one for one in STRIKES if options.only in one.name]
    for descriptors in (None, FEW_DESCRIPTORS):
        strikes = [one for one in chosen if one.few is (descriptors is not None)]
        if not strikes:
            continue
        with target(options, descriptors) as live:
            memory = float(live.settings.get("limits_memory_mb", "2048"))
            held += asyncio.run(holding.run(live.subject(), strikes, findings, memory))
    summary = {
        "strikes": float(len(held)),
        "findings": float(sum(findings.counts.values())),
        "sent": float(sum(one.sent for one in held)),
        "health_slowest_seconds": max(one.health_slowest_seconds for one in held),
        "holds": float(sum(one.holds for one in held)),
        "memory_peak_mib": max(one.memory_peak_mib for one in held),
    }
    told = {"strikes": [dataclasses.asdict(one) for one in held], "findings": findings.as_dict()}
    print(save(options, live, started, load, VICTIM, summary=summary, abuse=told))
    return judged(findings)


def foreign(options: argparse.Namespace) -> int:
    """Bytes of others, changed on purpose."""
    started, load = results.now(), os.getloadavg()[0]
    outcomes = mutated.run_all(options.seed, options.count, os.cpu_count() or 1)
    with target(options) as live:
        outcomes += served_mutants.run(live.subject(), live.directory / "store.sqlite3", options.seed, options.served)
        told = mutated.described(outcomes, options.seed)
        summary = {
            "mutants": float(sum(one.count for one in outcomes)),
            "findings": float(sum(len(one.findings) for one in outcomes)),
            "slowest_seconds": round(max(one.slowest_seconds for one in outcomes), 3),
        }
        dataset = (
            "graphs of 0 to 40 nodes and tables of 60 rows, in 5 snapshots, 5 archives, 23 Arrow and 17 Parquet files"
        )
        print(save(options, live, started, load, dataset, summary=summary, abuse=told))
    for one in outcomes:
        print(*one.findings, sep="\n", end="\n" if one.findings else "", file=sys.stderr)
    return 1 if summary["findings"] else 0


def judged(findings: Findings) -> int:
    """Tell what was found; the exit code."""
    for sentence, count in findings.counts.items():
        print(f"{count} x {sentence}", *findings.examples[sentence], sep="\n    ", file=sys.stderr)
    return 1 if findings.counts else 0


COMMANDS = {
    "requests": requests,
    "tenants": tenants,
    "foreign": foreign,
    "neighbours": neighbours,
    "holds": holds,
}


def main() -> int:
    """Run a command."""
    options = arguments().parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]  # strikes hold thousands of sockets
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    options.tree = results.commit()  # of what is attacked: somebody may commit while it runs
    return COMMANDS[options.command](options)


if __name__ == "__main__":
    sys.exit(main())
