"""What the graph service hands out and what it writes into the store's opaque fields.

Graph ids, minted ids and fingerprints of requests live here too: they are the names by which a
graph and a write are known, and must be the same on every replica.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from networkx_mcp.arrays.formats import Hints, Reading
from networkx_mcp.arrays.state import EditSummary
from networkx_mcp.errors import GraphDamaged, InvalidInput, shortened
from networkx_mcp.store.protocol import DamagedHead, Head

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from networkx_mcp.arrays.state import GraphState

GRAPH_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
GRAPH_ID_RULE = "1 to 64 characters of a-z, 0-9, '_' and '-', the first a letter or digit"
#: What an id can begin with; '' too.
PREFIX = re.compile(r"[a-z0-9_-]{0,64}")
MAX_DESCRIPTION = 2000
#: Printable ASCII without spaces: what an HTTP header and every store can carry.
OPERATION_ID = re.compile(r"[!-~]{1,128}")


class Meta(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a head says of a graph beyond its counts; opaque to the store."""

    directed: bool = False
    description: str = ""
    #: What the snapshot takes in memory, in bytes; 0: there is none, or release 0.1.0 wrote it, which does not look at this.
    memory: int = 0


class GraphInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A graph without its contents. Times are Unix seconds, `stored_bytes` snapshot and log."""

    version: int
    nodes: int
    edges: int
    #: These two have defaults because a write that is repeated may have been an edit the first time (see `keeping`).
    graph_id: str = ""
    directed: bool = False
    #: Names this creation or replacement of the graph: versions begin again after a deletion.
    uid: str = ""
    description: str = ""
    created: float = 0.0
    updated: float = 0.0
    stored_bytes: int = 0
    #: The write had happened before under the same operation_id; this is its first result.
    repeated: bool = False


class UploadedGraph(GraphInfo, frozen=True, kw_only=True):
    """A graph whose contents came as a file, and what was done to read it."""

    reading: Reading


class Source(msgspec.Struct, frozen=True):
    """A graph that another was made of."""

    graph_id: str
    version: int


class DerivedGraph(GraphInfo, frozen=True, kw_only=True):
    """A graph that was made of others, and what there is to say of that; a repeat of the write no longer knows it."""

    sources: list[Source] = []
    #: What was merged, left out and missing, by name.
    counts: dict[str, int] = {}
    notes: list[str] = []
    #: Nodes and edges that the view of the first showed; None without one.
    view: dict[str, int] | None = None
    engine: str = ""
    seconds: float = 0.0
    elements: int = 0

    @classmethod
    def of(
        cls, info: GraphInfo, sources: Sequence[Source] = (), facts: Mapping[str, Any] | None = None
    ) -> DerivedGraph:
        """`info`, with the sources and what the worker told."""
        return cls(**msgspec.structs.asdict(info), sources=list(sources), **(facts or {}))


class EditOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """An edit that is durable: the version it made, the counts after it, and what changed."""

    version: int
    nodes: int
    edges: int
    summary: EditSummary = EditSummary()
    repeated: bool = False


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """A graph that is gone; `version` was its last, 0 where its head was damaged and nobody knows."""

    graph_id: str
    version: int
    repeated: bool = False


class GraphPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some graphs in order of id. `next` is the `after` of the following page; None: no more."""

    items: list[GraphInfo]
    #: Ids of those that the store cannot tell more of.
    damaged: list[str] = []
    next: str | None = None


class Stamp(NamedTuple):
    """What a graph is at: no other contents have the same, also not of a graph of that name that comes later."""

    version: int
    uid: str


class Upload(NamedTuple):
    """A spooled file that becomes a graph. It is read from its beginning, and its descriptor stays the caller's."""

    fd: int
    #: Empty: as content and name (`hints`) tell.
    format: str
    #: Those of the format, and `description`.
    options: dict[str, Any] | None = None
    hints: Hints = Hints()


class Expected(NamedTuple):
    """What a write's caller takes the graph to be; without a version anything."""

    #: 0: there is none.
    version: int | None = None
    #: What the uid begins with.
    uid: str = ""

    def met_by(self, head: Head | None) -> bool:
        """Whether the graph, None where there is none, is that."""
        if self.version is None:
            return True
        if head is None:
            return self.version == 0
        return head.version == self.version and head.uid.startswith(self.uid)


class View(NamedTuple):
    """A graph caught up with the store. Reads of `state` agree with `head` until the next await."""

    state: GraphState
    head: Head
    info: GraphInfo


