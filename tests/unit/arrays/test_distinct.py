"""Distinct numbers are those of `np.unique`, of the same type."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from networkx_mcp.arrays.distinct import distinct


@given(st.lists(st.integers(-5, 5) | st.integers(-(2**31), 2**31 - 1)))
@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_distinct_numbers_are_those_of_numpy(kind: type[np.integer], numbers: list[int]) -> None:
    given_ = np.array(numbers, kind)
    found = distinct(given_)
    assert found.dtype == kind
    assert found.tolist() == np.unique(given_).tolist()
    assert given_.tolist() == numbers, "what was given stays in its order"
