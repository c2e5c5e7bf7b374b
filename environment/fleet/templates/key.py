"""Which fleets may use templates, and what tells their templates apart before any file of the project is looked at."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import environment.fleet
from environment.fleet.compose import Service
from environment.fleet.plan import BASE_ENVIRONMENT, Plan

FORMAT = 1
CLOCK_VOLUME = "clock"


class Scope:
    """What a template of a plan covers: its jobs, the servers they work on, the volumes they share."""

    def __init__(self, plan: Plan) -> None:
        compose = plan.compose
        self.jobs = [name for name in plan.chosen if compose.services[name].built and compose.is_job(name)]
        waited = {name: self._kinds(plan, name) for name in self.jobs}
        groups = set().union(*waited.values())
        self.servers = [name for name, server in plan.servers.items() if server.group in groups]
        services = [compose.services[name] for name in self.jobs]
        self.volumes = sorted({mount.source for job in services for mount in job.mounts if _is_volume(mount.source)})
        self.replayed = frozenset(name for name, kinds in waited.items() if len(kinds) > 1)
        """Jobs that wait for servers of more than one kind may have told one of them where another lies, and that
        changes from fleet to fleet: they run again, on the template's data. Every job can be run again without harm."""
        self.usable = bool(self.servers) and all(self._is_traceable(plan, job) for job in services)

    @staticmethod
    def _kinds(plan: Plan, name: str) -> set[str]:
        return {plan.servers[other].group for other in plan.service(name).depends_on if other in plan.servers}

    def _is_traceable(self, plan: Plan, job: Service) -> bool:
        """Not when it sees the fleet's own clock, waits for a service or is no module that the zygote runs."""
        if any(mount.source == CLOCK_VOLUME for mount in job.mounts):
            return False
        if (job.command or ())[:2] not in (("python", "-m"), ("python3", "-m")):
            return False
        others = (name for name in job.depends_on if plan.service(name).built)
        return all(name in self.jobs or plan.service(name).healthcheck is None for name in others)


def key(plan: Plan, scope: Scope, user: tuple[int, int] | None) -> str:
    """The digest of everything but the project's files: compose entries after interpolation, what is installed, the
    fleet's own code, users. `user` is the one that services run as."""
    told: list[object] = [FORMAT, sys.version, os.geteuid(), user]
    told += [(name, os.environ.get(name)) for name in BASE_ENVIRONMENT]
    told += [_entry(plan.service(name)) for name in (*scope.jobs, *scope.servers)]
    told += [*_installed(), *_own_code()]
    for name in scope.servers:
        for program in plan.servers[name].programs():
            found = program.stat()
            told.append((str(program), found.st_size, found.st_mtime_ns))
    return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def _entry(service: Service) -> str:
    return repr(sorted(asdict(service).items()))


def _installed() -> Iterator[str]:
    """Names of the installed distributions, which end in their versions."""
    for folder in dict.fromkeys(sys.path):
        if folder and os.path.isdir(folder):
            yield from sorted(name for name in os.listdir(folder) if name.endswith((".dist-info", ".egg-info")))


def _own_code() -> Iterator[tuple[str, str]]:
    root = Path(environment.fleet.__file__).parent
    for file in sorted(root.rglob("*.py")):
        yield str(file.relative_to(root)), hashlib.sha256(file.read_bytes()).hexdigest()


def _is_volume(source: str) -> bool:
    return not source.startswith((".", "/", "~"))
