"""What a measurement leaves behind: one JSON document with all that a reader needs to judge and repeat it.

`Result` is the schema; `load` refuses a document that departs from it. Latencies are in milliseconds,
memory in MiB, CPU in cores (CPU seconds per second). Each point keeps all its latencies as a histogram
(`histogram.Histogram.decode`).
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import msgspec

from loadtests.workload import HEAVY

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "loadtests" / "results"
#: How results write a time, in UTC.
TIME = "%Y-%m-%dT%H:%M:%SZ"
#: Where points go while a measurement runs, so that it can be taken up again.
JOURNALS = ROOT / "out" / "loadtests"


class Struct(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A part of a result: unknown fields are refused."""


class Machine(Struct):
    """Where it ran. `load_1m` is the kernel's load average before and after: above what the measurement
    itself causes, somebody else worked there too."""

    cpus: int
    model: str
    memory_mib: int
    kernel: str
    load_1m: tuple[float, float]


class Target(Struct):
    """What was loaded. `settings` are departures from the server's defaults."""

    kind: Literal["local", "cluster", "url"]
    store: str
    replicas: int
    cpu_limit: float
    memory_limit_mib: int
    settings: dict[str, Any]
    versions: dict[str, str]
    image: str = ""
    digest: str = ""


class Point(Struct):
    """One measured window. Users send without think time, or calls are due at `rate` per second.

    `other_cpus`: busy cores of the machine that were neither server, store nor client; on a cluster its control plane and
    kubectl are among them. It is None where the machine of the driver is not that of the server.
    """

    users: int
    repeat: int
    seconds: float
    workload: str
    requests: int
    success_percent: float
    requests_per_second: float
    outcomes: dict[str, int]
    mistakes: int
    mean_ms: float
    p50_ms: float
    p75_ms: float
    p90_ms: float
    p95_ms: float
    p99_ms: float
    p99_9_ms: float
    max_ms: float
    server_cpus: float
    store_cpus: float
    client_cpus: float
    other_cpus: float | None
    requests_per_cpu_second: float
    memory_mib: float
    file_descriptors: int
    runs_over_20s: int
    tools: dict[str, dict[str, float]]
    histogram: str
    at: str
    rate: float | None = None
    #: Times of /ready on new connections under the load, as `mean_ms` to `max_ms`, with `count` and `failed`, and `every`:
    #: seconds from the start of one to that of the next. Without `every` each waited for the one before.
    probes: dict[str, float] = {}
    examples: list[str] = []
    ok: bool = True
    failed: list[str] = []
    #: Which processes answered: another text, other processes. Empty in results from before it was kept.
    process: str = ""


def users_are(point: Point) -> str:
    """The kind of a point's users, and how often one of them calls where that is fixed."""
    return (
        point.workload if point.rate is None else f"{point.workload}, a call in {point.users / point.rate:.3g} s each"
    )


class Knee(Struct):
    """The most users at which the objective held, per repeat, with the load at each."""

    users: list[int]
    requests_per_second: list[float]
    requests_per_cpu_second: list[float]
    median_users: float
    spread_users: tuple[int, int]
    #: A repeat ended at the most users that were asked for, with the objective still met: the knee is not below.
    at_maximum: bool


def at_knee(result: Result) -> list[Point]:
    """The last good point of each repeat; none of a repeat that had none."""
    users = result.knee.users if result.knee else []
    return [point for point in result.points if point.ok and point.users == users[point.repeat]]


def heavy(point: Point) -> dict[str, dict[str, float]]:
    """What a point says of the tools that took a worker: none of `agentic` users, whose graphs are small.

    Their calls are few among those of mixed users, so what is told of all calls says little of them.
    """
    return {tool: seen for tool, seen in point.tools.items() if tool in HEAVY and point.workload != "agentic"}


def heavy_calls(point: Point) -> float:
    """Calls per second of a point that took a worker."""
    return sum(seen["requests"] for seen in heavy(point).values()) / point.seconds


class Size(Struct):
    """One graph size: what a graph of so many nodes costs. Times in milliseconds, one per repeat."""

    nodes: int
    edges: int
    upload_mib: float
    load_ms: list[float]
    stored_mib: float
    idle_memory_mib: float
    memory_mib: float
    peak_memory_mib: float
    algorithms: dict[str, list[float]]
    failures: dict[str, str]


class Fleet(Struct):
    """One store with so many pods on it, as loadtests/pods.py makes them. `store_us_per_call`: CPU of the store, in
    microseconds. `connection_kib`: the store's memory of a connection after the burst, in KiB."""

    pods: int
    idle_commands_per_second: float
    idle_store_cpus: float
    rate: float
    calls: int
    failed: int
    store_us_per_call: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    connections: int
    #: Calls of each pod at once, the connections that were open then, calls that failed and connections refused.
    burst_each: int
    burst_connections: int
    burst_failed: int
    burst_refused: int
    connection_kib: float
    example: str = ""


class Fault(Struct):
    """One kind of fault under the recorded workload of tests/e2e/workload.py, from one run. Times in seconds.

    `lost` are acknowledged writes that were not there at the end, `stale` reads that began after an
    acknowledgement and did not see it, `given_up` calls that ended with an error although they were repeated as
    told. Per fault, `recover_seconds` counts from its end until the last call that was on its way while it lasted
    was answered, `longest_wait_seconds` is the longest of those calls: 0 where none took half a second.
    """

    name: str
    what: str
    at: str
    commit: str
    command: str
    times: int
    acknowledged: int
    lost: int
    stale: int
    given_up: int
    repeated: dict[str, int]
    broken_promises: list[str]
    fault_seconds: list[float]
    recover_seconds: list[float]
    longest_wait_seconds: list[float]
    #: Further times and counts of this kind of fault, by name.
    measured: dict[str, Any] = {}
    passed: bool = True


