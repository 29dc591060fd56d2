"""NetworkX graphs over the arrays."""
