"""How much at once: the fair queue, the account of memory, levels of degradation, what is shed."""
