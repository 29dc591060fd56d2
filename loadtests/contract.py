"""The contract's table of users: success and latency at 10, 50 and 100 users, and beyond, without think time."""

from __future__ import annotations

from loadtests.measurement import Measurement

#: What the system that this one replaces published for its users: success in percent, without a script behind it.
PUBLISHED = {10: 98.5, 50: 95.2, 100: 87.3}
#: What its own report of a later run says, same unit.
REPORTED = {10: 100.0, 50: 23.9, 100: 0.0}
#: Nodes that it promised, and memory in MiB.
PROMISED_NODES, PROMISED_MIB = 10_000, 2048


def users(made: Measurement) -> None:
    """Each number of users `--repeats` times, under the limits as they are set."""
    for repeat in range(made.options.repeats):
        for count in [int(text) for text in made.options.users.split(",")]:
            made.point(count, repeat)
    made.result()
