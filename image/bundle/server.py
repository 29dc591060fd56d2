"""The entry point of the bundle: `networkx-mcp`, with the arguments that the manifest names."""

from __future__ import annotations

from networkx_mcp.__main__ import main

if __name__ == "__main__":
    main()
