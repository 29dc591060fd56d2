"""Write docs/formats.md from the records of the formats, so that they cannot part.

`--check` writes nothing and exits with 1 when the file differs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from generated import settle

from networkx_mcp.arrays.formats import COMMON, OF_UPLOADS, RECORDS, Format, Option

TARGET = Path(__file__).resolve().parents[1] / "docs" / "formats.md"

INTRO = """\
# Formats

<!-- Written by scripts/format_docs.py from the records in image/src/networkx_mcp/arrays/formats: change those, then `make docs`. -->

Graphs are read from files and written to files. `PUT /graphs/{id}` takes a file as the contents of a graph, `GET
/graphs/{id}?format=NAME` returns a graph as a file, and the tool `load_graph` takes the text of a file that is small enough to pass through a model.

```console
$ curl -T roads.csv 'http://127.0.0.1:8080/graphs/roads?filename=roads.csv'
$ curl 'http://127.0.0.1:8080/graphs/roads?format=graphml'
```

"""

READING = """
## How a file is read

**Its format** is the one that you name (`?format=`, or the argument `format` of `load_graph`), else that of the content type. Where
neither says it, the server looks at the content, or at the name of the file (`?filename=`, or `Content-Disposition`), and the answer says
which. The content is enough for all formats but three, which you name: adjacency lists that are not networkx's, graph6 without its header, and
tables whose header does not name the ends. The server refuses file names of formats that it does not read (`.sif`, `.tgf`, `.graph`, ...), and
a file that is surely of another format than you say; its error names the right one.

**Its encoding** is UTF-8, with or without a byte order mark. XML may declare another one. For other text in another encoding, say so:
`Content-Type: text/csv; charset=windows-1252`, or the option `encoding`. The content of `load_graph` is a string, so what it
declares does not count.

**Compressed files, workbooks and databases**: the server refuses them, and the error says what to do.

**Nothing happens in silence.** The answer to `PUT` has an object `reading`, as has the data of `load_graph`, and its text has a line for each
thing that you might not expect:

```json
{"format": "csv", "format_from": "content", "source_column": "Source", "target_column": "Target", "merged_edges": 1,
 "skipped_edges": 0, "merged_nodes": 0, "missing_values": 2, "rows": 312, "skipped_rows": 0, "notes": ["the graph is directed, as the column 'Type' says"]}
```

**A table of nodes beside a table of edges** goes into the same graph with `mode=merge`:

```console
$ curl -T routes.csv 'http://127.0.0.1:8080/graphs/air?format=csv&source=from&target=to'
$ curl -T airports.csv 'http://127.0.0.1:8080/graphs/air?format=csv&mode=merge&part=nodes&id=IATA&if_missing=skip'
```

Attributes are merged and those of the file count; nodes, edges and attributes that it does not name stay as they are. Either table may
come first. Files of every format can be merged, in one write under the version that was read (`If-Match`, `Idempotency-Key` and
limits hold as ever); the answer says what is new in the graph (`added_nodes`, `added_edges`), what has other attributes now
(`changed_nodes`, `changed_edges`) and what was left out (`unknown_nodes`, `unknown_edges`). Ids of a file without types are text or integers as those
of the graph are, and edges have a direction as its edges have.

**SQL shapes a table before it is a graph**: `sql` is one SELECT over the table `rows` (DuckDB's), in CSV, Parquet and Arrow. Payments become
edges with their sum and number:

```console
$ curl -T payments.csv 'http://127.0.0.1:8080/graphs/pay?format=csv&directed=true' \\
    --url-query 'sql=SELECT payer AS source, payee AS target, sum(amount) AS amount, count(*) AS n FROM rows GROUP BY ALL'
```

The result is read as any table, so `source`, `target`, `part`, `id` and `mode` speak of its columns. It runs in the process that reads the file, which
can open nothing, and reads `rows` alone. Columns of CSV have the types of their cells; numbers with zeros before them (`007`) stay text. The answer
says how many rows there were (`rows`) and how many the SELECT made (`selected_rows`).

**A broken file changes nothing.** The error names the line and what to do.

**NaN is a missing value** in every format, because JSON has none: the attribute is left out and counted. Infinite numbers are
refused, or stay text in CSV, which has no types.

**An edge that comes twice** is an error unless you say what it means: a graph has no parallel edges. In an undirected graph `a b` and `b a` are
one edge; `directed=true` makes them two.
"""


def main() -> int:
    """The command line. Returns the exit status."""
    return settle({TARGET: "".join(document())}, "the records of the formats say")


def document() -> Iterator[str]:
    """The whole document, in pieces."""
    yield INTRO
    yield "| format | in | out | file names | content type |\n|---|---|---|---|---|\n"
    for record in RECORDS.values():
        read, write = ("yes" if way is not None else "no" for way in (record.parse, record.write))
        names = ", ".join(f"`.{extension}`" for extension in record.extensions)
        types = ", ".join(f"`{media}`" for media in record.content_types)
        yield f"| [{record.name}](#{record.name}) | {read} | {write} | {names} | {types} |\n"
    yield READING
    yield "\n## Options of all formats\n\nThese are for reading. In a request they are query parameters, in `load_graph` arguments.\n\n"
    yield from _options((*OF_UPLOADS, *COMMON))
    for record in RECORDS.values():
        yield from _section(record)


def _section(record: Format) -> Iterator[str]:
    yield f"\n## {record.name}\n\n{record.about}\n"
    if record.parse is not None and record.write is not None:
        yield f"\n{_kept(record)}\n"
    if record.reads:
        yield "\n" + "".join(f"- {sentence}\n" for sentence in record.reads)
    if record.options:
        yield "\n"
        yield from _options(record.options)
    if record.example:
        yield f"\n```\n{record.example}```\n"


def _kept(record: Format) -> str:
    words = {
        "direction": "whether edges have a direction",
        "ids": "the types of ids",
        "nodes": "nodes without edges",
        "node attributes": "attributes of nodes",
        "edge attributes": "attributes of edges",
        "graph attributes": "attributes of the graph",
    }
    if record.undirected:
        words["direction"] = "directed edges"
    lost = [word for part, word in words.items() if part not in record.keeps]
    if not lost:
        return "A graph comes back exactly as it was written."
    kept = [word for part, word in words.items() if part in record.keeps]
    return f"A file keeps {_and(kept)}. It has no place for {_and(lost, 'or')}."


def _and(words: list[str], last: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def _options(options: Iterable[Option]) -> Iterator[str]:
    yield "| option | when | values | default | what it does |\n|---|---|---|---|---|\n"
    for option in options:
        when = " and ".join(word for word, on in (("reading", option.reading), ("writing", option.writing)) if on)
        values = ", ".join(f"`{value}`" for value in option.values) or "text"
        default = f"`{option.default}`" if option.default in option.values else option.default
        cells = (f"`{option.name}`", when, values, default, option.meaning)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    sys.exit(main())
