"""Load on a running server, and what it shows: users, capacity search, soak, evidence. See README.md here.

The modules of `cluster.MODULES` need Python's standard library and uvloop alone, so
that they run inside a pod of the server's image; everything else runs where this checkout is.
"""
