"""One Arrow buffer per graph: ids, adjacency, attributes, overlay, formats. Imports no other room."""

from .builder import DuplicateEdge, GraphBuilder
from .frozen import FrozenGraph, compress, decompress
from .ids import NodeId, check_id
from .state import Counts, EditSummary, GraphState, Prepared

__all__ = [
    "Counts",
    "DuplicateEdge",
    "EditSummary",
    "FrozenGraph",
    "GraphBuilder",
    "GraphState",
    "NodeId",
    "Prepared",
    "check_id",
    "compress",
    "decompress",
]
