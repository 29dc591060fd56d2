"""Graphs over their log: operations, versions, cache, quotas."""
