"""How much a party may use."""

from __future__ import annotations

import resource
from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """Of each process, but for `processes`; 0 leaves the caller's limit as it is."""

    memory_mib: int = 0
    """Address space. Programs that reserve much more than they use need to go without."""
    file_mib: int = 4096
    """The longest file that can be written."""
    processes: int = 0
    """Processes and threads together of the user, where the party is a user of its own or has its own namespace."""
    seconds: int = 0
    """Of a processor's time."""

    def apply(self, alone: bool) -> None:
        """Limit this process and its descendants; `alone` says that the user's other processes are of this party."""
        wanted = [
            (resource.RLIMIT_CORE, 0, 1),
            (resource.RLIMIT_AS, self.memory_mib * MIB, self.memory_mib),
            (resource.RLIMIT_FSIZE, self.file_mib * MIB, self.file_mib),
            (resource.RLIMIT_CPU, self.seconds, self.seconds),
            (resource.RLIMIT_NPROC, self.processes, self.processes if alone else 0),
        ]
        for kind, value, given in wanted:
            if given:
                most = resource.getrlimit(kind)[1]
                value = value if most == resource.RLIM_INFINITY else min(value, most)
                resource.setrlimit(kind, (value, value))
