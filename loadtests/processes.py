"""CPU, memory and file descriptors of a server: a process and its children here, or a container in a pod."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

MIB = 2**20
#: Prints what `parse` reads; needs sh, cat, ls and wc alone. cgroup v1 and v2.
SCRIPT = """cd /sys/fs/cgroup
for f in cpu.stat cpuacct/cpuacct.usage memory.current memory/memory.usage_in_bytes memory.peak \
  memory/memory.max_usage_in_bytes memory.stat memory/memory.stat; do
  if [ -r $f ]; then echo "== $f"; cat $f; fi
done
echo "== fds"; ls /proc/1/fd | wc -l"""


@dataclass(frozen=True)
class ProcessUsage:
    """`at` on the monotonic clock; CPU in seconds since the start, memory in bytes."""

    at: float
    cpu_seconds: float
    memory: int
    peak_memory: int
    file_descriptors: int


def of_process(pid: int, peak: int = 0) -> ProcessUsage:
    """A process and everything below it. Memory is as a control group counts it: what is shared counts once, and
    graphs in memfds count whether a process has them mapped or not."""
    cpu, private, descriptors = 0.0, 0, 0
    graphs: dict[tuple[int, int], int] = {}
    root = psutil.Process(pid)
    for process in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.Error, OSError):
            times = process.cpu_times()
            cpu += times.user + times.system + times.children_user + times.children_system
            private += _private(process.pid)
            graphs |= _memfds(process.pid)
            if process.pid == pid:
                descriptors = process.num_fds()
    memory = private + sum(graphs.values())
    return ProcessUsage(time.monotonic(), cpu, memory, max(peak, memory), descriptors)


def _private(pid: int) -> int:
    """Proportional set size without shared memory, in bytes."""
    found = {"Pss:": 0, "Pss_Shmem:": 0}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        name, *rest = line.split()
        if name in found:
            found[name] = int(rest[0]) * 1024
    return found["Pss:"] - found["Pss_Shmem:"]


def _memfds(pid: int) -> dict[tuple[int, int], int]:
    """Memory files that a process has open: (device, inode) -> bytes of memory."""
    found = {}
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if str(entry.readlink()).startswith("/memfd:"):
                told = entry.stat()
                found[told.st_dev, told.st_ino] = told.st_blocks * 512
    return found


def parse(text: str) -> ProcessUsage:
    """What SCRIPT printed. Memory is the working set as kubelet counts it: usage less inactive file pages."""
    parts: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("== "):
            name = line[3:]
            parts[name] = ""
        elif name:
            parts[name] += line + "\n"

    def fields(name: str) -> dict[str, int]:
        return {key: int(value) for key, value in (line.split() for line in parts.get(name, "").splitlines())}

    if "memory.current" in parts:
        usage, peak, stat = int(parts["memory.current"]), int(parts.get("memory.peak", "0")), fields("memory.stat")
        cpu, inactive = fields("cpu.stat")["usage_usec"] / 1e6, stat.get("inactive_file", 0)
    else:
        usage = int(parts["memory/memory.usage_in_bytes"])
        peak = int(parts["memory/memory.max_usage_in_bytes"])
        cpu = int(parts["cpuacct/cpuacct.usage"]) / 1e9
        inactive = fields("memory/memory.stat").get("total_inactive_file", 0)
    return ProcessUsage(time.monotonic(), cpu, max(0, usage - inactive), peak, int(parts["fds"]))


def machine_cpu_seconds() -> float:
    """Busy CPU seconds of this machine since it started, waiting for disks not counted."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    busy = sum(fields) - fields[3] - fields[4]
    return busy / 100


def machine_allocated_mib() -> float:
    """Memory handed out by this machine's kernel since it started, in MiB, given back or not."""
    lines = (line.split() for line in Path("/proc/vmstat").read_text(encoding="ascii").splitlines())
    pages = sum(int(value) for name, value in lines if name.startswith("pgalloc_"))
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB
