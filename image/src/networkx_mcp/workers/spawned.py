"""A worker where no process is forked: `python -m networkx_mcp.workers.spawned ZYGOTE AHEAD [MODULE ...]`.

A fork of a process that has loaded frameworks of macOS, or threads, may crash or hang. So a worker is a program of its own there,
which imports what it needs and says when it has. Descriptor 3 is its channel, 4 shows others that it runs.
"""

from __future__ import annotations

import socket
import sys

from networkx_mcp import platform
from networkx_mcp.workers import worker, zygote


def main(arguments: list[str]) -> None:
    """Import, then serve."""
    parent, ahead, *modules = arguments
    zygote.warm_up(modules)
    platform.say_begun()
    worker.main(socket.socket(fileno=3), int(parent), ahead=ahead == "1")


if __name__ == "__main__":
    main(sys.argv[1:])
