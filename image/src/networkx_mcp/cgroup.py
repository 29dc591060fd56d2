"""What the kernel grants this process: memory and CPU of its control group, v1 and v2.

Inside a container the group's own directory is mounted at the root of /sys/fs/cgroup; outside, the
path in /proc/self/cgroup leads to it. Both are tried.
"""

from __future__ import annotations

from pathlib import Path

from networkx_mcp import platform

ROOT = Path("/sys/fs/cgroup")
# v1 writes "no limit" as a page-rounded LONG_MAX.
_UNLIMITED = 1 << 60
#: Of version 2's memory.stat (Documentation/admin-guide/cgroup-v2.rst); none contains another.
_KERNEL_FIELDS = ("sock", "kernel_stack", "pagetables", "sec_pagetables", "percpu", "slab_unreclaimable")


def _own_paths() -> dict[str, str]:
    """Controller name -> path of this process below that controller's root ('' is v2)."""
    paths: dict[str, str] = {}
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()
    except OSError:
        return paths
    for line in lines:
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            paths[controller] = path.lstrip("/")
    return paths


def _read(controller: str, v1_name: str, v2_name: str) -> str | None:
    own = _own_paths()
    v1, v2 = ROOT / controller, ROOT
    candidates = [
        v1 / own.get(controller, "") / v1_name,
        v1 / v1_name,
        v2 / own.get("", "") / v2_name,
        v2 / v2_name,
    ]
    for candidate in candidates:
        try:
            return candidate.read_text(encoding="ascii").strip()
        except OSError:
            continue
    return None


def memory_limit() -> int | None:
    """Memory limit in bytes, None where there is none."""
    text = _read("memory", "memory.limit_in_bytes", "memory.max")
    if text is None or text == "max":
        return None
    value = int(text)
    return value if value < _UNLIMITED else None


def memory_working_set() -> int | None:
    """Working set in bytes as kubelet counts it: usage less inactive page cache. None outside a group."""
    usage = _read("memory", "memory.usage_in_bytes", "memory.current")
    stat = _read("memory", "memory.stat", "memory.stat")
    if usage is None or stat is None:
        return None
    fields = dict(line.split(" ", 1) for line in stat.splitlines())
    inactive = int(fields.get("total_inactive_file", fields.get("inactive_file", "0")))
    return max(0, int(usage) - inactive)


def memory_kernel() -> int:
    """Bytes of the group's limit that the kernel itself holds and cannot give back: buffers of sockets, page tables, its own
    records. 0 in version 1, where a limit does not count sockets, and outside a group.
    """
    text = _read("memory", "memory.stat", "memory.stat")
    fields = dict(line.split(" ", 1) for line in (text or "").splitlines())
    return sum(int(fields.get(name, "0")) for name in _KERNEL_FIELDS) if "sock" in fields else 0


def cpu_limit() -> float:
    """CPUs that this process may use: the group's quota, else the number of CPUs it may run on."""
    available = float(platform.cpus())
    quota = _read("cpu", "cpu.cfs_quota_us", "cpu.max")
    if quota is None:
        return available
    if " " in quota:  # v2: "<quota|max> <period>"
        value, period = quota.split()
        if value == "max":
            return available
        return min(available, int(value) / int(period))
    period_text = _read("cpu", "cpu.cfs_period_us", "cpu.max")
    if int(quota) <= 0 or period_text is None:
        return available
    return min(available, int(quota) / int(period_text))
