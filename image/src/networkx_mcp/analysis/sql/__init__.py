"""SQL over one graph, by DuckDB: its tables, what a statement may be, and the engine in a worker."""
