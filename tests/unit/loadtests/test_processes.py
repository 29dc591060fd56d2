"""Usage of a container is read from cgroup v1 and v2 alike."""

from __future__ import annotations

from loadtests import processes

V1 = """== cpuacct/cpuacct.usage
2500000000
== memory/memory.usage_in_bytes
1000
== memory/memory.max_usage_in_bytes
5000
== memory/memory.stat
cache 10
inactive_file 7
total_inactive_file 300
== fds
12
"""
V2 = """== cpu.stat
usage_usec 2500000
user_usec 1
== memory.current
1000
== memory.peak
5000
== memory.stat
inactive_file 300
== fds
12
"""


def test_both_versions_say_the_same() -> None:
    for text in (V1, V2):
        found = processes.parse(text)
        assert (found.cpu_seconds, found.memory, found.peak_memory, found.file_descriptors) == (2.5, 700, 5000, 12)


def test_this_machine_has_worked_and_this_process_has_memory() -> None:
    import os

    found = processes.of_process(os.getpid())
    assert found.cpu_seconds > 0
    assert found.memory > 2**20
    assert processes.machine_cpu_seconds() > 0


def test_a_memory_file_counts_though_nobody_has_it_mapped() -> None:
    import os

    before = processes.of_process(os.getpid()).memory
    descriptor = os.memfd_create("graph")
    try:
        os.write(descriptor, b"x" * 2**25)
        assert processes.of_process(os.getpid()).memory >= before + 2**24
    finally:
        os.close(descriptor)
