"""Work off the event loop: zygote, workers, deadlines, memory caps, algorithms."""
