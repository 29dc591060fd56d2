"""Kernels answer alike with the compiled library and without it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from networkx_mcp.backend.kernels import native


@pytest.fixture(scope="module", params=["compiled", "libraries"])
def ways(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each test of a module that uses this runs twice: with the compiled library, and as where no compiler was."""
    if request.param == "compiled":
        assert not native.missing(), f"make kernels: {native.missing()}"
        yield "compiled"
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(native.VARIABLE, "")
        assert native.missing()
        yield "libraries"
