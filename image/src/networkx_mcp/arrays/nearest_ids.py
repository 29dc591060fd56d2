"""Did you mean: ids near to one that does not exist, at a cost that does not grow with the graph.

First come exact lookups: the same with the other type, other case or blanks, then every id one typing
error away, which finds a slip in a graph of any size. Then a sample of ids is compared by likeness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from difflib import SequenceMatcher
from itertools import islice

from networkx_mcp.arrays.ids import INT64_MAX, INT64_MIN, NodeId

#: Lookups of changed spellings, ids looked at for likeness, and those compared in full: about 5 ms in all.
LOOKUPS = 2000
SAMPLE = 1000
COMPARED = 50
#: Characters compared.
LENGTH = 64
#: Likeness from which an id is worth naming (difflib's ratio).
CUTOFF = 0.6

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


def nearest_ids(node: NodeId, k: int, exists: Callable[[NodeId], bool], sample: Iterable[NodeId]) -> list[NodeId]:
    """At most `k` ids that exist, most likely first."""
    found: dict[NodeId, None] = {}
    for guess in islice(_guesses(node), LOOKUPS):
        if guess != node and exists(guess):
            found[guess] = None
            if len(found) >= k:
                return list(found)
    text = str(node)[:LENGTH]
    matcher = SequenceMatcher(None, "", text, autojunk=False)
    likely: list[tuple[float, NodeId]] = []
    for candidate in islice(sample, SAMPLE):
        matcher.set_seq1(str(candidate)[:LENGTH])
        if matcher.real_quick_ratio() >= CUTOFF and (ratio := matcher.quick_ratio()) >= CUTOFF:
            likely.append((ratio, candidate))
    likely.sort(key=lambda item: -item[0])
    compared: list[tuple[float, NodeId]] = []
    for _, candidate in likely[:COMPARED]:
        matcher.set_seq1(str(candidate)[:LENGTH])
        if (ratio := matcher.ratio()) >= CUTOFF:
            compared.append((ratio, candidate))
    compared.sort(key=lambda item: -item[0])
    found.update(dict.fromkeys(candidate for _, candidate in compared))
    return list(found)[:k]


def _guesses(node: NodeId) -> Iterator[NodeId]:
    text = str(node)
    if isinstance(node, int):
        yield text
    else:
        plain = text.strip()
        if len(plain) < 20 and plain.removeprefix("-").isdecimal() and INT64_MIN <= (number := int(plain)) <= INT64_MAX:
            yield number
        yield from (plain, text.lower(), text.upper(), text.title(), text.capitalize())
        yield from (text.replace(" ", "_"), text.replace("_", " "), text.replace("-", "_"), text.replace("_", "-"))
    if len(text) > LENGTH:
        return
    as_id: Callable[[str], NodeId | None] = _integer if isinstance(node, int) else str
    alphabet = "0123456789" if isinstance(node, int) else dict.fromkeys(text + _ALPHABET)
    for at in range(len(text)):
        for changed in (text[:at] + text[at + 1 :], text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]):
            if (guess := as_id(changed)) is not None:
                yield guess
    for at in range(len(text), -1, -1):  # the end of a name is where one slips
        for letter in alphabet:
            for changed in (text[:at] + letter + text[at + 1 :], text[:at] + letter + text[at:]):
                if (guess := as_id(changed)) is not None:
                    yield guess


def _integer(text: str) -> int | None:
    if not text.lstrip("-").isdecimal() or "-" in text[1:]:
        return None
    number = int(text)
    return number if INT64_MIN <= number <= INT64_MAX else None
