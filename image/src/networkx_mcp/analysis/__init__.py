"""What is computed of graphs: tasks, the catalogue of algorithms, the engines, what a call costs."""
