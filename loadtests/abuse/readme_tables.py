"""The tables of abuse in README.md, from the results; `make evidence` writes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from loadtests import results
from loadtests.abuse.neighbours import AIM, LOUD, WITNESS
from loadtests.results import RESULTS, Result


def text() -> str:
    """Markdown of all results of abuse."""
    return "\n".join([*_requests(), "", *_tenants(), "", *_neighbours(), *_holds()])


def _load(name: str) -> Result:
    return results.load(RESULTS / f"abuse-{name}.json")


def _requests() -> Iterator[str]:
    yield "| run | requests | answered 2xx | 4xx | 5xx, all named | no answer, as due | 500 | `internal` in 200 | late | MiB per 10,000 | of the API alone | open files | processes |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    for name in ("requests", "requests-fixed"):
        found = _load(name)
        statuses: Counter[str] = Counter()
        for kind in found.abuse["kinds"].values():
            statuses.update(kind["statuses"])

        def of(first: str, statuses: Counter[str] = statuses) -> int:
            return sum(count for status, count in statuses.items() if status.startswith(first))

        findings = {sentence: fact["count"] for sentence, fact in found.abuse["findings"].items()}
        files, processes = (_range(found.abuse["samples"], key) for key in ("file_descriptors", "processes"))
        failures, slopes = statuses["500"], found.abuse["slopes_per_10000"]
        yield (
            f"| {found.commit[:7]} | {of(''):,} | {of('2'):,} | {of('4'):,} | {of('5') - failures:,} | {of('closed'):,} | {failures} "
            f"| {findings.get('internal inside HTTP 200', 0)} | {of('late')} | {slopes['memory_mib']:g} | {slopes['api_rss_mib']:g} | {files} | {processes} |"
        )


def _range(samples: list[dict[str, float]], key: str) -> str:
    least, most = min(sample[key] for sample in samples), max(sample[key] for sample in samples)
    return f"{least}" if least == most else f"{least} to {most}"


def _tenants() -> Iterator[str]:
    found = _load("tenants")
    audit = found.abuse["audit"]
    ways = ", ".join(f"{kind} {count}" for kind, count in found.abuse["doors"].items())
    yield (
        f"Tenants: {found.summary['attempts']:,.0f} attempts through doors of each kind ({ways}); {found.summary['findings']:.0f} leaks. Audited: "
        f"{audit['attempts on a graph']:,} attempts on graphs, a line each, and {audit['refused by token or scope']:,} refusals, "
        f"{audit['held back under a flood']:,} of them as the number that a line tells was held back."
    )


def _neighbours() -> Iterator[str]:
    found = _load("neighbours")
    kinds = {"read": "point reads", "edit": "edits", "analysis": "analyses", WITNESS: "the witness"}
    heads = [f"{name}, P99 over {found.summary[f'{kind}: quiet p99_ms']:g} ms quiet" for kind, name in kinds.items()]
    yield f"| beside | {' | '.join(heads)} | analyses shed | cores of API, workers, clients, others | memory handed out, MiB/s |"
    yield "|---" * (len(heads) + 4) + "|"
    for name in filter(found.abuse["stretches"].__contains__, LOUD):  # a result may be older than a kind of noise
        stretch = found.abuse["stretches"][name]
        ratios = {kind: found.summary[f"{kind}: {name}"] for kind in kinds}
        told = [f"{ratio:g}{', missed' if kind != WITNESS and ratio > AIM else ''}" for kind, ratio in ratios.items()]
        shed, asked = stretch["outcomes"].get("analysis shed", 0), stretch["analysis"]["count"]
        cores = ", ".join(f"{stretch['cores'][part]:g}" for part in ("api", "workers", "client", "others"))
        yield f"| {name} | {' | '.join(told)} | {shed} of {asked} | {cores} | {stretch['allocated_mib_per_second']:,} |"


def _holds() -> Iterator[str]:
    if not (RESULTS / "abuse-holds.json").exists():  # `python -m loadtests.abuse holds` writes it
        return
    found = _load("holds")
    yield ""
    yield "| strike | sent | slowest /health, s | holds above 250 ms | longest hold below, s | peak memory, MiB | kernel for sockets, MiB | a bystander held, s |"
    yield "|---|---|---|---|---|---|---|---|"
    for one in found.abuse["strikes"]:
        yield (
            f"| {one['name']} | {one['sent']:,} | {one['health_slowest_seconds']:g} | {one['holds']} | "
            f"{one['longest_hold_below_seconds']:g} | {one['memory_peak_mib']:g} | {one['kernel_peak_mib']:g} | {one['bystander_seconds']:g} |"
        )
