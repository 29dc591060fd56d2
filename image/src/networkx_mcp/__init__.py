"""networkx-mcp: a graph server for language models (NetworkX over the Model Context Protocol)."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("networkx-mcp")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"
