"""Graphs that are made of graphs: by SQL, by an algorithm, by a combination, by a change of all edges or ids."""
