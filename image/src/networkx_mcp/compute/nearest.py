"""Words that are near to one that nobody knows, for errors: bounded, because the word is the caller's."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

#: Characters that are compared: no name of ours is longer, and difflib takes a millisecond for each thousand.
_COMPARED = 64


def nearest(word: str, words: Iterable[str], count: int = 3, cutoff: float = 0.5) -> list[str]:
    """The closest of `words`, best first."""
    return difflib.get_close_matches(word[:_COMPARED], list(words), n=count, cutoff=cutoff)
