"""No copyleft licence among the distributions that the image carries, in what they say and in what they bundle.

`image/requirements.txt` is the closure; each distribution must state a licence of the permissive list.
Licence texts of libraries inside the wheels are read too. An exception names what it is and why it may stay.
"""

from __future__ import annotations

import importlib.metadata as metadata
import re

import pytest
from scripts.sbom import locked

#: SPDX identifiers that ask for no more than a notice.
PERMISSIVE = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "PSF-2.0",
    "Unlicense",
    "Zlib",
}
#: How distributions without an SPDX expression say the same, in `License` or their classifier.
SPELLINGS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "PSFL": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
#: Distributions whose own licence is not permissive.
EXCEPTIONS = {
    "certifi": "MPL-2.0 covers the list of authorities alone, file by file; we ship it unchanged",
}
#: Distributions whose licence files speak of the GPL or LGPL, read by a person.
GCC = "libgfortran and libquadmath of GCC: the Runtime Library Exception allows their use in any program"
MENTIONED = {
    "duckdb": "the licence of Spark, whose interface it imitates in Python, names a file of Spark's that is not bundled",
    "matplotlib": "FreeType is under its own licence or the GPL, at our choice: its own",
    "numpy": GCC,
    "pillow": "FreeType, as in matplotlib; liblzma is 0BSD, its notice lists the licences of programs not bundled",
    "scipy": GCC,
    "typing-extensions": "Python's licence says how it goes together with the GPL",
}
COPYLEFT = re.compile(r"GNU (?:LESSER |LIBRARY |AFFERO )?GENERAL PUBLIC LICENSE|\b[AL]?GPL\b", re.IGNORECASE)


def requirements() -> list[str]:
    """Names of the distributions that the lock file asks for on this platform."""
    return [item.name for item in locked()]


def stated(name: str) -> set[str]:
    """Licences that a distribution says it has, as SPDX identifiers where they are known."""
    said = metadata.metadata(name)
    if expression := said.get_all("License-Expression"):
        return set(re.findall(r"[A-Za-z0-9.+-]+", expression[0])) - {"AND", "OR", "WITH"}
    found = {
        line.rsplit("::", 1)[1].strip() for line in said.get_all("Classifier") or [] if line.startswith("License ::")
    }
    short = (said.get_all("License") or [""])[0].strip()
    if short and "\n" not in short and len(short) < 40:
        found.add(short)
    return {SPELLINGS.get(licence, licence) for licence in found}


def bundled_texts(name: str) -> list[str]:
    """Licence files of a distribution and of what is inside it."""
    files = metadata.distribution(name).files or []
    wanted = re.compile(r"(licen[cs]e|copying|notice)", re.IGNORECASE)
    paths = [file for file in files if wanted.search(str(file)) and file.suffix not in (".py", ".pyc", ".pyi")]
    return [str(file) for file in paths if COPYLEFT.search(file.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("name", requirements())
def test_its_licence_is_permissive(name: str) -> None:
    found = stated(name)
    assert found, f"{name} states no licence: read it, then add a spelling or an exception"
    foreign = found - PERMISSIVE
    assert not foreign or name in EXCEPTIONS, f"{name}: {', '.join(sorted(foreign))}"


@pytest.mark.parametrize("name", requirements())
def test_its_licence_files_know_no_gpl(name: str) -> None:
    assert name in MENTIONED or bundled_texts(name) == []


def test_no_exception_outlives_its_reason() -> None:
    assert {name for name in requirements() if stated(name) - PERMISSIVE} == set(EXCEPTIONS)
    assert {name for name in requirements() if bundled_texts(name)} == set(MENTIONED)
