"""The data of the questions, made anew: `python tests/server/questions/make_data.py`.

`airports.csv` is written by hand: codes, cities and positions, rounded, of real airports. Routes, employees and payments
are generated to the shape that such tables have, with only `random.random`, which every Python draws alike for a seed.
`imports.csv` is the import graph of the networkx that the project pins; `novel.csv` and `meetings.csv` are two graphs that it carries.
"""

from __future__ import annotations

import ast
import csv
import math
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import networkx as nx

DATA = Path(__file__).with_name("data")
Item = TypeVar("Item")


class Draws:
    """Draws from one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def below(self, most: int) -> int:
        """An integer of 0 to `most` - 1."""
        return int(self._random() * most)

    def one(self, items: Sequence[Item]) -> Item:
        return items[self.below(len(items))]

    def chance(self, share: float) -> bool:
        return self._random() < share

    def skewed(self, least: float, most: float) -> float:
        """A number between the two, small ones more often."""
        return least * (most / least) ** (self._random() ** 2)


def distance(one: dict[str, str], other: dict[str, str]) -> int:
    """Great-circle distance in km (haversine formula, a sphere of 6,371 km)."""
    a, b, c, d = (math.radians(float(x)) for x in (one["lat"], one["lon"], other["lat"], other["lon"]))
    half = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return round(2 * 6371 * math.asin(math.sqrt(half)))


#: Airports with flights everywhere, and how many other airports of their continent each of them serves.
HUBS = {
    "ATL": 22, "ORD": 20, "DFW": 20, "DEN": 16, "LAX": 14, "JFK": 14, "SEA": 10, "YYZ": 10, "PTY": 4, "LHR": 20, "CDG": 20,
    "FRA": 20, "AMS": 18, "IST": 16, "MAD": 12, "OSL": 8, "HEL": 8, "GRU": 10, "BOG": 8, "SCL": 6, "JNB": 9, "ADD": 10,
    "DXB": 14, "DOH": 12, "SIN": 14, "HKG": 14, "HND": 10, "DEL": 8, "SYD": 8, "AKL": 6,
}  # fmt: skip
#: Places that one airport alone serves.
ONLY = {
    "SAV": "ATL", "BHM": "ATL", "CHS": "ATL", "JAN": "ATL", "PNS": "ATL", "TYS": "ATL", "FAI": "ANC", "YZF": "YYC",
    "FAR": "MSP", "LYR": "TOS", "IVL": "HEL", "USH": "EZE", "PUQ": "SCL", "CUZ": "LIM", "DUD": "CHC", "HBA": "MEL",
    "WDH": "JNB", "URC": "PEK", "OKA": "HND", "FNC": "LIS", "PWM": "BOS",
}  # fmt: skip


def routes() -> Iterable[tuple[object, ...]]:
    """source, target, km, flights_a_week: both directions are rows of their own."""
    with (DATA / "airports.csv").open(encoding="utf-8", newline="") as file:
        airports = {row["id"]: row for row in csv.DictReader(file)}
    draws = Draws(1)
    pairs: set[tuple[str, str]] = set()
    for code, hub in ONLY.items():
        pairs.add((hub, code))
    for hub, most in HUBS.items():
        near = sorted(
            (code for code in airports if code != hub and code not in ONLY),
            key=lambda code: (
                airports[code]["continent"] != airports[hub]["continent"],
                distance(airports[hub], airports[code]),
            ),
        )
        pairs |= {(hub, code) for code in near[:most]}
        pairs |= {(hub, other) for other in HUBS if other != hub and draws.chance(0.55)}
    for code in airports:
        if code not in ONLY and code not in HUBS:
            hub = min(HUBS, key=lambda other: distance(airports[other], airports[code]))
            pairs.add((hub, code))
    pairs |= {
        ("TOS", "OSL"),
        ("CHC", "AKL"),
        ("CHC", "SYD"),
        ("MEL", "SYD"),
        ("ANC", "SEA"),
        ("PEK", "HKG"),
        ("LIS", "MAD"),
    }
    seen: set[tuple[str, str]] = set()
    for one, other in sorted(pairs):
        if (other, one) in seen:
            continue
        seen.add((one, other))
        far = distance(airports[one], airports[other])
        weekly = max(3, round(draws.skewed(5, 120) * (2 if one in HUBS and other in HUBS else 1)))
        yield one, other, far, weekly
        yield other, one, far, weekly


FIRST = [
    "Ada",
    "Ben",
    "Cleo",
    "Dan",
    "Eve",
    "Finn",
    "Gia",
    "Hugo",
    "Ines",
    "Jon",
    "Kira",
    "Liam",
    "Mona",
    "Nils",
    "Olga",
    "Paul",
    "Rosa",
    "Sam",
    "Tess",
    "Udo",
    "Vera",
    "Will",
    "Xena",
    "Yan",
    "Zoe",
]
LAST = [
    "Abel",
    "Brandt",
    "Costa",
    "Duarte",
    "Ek",
    "Ferrari",
    "Gray",
    "Hahn",
    "Ito",
    "Jensen",
    "Kovacs",
    "Lund",
    "Moreau",
    "Novak",
    "Ortiz",
    "Petit",
    "Quinn",
    "Rossi",
    "Sato",
    "Tanaka",
]
DEPARTMENTS = {
    "Engineering": ("CTO", 60), "Sales": ("CSO", 45), "Finance": ("CFO", 20), "Operations": ("COO", 35), "People": ("CPO", 12)
}  # fmt: skip
OFFICES = ("Berlin", "Lisbon", "Boston", "Osaka")


def employees() -> Iterable[tuple[object, ...]]:
    """employee, name, title, department, office, manager, salary: the first has no manager."""
    draws = Draws(2)
    names = [f"{first} {last}" for last in LAST for first in FIRST]
    number = 1000

    def person(title: str, department: str, manager: int | str, salary: float) -> tuple[object, ...]:
        nonlocal number
        number += 1
        return (
            number, names.pop(draws.below(len(names))), title, department, draws.one(OFFICES), manager,
            round(salary, -2) if salary % 100 else int(salary),
        )  # fmt: skip

    yield person("CEO", "Board", "", 280000)
    chief = number
    for department, (title, size) in DEPARTMENTS.items():
        yield person(title, department, chief, 200000)
        leads = [number]
        for place in range(size):
            manager = leads[0] if place < 3 else leads[draws.below(len(leads))]
            lead = place < 3 or draws.chance(0.18)
            yield person(
                "Lead" if lead else "Staff", department, manager, 110000 if lead else 60000 + 100 * draws.below(300)
            )
            if lead:
                leads.append(number)


#: Accounts that pay nearly the same amount on in a circle, within days.
RING = ("K07", "K31", "K55", "K18", "K92")


def payments() -> Iterable[tuple[object, ...]]:
    """date, payer, payee, amount, reference: many rows a pair; the references of some are empty."""
    draws = Draws(3)
    accounts = [f"K{number:02}" for number in range(100)]
    rows: list[tuple[str, str, str, float, str]] = []
    for _ in range(1_400):
        payer, payee = accounts[draws.below(100)], accounts[int(draws.skewed(1, 100)) - 1]
        if payer == payee:
            continue
        month, day = 1 + draws.below(3), 1 + draws.below(28)
        reference = "" if draws.chance(0.1) else f"INV-{draws.below(9000) + 1000}"
        rows.append((f"2026-{month:02}-{day:02}", payer, payee, round(draws.skewed(20, 4000), 2), reference))
    for turn in range(3):
        for step, payer in enumerate(RING):
            payee = RING[(step + 1) % len(RING)]
            rows.append(
                (f"2026-03-{5 + 7 * turn + step:02}", payer, payee, 9800.0 - 50 * step - 10 * turn, "consulting")
            )
    return sorted(rows)


def imports() -> Iterable[tuple[object, ...]]:
    """source, target, line: module `source` imports module `target` at that line first. Without tests."""
    root = Path(nx.__file__).parent
    files = {
        ".".join(("networkx", *path.relative_to(root).with_suffix("").parts)).removesuffix(".__init__"): path
        for path in sorted(root.rglob("*.py"))
        if "tests" not in path.parts and path.name != "conftest.py"
    }
    for module, path in files.items():
        first: dict[str, int] = {}
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for name in _imported(node, package):
                while name and name not in files:
                    name = name.rpartition(".")[0]
                if name and name != module:
                    first[name] = min(node.lineno, first.get(name, node.lineno))  # type: ignore[attr-defined]
        for target, line in sorted(first.items()):
            yield module, target, line


def _imported(node: ast.AST, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        parts = package.split(".")
        base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
        start = ".".join(part for part in (base, node.module) if part)
        return [f"{start}.{alias.name}" for alias in node.names]
    return []


def novel() -> Iterable[tuple[object, ...]]:
    """source, target, weight: characters of Les Miserables, and in how many chapters they meet (D. E. Knuth, The Stanford GraphBase)."""
    return sorted((u, v, weight) for u, v, weight in nx.les_miserables_graph().edges(data="weight"))


def meetings() -> Iterable[tuple[object, ...]]:
    """woman, event: who was at which of 14 events (A. Davis, B. B. Gardner, M. R. Gardner, Deep South, 1941)."""
    return sorted(nx.davis_southern_women_graph().edges)


TABLES = {
    "routes": (("source", "target", "km", "flights_a_week"), routes),
    "employees": (("employee", "name", "title", "department", "office", "manager", "salary"), employees),
    "payments": (("date", "payer", "payee", "amount", "reference"), payments),
    "imports": (("source", "target", "line"), imports),
    "novel": (("source", "target", "weight"), novel),
    "meetings": (("woman", "event"), meetings),
}


def main() -> None:
    """Write all tables but the one that is written by hand."""
    for name, (header, rows) in TABLES.items():
        with (DATA / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows())


if __name__ == "__main__":
    main()
