"""What runs on graphs inside a worker: one module a task, networkx behind `engine.call`."""
