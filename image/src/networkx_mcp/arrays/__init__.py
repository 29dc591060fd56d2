"""One Arrow buffer per graph: ids, adjacency, attributes, overlay, formats. Imports no other package of ours."""