_encoder = msgspec.msgpack.Encoder()
_meta_decoder = msgspec.msgpack.Decoder(Meta)


def encode_meta(meta: Meta) -> bytes:
    return _encoder.encode(meta)


def decode_meta(raw: bytes) -> Meta:
    """Raises msgspec.DecodeError on bytes that no version of this service wrote."""
    return _meta_decoder.decode(raw)


def meta_of(head: Head) -> Meta:
    """What a head says beyond its counts. Raises GraphDamaged."""
    try:
        return decode_meta(head.meta)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise GraphDamaged(
            f"what the store says of graph {head.graph_id} cannot be read ({error}); restore it from a backup"
        ) from error


def info_of(head: Head) -> GraphInfo:
    """The public face of a head. Raises GraphDamaged."""
    meta = meta_of(head)
    return GraphInfo(
        graph_id=head.graph_id,
        version=head.version,
        directed=meta.directed,
        nodes=head.nodes,
        edges=head.edges,
        uid=head.uid,
        description=meta.description,
        created=head.created,
        updated=head.updated,
        stored_bytes=head.snapshot_bytes + head.log_bytes,
    )


def listed(head: Head | DamagedHead) -> GraphInfo | None:
    """What a list says of a graph; None for one that is damaged, so that it does not take the others with it."""
    if isinstance(head, DamagedHead):
        return None
    try:
        return info_of(head)
    except GraphDamaged:
        return None


def check_graph_id(graph_id: str, field: str = "graph_id") -> str:
    """`graph_id` itself. Raises InvalidInput (naming `field`) that states the rule."""
    if not isinstance(graph_id, str) or not GRAPH_ID.fullmatch(graph_id):
        near = _as_graph_id(graph_id) if isinstance(graph_id, str) else ""
        hint = f", for example {near}" if near else ""
        raise InvalidInput(f"{field} {shortened(repr(graph_id))} is not valid: use {GRAPH_ID_RULE}{hint}", field=field)
    return graph_id


def _as_graph_id(text: str) -> str:
    """The id that is nearest to what somebody called a graph, as the name of its file; empty where there is none."""
    return re.sub(r"[^a-z0-9_-]+", "-", text[:64].lower().partition(".")[0]).strip("-_")


def check_prefix(prefix: str) -> str:
    """`prefix` itself. Raises InvalidInput for one that begins no graph id."""
    if not PREFIX.fullmatch(prefix):
        raise InvalidInput(
            f"prefix {shortened(repr(prefix))} begins no graph_id: ids have {GRAPH_ID_RULE}", field="prefix"
        )
    return prefix


def check_operation_id(operation_id: str | None) -> str | None:
    """`operation_id` itself. Raises InvalidInput that states the rule."""
    if operation_id is not None and not OPERATION_ID.fullmatch(operation_id):
        raise InvalidInput(
            f"operation_id {shortened(repr(operation_id))} is not valid: use 1 to 128 printable ASCII characters without spaces",
            field="operation_id",
        )
    return operation_id


def check_description(description: str) -> str:
    if len(description) > MAX_DESCRIPTION:
        raise InvalidInput(
            f"description has {len(description)} characters; at most {MAX_DESCRIPTION} are allowed", field="description"
        )
    return description


def mint_graph_id(tenant: str, operation_id: str | None) -> str:
    """A new graph id: `g-` and 12 base32 characters (60 bits).

    With an operation_id the id follows from it, so that a repeated creation names the same graph
    and the store can recognise it; without one it is random.
    """
    if operation_id is None:
        raw = secrets.token_bytes(8)
    else:
        raw = hashlib.blake2b(f"{tenant}\0{operation_id}".encode(), digest_size=8).digest()
    return "g-" + base64.b32encode(raw).decode("ascii").lower()[:12]


def mint_uid() -> str:
    """A name for one creation of a graph, never used twice."""
    return secrets.token_hex(8)


def fingerprint(action: str, *parts: Any) -> str:
    """Digest of a request. Parts are msgpack-able; equal requests have equal digests on any replica."""
    return hashlib.blake2b(_encoder.encode([action, *parts]), digest_size=16).hexdigest()


def below(prefix: str) -> str:
    """A string just below every id that starts with `prefix` (see `check_prefix`): the cursor at which they begin."""
    return prefix[:-1] + chr(ord(prefix[-1]) - 1) + "~" if prefix else ""
