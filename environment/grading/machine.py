"""How many fleets this machine bears at a time, and how much memory a party of them."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

MOST = 8
FLEET_MIB = 1200
"""What a fleet and the process that tests it take."""
CGROUP = Path("/sys/fs/cgroup")


def affordable_fleets(a_core: int = 1) -> int:
    """As many as cores and free memory bear, those of a container counted as its limits say; at least one."""
    return max(1, min(MOST, a_core * _cores(), _free_mib() // FLEET_MIB))


def bearable_mib(wanted: int) -> int:
    """So much memory for one party, or three quarters of the machine's where that is less: a party that takes too much
    shall be ended before the kernel ends whatever it likes."""
    total = psutil.virtual_memory().total >> 20
    limit = _cgroup("memory.max")
    return min(wanted, (min(total, int(limit) >> 20) if limit.isdecimal() else total) * 3 // 4)


def _cores() -> int:
    allowed = len(os.sched_getaffinity(0))
    quota, _, period = _cgroup("cpu.max").partition(" ")
    return min(allowed, max(1, int(quota) // int(period))) if quota.isdecimal() else allowed


def _free_mib() -> int:
    free = psutil.virtual_memory().available >> 20
    limit, used = _cgroup("memory.max"), _cgroup("memory.current")
    return min(free, (int(limit) - int(used)) >> 20) if limit.isdecimal() and used.isdecimal() else free


def _cgroup(name: str) -> str:
    """What the container's control group says; nothing when there is none."""
    try:
        return (CGROUP / name).read_text().strip()
    except OSError:
        return ""
