"""On what was measured, and whether it had anything else to do."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_SECONDS = 1.0
BUSY_SHARE = 0.10
"""More of all cores than this in use by others, and figures say more of the others than of us."""


@dataclass(frozen=True)
class Machine:
    """Facts that figures depend on."""

    cores: int
    memory_mib: int
    processor: str
    kernel: str
    python: str
    load: float
    """Average of the last minute when the measuring began."""
    busy: float
    """Share of all cores in use over a second right before it."""

    @property
    def quiet(self) -> bool:
        """Whether nothing else was running that matters."""
        return self.busy <= BUSY_SHARE and self.load <= self.cores / 2

    @property
    def warning(self) -> str:
        """What to know before believing the figures; empty on a quiet machine."""
        if self.quiet:
            return ""
        return (
            f"The machine isn't quiet: load {self.load:.1f} on {self.cores} cores, {100 * self.busy:.0f}% in use "
            "before anything was measured. Seconds are too long and rates too low; ratios in one run suffer less."
        )


def machine() -> Machine:
    """Look at this machine; takes a second."""
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        memory_mib=psutil.virtual_memory().total >> 20,
        processor=_processor(),
        kernel=platform.release(),
        python=platform.python_version(),
        load=os.getloadavg()[0],
        busy=psutil.cpu_percent(SAMPLE_SECONDS) / 100,
    )


def _processor() -> str:
    """The name that the kernel gives the processor; empty where it gives none."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
