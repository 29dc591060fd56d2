"""The ways of ours to make a graph of one, beside networkx's algorithms: their arguments, as data. Nothing here imports networkx."""

from __future__ import annotations

from networkx_mcp.analysis import catalogue
from networkx_mcp.analysis.catalogue import Algorithm, Argument
from networkx_mcp.errors import NotFound, echoed, nearest_words

_WEIGHT = Argument("weight", "weight", "attribute", default="weight")


def _way(name: str, graph: str, *arguments: Argument) -> Algorithm:
    return Algorithm(name, "", name, "", graph, "derive", arguments=list(arguments))


OWN: dict[str, Algorithm] = {
    way.name: way
    for way in (
        _way("reverse", "directed"),
        _way(
            "to_undirected",
            "directed",
            Argument("join", "join", "choice", default="sum", choices=["sum", "min", "max", "mean", "first", "last"]),
            _WEIGHT,
            Argument("reciprocal", "reciprocal", "boolean", default=False),
        ),
        _way(
            "relabel",
            "any",
            Argument("attribute", "attribute", "attribute", required=True),
            Argument("keep_as", "keep_as", "string"),
        ),
        _way("largest_component", "any"),
        _way("quotient", "any", Argument("attribute", "attribute", "attribute", required=True), _WEIGHT),
        _way("backbone", "any", Argument("alpha", "alpha", "number", default=0.05), _WEIGHT),
    )
}


def get(name: str) -> Algorithm:
    """A way of ours, or the algorithm of the catalogue. Raises NotFound (field `algorithm`)."""
    own = OWN.get(name.strip().lower())
    if own is not None:
        return own
    try:
        return catalogue.get(name, "algorithm")
    except NotFound as error:
        near = nearest_words(name.strip().lower(), OWN, 1, 0.6)
        if not near:
            raise
        raise NotFound(
            f"algorithm: there is no algorithm {echoed(name)}. Did you mean {near[0]}?",
            kind="algorithm",
            field="algorithm",
            nearest=[*near, *error.data["nearest"]],
        ) from None
