"""`python -m loadtests COMMAND`: measurements on a real server. `make capacity`, `make soak` and README.md use it.

    capacity    the most users at which the objective holds
    users       the contract's table of users
    nodes       the contract's table of graph sizes
    split       how connections and queue share what a pod admits
    soak        one load for hours, a result every minute
    pods        many pods' store clients on one store
    plots       pictures from the results

The target is a process here (`--target local`) or the chart on the cluster of KUBECONFIG (`--target cluster`).
Each point is written as soon as it is there (out/loadtests/); the same command again goes on from it.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import os
import resource
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from loadtests import contract, pods, results, search, sizes, soak, split
from loadtests.cluster import ClusterTarget
from loadtests.generator import LOADED_SECONDS, RAMP_SECONDS
from loadtests.measurement import Measurement, name_of
from loadtests.results import Journal
from loadtests.targets import LoadTarget, LocalTarget, TargetError
from loadtests.workload import WORKLOADS

#: Queue opened wide, so that the knee of the machine is found and not the setting.
OPEN = {"limits_queue": "20000", "limits_sockets": "30000", "limits_body_budget_mb": "256"}

#: `limits.queueTimeoutSeconds`: users who call less often call as often as they are to, however long heavy calls wait.
LEAST_EVERY_SECONDS = 10.0
#: Users arrive, then the queue fills: what waits longest has waited as long as it may when the window begins.
WARMUP_SECONDS = RAMP_SECONDS + LEAST_EVERY_SECONDS


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--target", choices=("local", "cluster"), default="local")
    common.add_argument("--store", choices=("embedded", "shared"), default="embedded")
    common.add_argument("--replicas", type=int, default=1)
    common.add_argument("--image", default=os.environ.get("IMAGE", "ghcr.io/networkx-mcp/server:dev"))
    common.add_argument("--namespace", default="nmcp-load")
    common.add_argument("--set", action="append", default=[], help="further chart value (cluster) or setting (local)")
    common.add_argument("--values", action="append", default=[], help="further file of values (cluster)")
    common.add_argument("--keep", action="store_true", help="leave the release on the cluster")
    common.add_argument("--workload", choices=WORKLOADS, default="mixed")
    common.add_argument("--seconds", type=float, default=30, help="measured seconds of a point")
    common.add_argument("--warmup", type=float, default=WARMUP_SECONDS, help="seconds of load before them")
    common.add_argument("--repeats", type=int, default=3)
    common.add_argument("--name", default="", help="name of the result; otherwise made from the options")
    common.add_argument("--note", default="", help="the state of the machine, in words")
    common.add_argument("--fresh", action="store_true", help="begin anew")
    common.add_argument("--out", type=Path, default=results.RESULTS)
    made = commands.add_parser("capacity", parents=[common], help="search for the knee")
    made.add_argument("--start", type=int, default=50)
    made.add_argument("--maximum", type=int, default=6400)
    made.add_argument("--as-set", action="store_true", help="keep the queue as it is set: the knee of the setting")
    made.add_argument(
        "--every", type=float, help="seconds between the calls of a user, due at fixed times; else without think time"
    )
    made = commands.add_parser("users", parents=[common], help="the table of users")
    made.add_argument("--users", default="10,50,100,200,400")
    made = commands.add_parser("nodes", parents=[common], help="the table of graph sizes")
    made.add_argument("--sizes", default="1000,10000,50000,100000,200000")
    made = commands.add_parser("soak", parents=[common], help="one load for long")
    made.add_argument("--minutes", type=int, default=120)
    made.add_argument("--rate", type=float, help="calls per second; otherwise 0.7 x the knee's throughput in --knee")
    made.add_argument("--knee", help="name of a capacity result")
    made.add_argument(
        "--users",
        type=int,
        help="connections that carry the calls; otherwise 200, or 0.7 x the users of a knee with --every",
    )
    made.add_argument("--again", metavar="NAME", help="measure nothing: make the summary of this result anew")
    made = commands.add_parser("split", parents=[common], help="connections against queue")
    made.add_argument("--connections", default="15,30,45,90,180")
    made.add_argument("--total", type=int, help="connections plus queue; otherwise 0.9 of --knee")
    made.add_argument("--knee", help="name of a capacity result")
    made = commands.add_parser("pods", parents=[common], help="many pods on one store")
    made.add_argument("--pods", default="1,10,60,100,1000,4000")
    made.add_argument("--rate", type=float, default=400, help="calls per second in all")
    made.add_argument("--idle", type=float, default=10, help="seconds without calls")
    made.add_argument("--maxclients", type=int, default=2048, help="of the store; the chart's")
    commands.add_parser("plots", help="pictures from the results")
    return parser


def opened(options: argparse.Namespace) -> dict[str, str]:
    """Departures from the defaults that a capacity search needs, as settings."""
    return {} if options.command != "capacity" or options.as_set else dict(OPEN)


_VALUES = {
    "limits_queue": "limits.queue",
    "limits_connections": "limits.connections",
    "limits_sockets": "limits.sockets",
    "limits_body_budget_mb": "limits.bodyBudgetMB",
    **sizes.VALUES,
}


def target(options: argparse.Namespace, directory: Path, settings: dict[str, str]) -> LoadTarget:
    """The target that the options name, not yet started."""
    if options.target == "cluster":
        values = [f"{_VALUES[name]}={value}" for name, value in settings.items() if name in _VALUES]
        for place, name in enumerate(name for name in settings if name not in _VALUES):  # no value of the chart
            values += [
                f"extraEnv[{place}].name=NETWORKX_MCP_{name.upper()}",
                f"extraEnv[{place}].value={settings[name]}",
            ]
        return ClusterTarget(
            options.namespace, options.image, options.replicas, options.store, values + options.set, options.values,
            options.keep,
        )  # fmt: skip
    if options.replicas != 1:
        raise SystemExit("a local target is one process: --replicas needs --target cluster")
    return LocalTarget(directory, options.store, settings | dict(item.split("=", 1) for item in options.set))


def configuration(options: argparse.Namespace) -> dict[str, Any]:
    """What must be the same for a measurement to go on."""
    leave = {"fresh", "out", "keep", "note", "name", "namespace"}
    found = {name: value for name, value in sorted(vars(options).items()) if name not in leave}
    return {**found, "commit": results.commit()[0], "changes": results.changes()}


def unfit(options: argparse.Namespace) -> str | None:
    """Why a knee that is measured so would be none; None where nothing speaks against it."""
    if options.command != "capacity":
        return None
    if options.seconds < search.LEAST_WINDOW_SECONDS:
        return (
            f"--seconds {options.seconds:g}: a run may take {search.LEAST_WINDOW_SECONDS:g} s and heavy calls are few, "
            f"so that in a shorter window one of them more or less decides; give {search.LEAST_WINDOW_SECONDS:g} or more"
        )
    if options.warmup < WARMUP_SECONDS:
        return (
            f"--warmup {options.warmup:g}: the first call is shed for waiting too long {WARMUP_SECONDS:g} s after the "
            f"load began, so that an earlier window is of an emptier server; give {WARMUP_SECONDS:g} or more"
        )
    if options.every is not None and options.every < LEAST_EVERY_SECONDS:
        return (
            f"--every {options.every:g}: a call may wait {LEAST_EVERY_SECONDS:g} s for a worker, and who waits for one does not "
            f"call meanwhile, so that there are fewer heavy calls the more load there is, and P95 may fall as it grows; give "
            f"{LEAST_EVERY_SECONDS:g} or more"
        )
    return None


def longest(options: argparse.Namespace) -> str:
    """How long a search for the knee may take, in words."""
    points = search.most_points(options.start, options.maximum)
    each = options.warmup + options.seconds
    most = options.repeats * points * (each + LOADED_SECONDS) / 60
    return (
        f"{options.repeats} searches of at most {points} points, each {each:g} s and at most {LOADED_SECONDS:g} s more "
        f"until all that was due is answered: at most {most:.0f} minutes"
    )


def capacity(made: Measurement) -> None:
    """`--repeats` searches for the knee."""
    options = made.options
    print(longest(options), file=sys.stderr, flush=True)

    def good(users: int, repeat: int) -> bool:
        rate = users / options.every if options.every else None
        return made.point(users, repeat, rate=rate).ok

    for repeat in range(options.repeats):
        search.find(functools.partial(good, repeat=repeat), options.start, options.maximum)
    made.result(knee=search.knee(made.points, options.maximum))


def main() -> None:
    options = arguments().parse_args()
    if options.command == "plots":
        importlib.import_module("loadtests.plots").write_all()  # matplotlib takes a second: not for every command
        return
    if options.command == "soak" and options.again:
        soak.again(options.out / f"{options.again}.json")
        return
    if why := unfit(options):
        raise SystemExit(why)
    # Ended from outside it still takes what it started with it.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    # A user is a connection; what is started here inherits the limit.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    load = os.getloadavg()[0]
    settings = opened(options) | (sizes.SETTINGS if options.command == "nodes" else {})
    journal = Journal(name_of(options), configuration(options), options.fresh)
    commands = {
        "capacity": capacity,
        "users": contract.users,
        "nodes": sizes.measure,
        "soak": soak.measure,
    }
    try:
        if options.command == "pods":
            pods.measure(Measurement(options, LoadTarget(), journal, load))
            return
        if options.command == "split":
            split.measure(Measurement(options, LoadTarget(), journal, load), functools.partial(target, options))
            return
        with tempfile.TemporaryDirectory() as directory, target(options, Path(directory), settings) as live:
            journal.pin(live.facts().digest)
            if options.command != "nodes":
                live.prepare()
            commands[options.command](Measurement(options, live, journal, load))
    except TargetError as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from error


if __name__ == "__main__":
    main()
