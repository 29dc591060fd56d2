"""Latencies kept as a histogram: nothing lost, quantiles within the stated error."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loadtests.histogram import QUANTILES, RELATIVE_ERROR, Histogram

LATENCIES = st.lists(st.floats(1e-6, 60.0), min_size=1, max_size=300)


@given(LATENCIES)
def test_quantiles_are_those_of_the_samples_within_the_stated_error(samples: list[float]) -> None:
    found = Histogram().extend(samples)
    for q in QUANTILES:
        exact = sorted(samples)[max(0, math.ceil(q * len(samples)) - 1)]
        assert found.quantile(q) == pytest.approx(exact, rel=RELATIVE_ERROR, abs=1.5e-6)
    assert found.mean == pytest.approx(sum(samples) / len(samples))
    assert found.maximum == max(samples)


@given(LATENCIES, LATENCIES)
def test_a_stored_histogram_is_the_same_and_two_make_their_sum(one: list[float], two: list[float]) -> None:
    first = Histogram.decode(Histogram().extend(one).encode())
    assert first.summary() == Histogram().extend(one).summary()
    first.merge(Histogram().extend(two))
    assert first.summary() == Histogram().extend(one + two).summary() | {"mean_ms": first.summary()["mean_ms"]}
    assert first.total == len(one) + len(two)


def test_what_is_no_histogram_is_refused() -> None:
    for text in ("", "AAAA", "e30="):
        with pytest.raises(ValueError):
            Histogram.decode(text)
