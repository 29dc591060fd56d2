"""Search in the catalogue by words: what find_algorithms answers from."""

from __future__ import annotations

import difflib
import functools
import math
import re
from collections import Counter

from networkx_mcp.analysis.catalogue import Algorithm, algorithms
from networkx_mcp.errors import InvalidInput, echoed, nearest_words

_WORD = re.compile(r"[a-z0-9]+")
_STOP = frozenset(
    [
        "a", "all", "an", "and", "are", "as", "at", "be", "by", "can", "compute", "do", "does", "find", "for", "from",
        "g", "get", "given", "graph", "graphs", "have", "how", "i", "if", "in", "into", "is", "it", "its", "me", "my",
        "most", "network", "networkx", "node", "nodes", "nx", "of", "on", "or", "return", "returns", "that", "the", "there", "this", "to",
        "using", "via", "we", "what", "which", "who", "with",
    ]
)  # fmt: skip
#: Weight of a word by the place where an entry has it.
_NAME, _SYNONYM, _CATEGORY, _SUMMARY = 4.0, 4.0, 1.0, 1.0
#: Characters of a text that are looked at, and words: this runs on the event loop, and a word that nobody knows takes
#: most of a millisecond.
_LONGEST, MOST_WORDS = 500, 12


def search(text: str, limit: int = 10, category: str | None = None) -> list[Algorithm]:
    """The entries that fit `text` best, best first; equal ones by name. An empty text lists by name.

    Raises InvalidInput for an unknown `category`.
    """
    entries = algorithms()
    if category is not None and category not in categories():
        near = nearest_words(category, categories())
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        raise InvalidInput(
            f"category: {echoed(category)} is not one of {', '.join(categories())}.{hint}",
            field="category",
            nearest=near,
        )
    scores = _scores(text[:_LONGEST]) if text.strip() else dict.fromkeys(entries, 1.0)
    fitting = [name for name in scores if category is None or entries[name].category == category]
    return [entries[name] for name in sorted(fitting, key=lambda name: (-scores[name], name))[:limit]]


def total(text: str, category: str | None = None) -> int:
    """How many entries fit `text` at all."""
    return len(search(text, len(algorithms()), category))


def share(text: str) -> float:
    """Which share of the words of `text` the best entry has, 0 to 1; 1 where it is an algorithm's name or a synonym in whole."""
    best = next(iter(search(text, 1)), None)
    query = _query(text[:_LONGEST])
    if best is None or not query:
        return 0.0
    plain = " ".join(_WORD.findall(text.lower()))
    if plain in _forms()[best.name] or any(synonym in plain for synonym in best.synonyms):
        return 1.0
    held = _index()[0][best.name]
    return sum(any(known in held for known in _known(word)) for word in query) / len(query)


@functools.cache
def categories() -> list[str]:
    """Categories of the entries, in order."""
    return sorted({entry.category for entry in algorithms().values()})


def _stem(word: str) -> str:
    """A crude stem: "communities" and "community", "colouring" and "color" meet."""
    word = word.replace("colour", "color").replace("neighbour", "neighbor").replace("centre", "center")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    for ending, least in (("ings", 4), ("ing", 4), ("es", 4), ("s", 3)):
        if len(word) - len(ending) >= least and word.endswith(ending) and not word.endswith("ss"):
            word = word[: -len(ending)]
            break
    return word.removesuffix("e") if len(word) > 4 else word


def stems(text: str) -> list[str]:
    """The stems of all words."""
    return [_stem(word) for word in _WORD.findall(text.lower())]


def words(text: str) -> list[str]:
    """The stems of the words that say something."""
    return [_stem(word) for word in _WORD.findall(text.lower()) if word not in _STOP]


@functools.cache
def _forms() -> dict[str, frozenset[str]]:
    """For each entry its names as words apart: "community louvain communities"."""
    return {
        entry.name: frozenset(form.replace("_", " ").replace(".", " ") for form in (entry.name, *entry.aliases))
        for entry in algorithms().values()
    }


@functools.cache
def _index() -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """For each entry its words with their weight, and for each word how rare it is."""
    weights: dict[str, dict[str, float]] = {}
    counts: Counter[str] = Counter()
    for entry in algorithms().values():
        weighed: dict[str, float] = {}
        fields = (
            (_SUMMARY, entry.summary),
            (_CATEGORY, entry.category),
            (_SYNONYM, " ".join(entry.synonyms)),
            (_NAME, " ".join([entry.name, *entry.aliases]).replace("_", " ")),
        )
        for weight, text in fields:
            for word in set(words(text)):
                weighed[word] = max(weighed.get(word, 0.0), weight)
        weights[entry.name] = weighed
        counts.update(weighed)
    rare = {word: math.log(1 + len(weights) / count) for word, count in counts.items()}
    return weights, rare


@functools.cache
def _own(name: str) -> frozenset[str]:
    return frozenset(words(name.replace("_", " ")))


def _query(text: str) -> list[str]:
    """The words of a text that are looked for: of too many those that are known."""
    found = list(dict.fromkeys(words(text))) or stems(text)
    return sorted(found, key=lambda word: word not in _index()[1])[:MOST_WORDS]


@functools.lru_cache(maxsize=128)
def _scores(text: str) -> dict[str, float]:
    """Score of each entry that has something of `text`."""
    weights, rare = _index()
    plain = " ".join(_WORD.findall(text.lower()))
    query = _query(text)
    meant = {word: _known(word) for word in query}
    scores: dict[str, float] = {}
    for name, held in weights.items():
        entry = algorithms()[name]
        score, hits = 0.0, 0
        for word in query:
            best = max((held.get(known, 0.0) * rare[known] * share for known, share in meant[word].items()), default=0)
            score += best
            hits += best > 0
        score *= hits / max(len(query), 1)  # an entry with all the words before one with a rare word
        if plain in _forms()[name]:
            score += 100
        elif any(synonym in plain for synonym in entry.synonyms):
            score += 12
        elif any(len(form) > 5 and form in plain for form in _forms()[name]):
            score += 8
        if score > 0:
            # of two that fit alike the plainer one: fewer words in its name that nobody asked for
            score -= 0.15 * len(_own(name).difference(query))
            scores[name] = score + 0.3 * bool(entry.synonyms)
    return scores


@functools.lru_cache(maxsize=1024)
def _known(word: str) -> dict[str, float]:
    """Words of the index that `word` may mean, with the share of their weight they get."""
    _, rare = _index()
    if word in rare:
        found = {word: 1.0}
    else:
        # a slip in the first letter is rare, and comparing with all words takes milliseconds
        alike = [known for known in rare if known[0] == word[0] and abs(len(known) - len(word)) <= 3]
        close = difflib.get_close_matches(word, alike, 2, 0.8)
        found = {near: difflib.SequenceMatcher(None, word, near).ratio() ** 4 for near in close}
    if len(word) >= 4:
        found |= {known: 0.7 for known in rare if known.startswith(word) and known not in found}
    return found