class Result(Struct, omit_defaults=True):
    """One measurement. What a kind of measurement does not have is left out: a new field changes no older result."""

    #: `scenario` is of Locust, which was left with its one result; see README.md here, Client.
    kind: Literal["capacity", "users", "nodes", "soak", "scenario", "split", "abuse", "chaos", "pods"]
    name: str
    command: str
    commit: str
    dirty: bool
    started: str
    finished: str
    machine: Machine
    versions: dict[str, str]
    target: Target
    dataset: str
    seed: int
    repeats: int
    points: list[Point] = []
    knee: Knee | None = None
    sizes: list[Size] = []
    summary: dict[str, float] = {}
    #: What loadtests.abuse counted, by kind of attack or by door; see its modules.
    abuse: dict[str, Any] = {}
    #: What tests/e2e/test_chaos*.py saw; `started` and `finished` are those of the last run, each fault has its own.
    faults: list[Fault] = []
    fleets: list[Fleet] = []
    note: str = ""


def now() -> str:
    """The time, in UTC, as results state it."""
    return time.strftime(TIME, time.gmtime())


def _git(*arguments: str) -> str:
    """What git prints; nothing where this is no clone, or there is no git."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


#: What decides what is measured: the server, the chart that deploys it, and the load.
MEASURED = ("image/src", "chart", "loadtests/*.py")


def commit() -> tuple[str, bool]:
    """The commit, and whether what is measured differs from it."""
    return _git("rev-parse", "HEAD"), bool(_git("status", "--porcelain", "--", *MEASURED))


def changes() -> str:
    """What is measured and departs from the commit, as a digest; empty where nothing does."""
    if not commit()[1]:
        return ""
    digest = hashlib.sha256(_git("diff", "HEAD", "--binary", "--", *MEASURED).encode())
    for name in _git("ls-files", "--others", "--exclude-standard", "--", *MEASURED).splitlines():
        digest.update(name.encode() + (ROOT / name).read_bytes())
    return digest.hexdigest()


def processor() -> str:
    """The model of this machine's processor."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def machine(load_before: float) -> Machine:
    """This machine; `load_before` is its load average before the measurement."""
    return Machine(
        cpus=os.cpu_count() or 1,
        model=processor(),
        memory_mib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        kernel=platform.release(),
        load_1m=(round(load_before, 2), round(os.getloadavg()[0], 2)),
    )


def versions(names: Iterable[str] = ("mcp", "starlette", "uvicorn", "networkx", "redis", "uvloop")) -> dict[str, str]:
    """Versions of Python and of distributions here."""
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def command() -> str:
    """The command line of this measurement, as somebody would type it again."""
    package = Path(sys.argv[0]).parent.name
    module = "loadtests" if package == "loadtests" else f"loadtests.{package}"
    return " ".join([f"python -m {module}", *sys.argv[1:]])


def load(path: Path) -> Result:
    """A result. Raises msgspec.ValidationError where the document departs from the schema."""
    return msgspec.json.decode(path.read_bytes(), type=Result)


def load_all(kind: str | None = None, directory: Path = RESULTS) -> list[Result]:
    """All results, by name; of one kind."""
    found = [load(path) for path in sorted(directory.glob("*.json"))]
    return [result for result in found if kind is None or result.kind == kind]


def save(result: Result, directory: Path = RESULTS) -> Path:
    """Write a result as `NAME.json`, readable line by line."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{result.name}.json"
    text = msgspec.json.format(msgspec.json.encode(result), indent=1)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(text + b"\n")
    fresh.replace(path)
    return path


class Journal:
    """Points of one measurement, a line each, written when they are there. Its first line is what was known at the start,
    commit and changes among it: `head`. A journal of another configuration is another measurement and is refused.
    Raises SystemExit telling so."""

    def __init__(self, name: str, configuration: dict[str, Any], fresh: bool = False) -> None:
        JOURNALS.mkdir(parents=True, exist_ok=True)
        self.path = JOURNALS / f"{name}.jsonl"
        if fresh:
            self.path.unlink(missing_ok=True)
        lines = self.path.read_bytes().splitlines() if self.path.exists() else []
        if not lines:
            self.path.write_bytes(msgspec.json.encode({"started": now(), **configuration}) + b"\n")
            lines = self.path.read_bytes().splitlines()
        self.head: dict[str, Any] = msgspec.json.decode(lines[0])
        self.started: str = self.head["started"]
        begun = {name: value for name, value in self.head.items() if name not in ("started", "digest")}
        if begun != configuration:
            raise SystemExit(f"{self.path} was begun as {begun}, not {configuration}: finish that, or give --fresh")
        self.lines: list[dict[str, Any]] = []
        for line in lines[1:]:
            try:
                self.lines.append(msgspec.json.decode(line))
            except msgspec.DecodeError:
                break  # it was cut while it was written: measured again

    def pin(self, digest: str) -> None:
        """Enter the digest of the image once it is known. Raises SystemExit where the measurement was begun with another:
        a tag may have been built anew."""
        if self.head.get("digest", digest) != digest:
            raise SystemExit(f"{self.path} was begun with {self.head['digest']}, this is {digest}: give --fresh")
        if "digest" in self.head:
            return
        self.head["digest"] = digest
        _, _, points = self.path.read_bytes().partition(b"\n")
        fresh = self.path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(self.head) + b"\n" + points)
        fresh.replace(self.path)

    def add(self, record: Any) -> None:
        """Append one record, durably."""
        with self.path.open("ab") as file:
            file.write(msgspec.json.encode(record) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def done(self) -> None:
        """The result is saved: the journal is no longer needed."""
        self.path.unlink(missing_ok=True)
