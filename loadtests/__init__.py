"""Load on a running server, and what it shows: users, capacity search, soak, evidence. See README.md here.

The modules of `cluster.MODULES` need Python's standard library, uvloop and `networkx_mcp.mcp_wire` alone, which is sent
along, so that they run inside a pod of the server's image; everything else runs where this checkout is.
"""
