"""Metrics, logs, audit and traces."""
