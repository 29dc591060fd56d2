"""No copyleft licence of the GPL family among the load tools; they are in no image, so file-based copyleft may stay."""

from __future__ import annotations

import re

import pytest
from scripts.sbom import IMAGE, locked
from tests.unit.test_licences import PERMISSIVE, stated

NAMES = [item.name for item in locked(IMAGE.parent / "loadtests/requirements.txt")]
#: MPL-2.0 covers files, not what uses them; ZPL-2.1 and PSF ask for a notice.
ALLOWED = PERMISSIVE | {"MPL-2.0", "ZPL-2.1"}
#: Spellings of classifiers that the server's own list does not need.
SPELLINGS = {"Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0"}


@pytest.mark.parametrize("name", NAMES)
def test_its_licence_is_no_gpl(name: str) -> None:
    found = {SPELLINGS.get(licence, licence) for licence in stated(name)}
    assert found, f"{name} states no licence"
    assert found <= ALLOWED, found - ALLOWED
    assert not any(re.search(r"\b[AL]?GPL", licence) for licence in found)
