"""The short form of `make abuse`'s bytes of others: mutants of every kind end as a graph or as an error with a name."""

from __future__ import annotations

import pytest
from loadtests.abuse import mutant_reads, mutants

from networkx_mcp.arrays import frozen

pytestmark = pytest.mark.long


@pytest.mark.parametrize("kind", mutants.KINDS)
def test_mutants_end_by_name(kind: str) -> None:
    outcome = mutant_reads.run(kind, seed=7, count=1_500)
    assert outcome.findings == []
    assert outcome.count == sum(outcome.ends.values()) == 1_500
    # Sound ones come through, and what is not sound is told apart from them.
    assert outcome.ends["graph"] > 50
    assert outcome.count - outcome.ends["graph"] > 500


def test_a_mutant_follows_from_its_number() -> None:
    assert mutants.mutant("archive", 7, 3) == mutants.mutant("archive", 7, 3) != mutants.mutant("archive", 7, 4)


def test_a_child_that_dies_is_a_finding_and_the_next_mutants_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    def deadly(data: bytes) -> frozen.FrozenGraph:
        if data == mutants.mutant("arrow", 7, 2):
            os.abort()
        raise AssertionError("not what it should be")

    monkeypatch.setitem(mutant_reads._READERS, "arrow", deadly)
    outcome = mutant_reads.run("arrow", seed=7, count=5)
    assert outcome.ends == {"death -6": 1, "AssertionError": 4}
    assert len(outcome.findings) == 5
