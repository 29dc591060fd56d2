"""Processes that work off the event loop: zygote, workers, deadlines, memory caps."""
