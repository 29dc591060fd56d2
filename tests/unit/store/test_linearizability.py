"""The checker of histories accepts what one order explains and rejects everything else.

`explained_by_search` is Wing and Gong's search over all orders: slow, and right by construction."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers.linearizability import Outcome, Read, Write, violations

Log = Sequence[tuple[int, Hashable]]


def write(start: float, end: float, value: Hashable, version: int | None, outcome: Outcome = "ok") -> Write:
    return Write(start=start, end=end, value=value, version=version, outcome=outcome)


def read(start: float, end: float, version: int, values: str | None = None) -> Read:
    return Read(start=start, end=end, version=version, values=None if values is None else tuple(values))


GOOD = {
    "nothing happened": ([], ""),
    "one after the other": ([write(0, 1, "a", 2), read(2, 3, 2, "a"), write(4, 5, "b", 3)], "ab"),
    "overlapping writes in either order": ([write(0, 5, "b", 3), write(0, 5, "a", 2)], "ab"),
    "a read beside a write sees the old state": ([write(0, 9, "a", 2), read(1, 2, 1, "")], "a"),
    "a read beside a write sees the new state": ([write(0, 9, "a", 2), read(1, 2, 2, "a")], "a"),
    "a conflict tells the version": ([write(0, 1, "a", 2), write(2, 3, "b", 2, "refused")], "a"),
    "an unknown write did not happen": ([write(0, 1, "a", None, "unknown"), read(2, 3, 1, "")], ""),
    "an unknown write happened": ([write(0, 1, "a", None, "unknown"), read(2, 3, 2, "a")], "a"),
    "an unknown write happened late": (
        [write(0, 1, "a", None, "unknown"), read(2, 3, 1, ""), read(4, 5, 2, "a")], "a",
    ),
    "a refusal for another reason": ([write(0, 1, "a", None, "refused")], ""),
}  # fmt: skip

BAD = {
    "lost write": ([write(0, 1, "a", 2)], "", "not in the final log"),
    "write twice": ([write(0, 1, "a", 2)], "aa", "2 times"),
    "told another version": ([write(0, 1, "a", 3), write(0, 1, "b", 2)], "ab", "not in the final log"),
    "written by nobody": ([], "a", "nobody"),
    "refused and done": ([write(0, 1, "a", 1, "refused")], "a", "refused, and in"),
    "an unknown write twice": ([write(0, 1, "a", None, "unknown")], "aa", "2 times"),
    "later write before an earlier one": ([write(0, 1, "b", 3), write(2, 3, "a", 2)], "ab", "comes before"),
    "stale read": ([write(0, 1, "a", 2), read(2, 3, 1, "")], "a", "comes before"),
    "read of the future": ([read(0, 1, 2, "a"), write(2, 3, "a", 2)], "a", "comes before"),
    "read of the future of an unknown write": (
        [read(0, 1, 2, "a"), write(2, 3, "a", None, "unknown")], "a", "comes before",
    ),
    "reads go back": ([write(0, 9, "a", 2), read(1, 2, 2, "a"), read(3, 4, 1, "")], "a", "comes before"),
    "stale conflict": ([write(0, 1, "a", 2), write(2, 3, "b", 1, "refused")], "a", "comes before"),
    "another state": ([write(0, 1, "a", 2), read(2, 3, 2, "b")], "a", "not the state"),
    "half a state": ([write(0, 1, "a", 2), write(2, 3, "b", 3), read(4, 5, 3, "a")], "ab", "not the state"),
    "a version that never was": ([read(0, 1, 5)], "", "never was"),
    "a conflict with a version that never was": ([write(0, 1, "a", 2, "refused")], "", "never was"),
}  # fmt: skip


def log_of(values: Sequence[Hashable]) -> list[tuple[int, Hashable]]:
    return list(enumerate(values, 2))


@pytest.mark.parametrize("name", GOOD)
def test_accepts(name: str) -> None:
    history, final = GOOD[name]
    assert violations(history, log_of(final)) == []
    assert explained_by_search(history, log_of(final))


@pytest.mark.parametrize("name", BAD)
def test_rejects(name: str) -> None:
    history, final, reason = BAD[name]
    found = violations(history, log_of(final))
    assert found
    assert reason in found[0]
    assert not explained_by_search(history, log_of(final))


def test_rejects_gaps_in_the_final_log() -> None:
    assert "gaps" in violations([write(0, 1, "a", 3)], [(3, "a")])[0]


def test_the_first_version_may_be_another() -> None:
    history = [write(0, 1, "a", 8), read(2, 3, 8, "a")]
    assert violations(history, [(8, "a")], first_version=7) == []


def explained_by_search(history: Sequence[Write | Read], final: Log) -> bool:
    """Whether some order of the operations, which respects real time, gives every answer."""

    def search(left: frozenset[int], state: tuple[Hashable, ...]) -> bool:
        must = [i for i in left if not (isinstance(op := history[i], Write) and op.outcome == "unknown")]
        if not must and state == tuple(value for _, value in final):
            return True
        for i in left:
            operation = history[i]
            # Something that ended before it begins must come first.
            if any(history[j].end < operation.start for j in must if j != i):
                continue
            after = step(operation, state)
            if after is not None and search(left - {i}, after):
                return True
        return False

    def step(operation: Write | Read, state: tuple[Hashable, ...]) -> tuple[Hashable, ...] | None:
        version = len(state) + 1
        if isinstance(operation, Read):
            seen = operation.version == version and operation.values in (None, state)
            return state if seen else None
        if operation.outcome == "refused":
            return state if operation.version in (None, version) else None
        if operation.outcome == "ok" and operation.version != version + 1:
            return None
        return (*state, operation.value)

    return search(frozenset(range(len(history))), ())


times = st.tuples(st.integers(0, 9), st.integers(0, 4)).map(lambda pair: (pair[0], pair[0] + pair[1] + 0.5))
outcomes: st.SearchStrategy[Outcome] = st.sampled_from(["ok", "ok", "ok", "unknown", "refused"])


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Write | Read], Log]:
    """Small histories that are right or nearly right: what a real log would show, slightly bent."""
    final = draw(st.permutations("abc"))[: draw(st.integers(0, 3))]
    history: list[Write | Read] = []
    for value in "abc":
        start, end = draw(times)
        there = final.index(value) + 2 if value in final else None
        outcome = draw(outcomes) if there is None else draw(st.sampled_from(["ok", "ok", "unknown"]))
        told = there if outcome == "ok" else draw(st.integers(1, 4)) if outcome == "refused" else None
        history.append(Write(start=start, end=end, value=value, outcome=outcome, version=told))
    for _ in range(draw(st.integers(0, 3))):
        start, end = draw(times)
        version = draw(st.integers(1, len(final) + 1))
        values = draw(st.sampled_from([None, tuple(final[: version - 1]), tuple(final)]))
        history.append(Read(start=start, end=end, version=version, values=values))
    return history, log_of(final)


@settings(max_examples=400, deadline=None)
@given(histories())
def test_agrees_with_the_search_over_all_orders(case: tuple[list[Write | Read], Log]) -> None:
    history, final = case
    assert (violations(history, final) == []) == explained_by_search(history, final)
