"""What a call would cost, before it starts: seconds from the size of the graph, the algorithm and the engine.

`cost_table.json` holds, for each algorithm and engine, a fit of measured times (`benchmarks/cost.py`):
``seconds = base + c * n^a * m^b`` and `low`, the smallest ratio to it that any shape of graph had. This
module knows neither networkx nor numpy: the API process asks it before it takes a worker, the worker asks
it again when a kernel stepped back and networkx would have to compute.

Estimates are of a machine as the one that calibrated, with nothing else to do: a busy one takes longer,
never less. That, `low`, SAFETY and UNSURE make the refusal err on the side of running.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from networkx_mcp.analysis import catalogue
from networkx_mcp.backend.info import FUNCTIONS

PATH = Path(__file__).with_name("cost_table.json")

Engine = Literal["kernel", "networkx"]

#: The time on the kindest graph is divided by this, for an algorithm whose class is known and for one that was fitted:
#: of the 147 calls that ended in `benchmarks/cost_check.py` half of it would have refused 2, this none.
SAFETY = {True: 6.0, False: 16.0}

#: A fitted exponent may be wrong by this share of itself: what lies far beyond the longest run counts less.
UNSURE = 0.15


class Fit(msgspec.Struct, frozen=True):
    """Times of one algorithm on one engine; `largest` is [nodes, edges, seconds] of the longest run."""

    base: float
    c: float
    a: float
    b: float
    low: float
    largest: tuple[int, int, float]
    #: The exponents are those of the algorithm's class, not of the fit.
    known: bool = False
    shape: str = ""
    runs: int = 0
    #: What computed, where a kernel did.
    engine: str = ""

    def seconds(self, n: int, m: int) -> float:
        """CPU seconds on a graph as those of the fit."""
        try:
            return self.base + self.c * math.pow(max(n, 1), self.a) * math.pow(max(m, 1), self.b)
        except OverflowError:
            return math.inf


class Row(msgspec.Struct, frozen=True):
    """An algorithm; an engine that is missing was never measured."""

    kernel: Fit | None = None
    networkx: Fit | None = None


class CostTable(msgspec.Struct, frozen=True):
    """The committed table."""

    cpu: str
    commit: str
    rows: dict[str, Row]


class AlgorithmCall(NamedTuple):
    """One call of an algorithm: its arguments by networkx's names; `share` of the full work that it does."""

    algorithm: str
    parameters: Mapping[str, Any] = {}
    share: float = 1.0


class Estimate(NamedTuple):
    """Seconds that a call takes on a usual graph of this size, and those that it takes at least, on any."""

    seconds: float
    least: float
    engine: Engine


@functools.cache
def table() -> CostTable:
    """The committed table."""
    return msgspec.json.decode(PATH.read_bytes(), type=CostTable)


def weighs(argument: catalogue.Argument) -> bool:
    """Whether this optional argument makes an algorithm that ignores weights look at them: another cost."""
    return argument.name in ("weight", "distance") and argument.type == "attribute" and argument.default is None


@functools.cache
def _weight_argument(algorithm: str) -> str:
    entry = catalogue.algorithms().get(algorithm)
    if entry is None:
        return ""
    return next((argument.parameter for argument in entry.arguments if weighs(argument)), "")


def row_of(algorithm: str, *, weighted: bool) -> str:
    """Key of the table."""
    return f"{algorithm}+weight" if weighted else algorithm


def estimate(call: AlgorithmCall, n: int, m: int, directed: bool, *, engine: Engine | None = None) -> Estimate | None:
    """What `call` takes on a graph of `n` nodes and `m` edges; None where nothing is known about it.

    Without `engine` it is the kernel where one may answer, so the cheapest that can happen.
    """
    rows = table().rows
    name = _weight_argument(call.algorithm)
    weighted = bool(name) and call.parameters.get(name) is not None
    row = rows.get(row_of(call.algorithm, weighted=weighted)) or rows.get(call.algorithm)
    if row is None:
        return None
    kernel = row.kernel
    if engine != "networkx" and kernel is not None and _takes(call, n, directed):
        return _scaled(kernel, call, n, m, "kernel")
    if row.networkx is None or engine == "kernel":
        return None
    return _scaled(row.networkx, call, n, m, "networkx")


def _takes(call: AlgorithmCall, n: int, directed: bool) -> bool:
    """Whether the kernel may answer such a call; it may still step back."""
    kernel = FUNCTIONS[call.algorithm]
    if n < kernel.least or (kernel.graphs != "any" and directed != (kernel.graphs == "directed")):
        return False
    return call.parameters.keys() <= set(kernel.parameters)


def _scaled(fit: Fit, call: AlgorithmCall, n: int, m: int, engine: Engine) -> Estimate:
    seconds = fit.base + (fit.seconds(n, m) - fit.base) * call.share
    least = seconds * fit.low / SAFETY[fit.known]
    if not fit.known and seconds > (measured := max(fit.largest[2], 1e-3)):
        least *= math.pow(measured / seconds, UNSURE)
    return Estimate(seconds, least, engine)


def of_calls(calls: Iterable[AlgorithmCall], n: int, m: int, directed: bool) -> Estimate | None:
    """The sum of several calls on one graph; what is not known counts nothing. None where nothing is known."""
    return together(found for call in calls if (found := estimate(call, n, m, directed)) is not None)


def together(known: Iterable[Estimate]) -> Estimate | None:
    """The sum of estimates; None where there is none."""
    known = list(known)
    if not known:
        return None
    engine: Engine = "kernel" if all(found.engine == "kernel" for found in known) else "networkx"
    return Estimate(sum(found.seconds for found in known), sum(found.least for found in known), engine)


def too_long(found: Estimate | None, limit: float) -> bool:
    """Whether a call is refused: the least that it can take is above `limit` seconds."""
    return found is not None and found.least > limit
