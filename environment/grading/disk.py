"""What a party takes of a disk that gets full.

An agent's files are counted after each of its commands (`usage`), and each file has a longest length. In between a
command can make as many as the disk bears, and so can the code under test, which would keep every other grading on the
machine from being one. So who takes much is ended before that. The files are only counted while little is left.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from environment.fleet.walls.usage import MOST_MIB, held_mib, used_mib
from environment.fleet.zygote import descendants

SPARE_MIB = 10 * 1024
"""What other gradings need at a time at most, and what can be written between two looks."""
SHARE = 0.01
"""Of a core, at most, for counting."""


@dataclass
class Disk:
    """Looks at the files of all that descends from a process, those in some folders and those that it holds open."""

    root: int
    folders: Sequence[str]
    due: float = field(default=0.0, init=False)

    def look(self) -> bool:
        """Whether it takes too much of a disk on which little is left. Raises OSError."""
        full = any(_free_mib(folder) < SPARE_MIB for folder in self.folders if os.path.isdir(folder))
        if not full or time.monotonic() < self.due:
            return False
        began = time.process_time()
        held = held_mib(descendants(self.root), [*self.folders, tempfile.gettempdir()])
        too_much = used_mib(self.folders) + held > MOST_MIB
        self.due = time.monotonic() + (time.process_time() - began) / SHARE
        return too_much


def _free_mib(folder: str) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize >> 20
