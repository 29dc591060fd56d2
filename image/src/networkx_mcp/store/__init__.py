"""Durable graphs: one protocol, on SQLite and on Redis/Valkey."""
