"""`networkx-mcp stdio`: the server for a host that starts its servers itself and talks to them over pipes."""
