"""Checks that the services can be started at all, and chooses what to start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from environment.fleet.compose.model import ComposeFile, Condition, Service
from environment.fleet.errors import ComposeError, DependencyCycle, UnknownService


def check(compose: ComposeFile) -> None:
    """Raises ComposeError (or a kind of it) for what no order of starting could satisfy."""
    for service in compose.services.values():
        for dependency, condition in service.depends_on.items():
            _check_dependency(compose.services, service, dependency, condition)
    try:
        TopologicalSorter({name: list(service.depends_on) for name, service in compose.services.items()}).prepare()
    except CycleError as error:
        raise DependencyCycle(list(reversed(error.args[1]))) from None
    _check_published(compose.services.values())


def closure(compose: ComposeFile, wanted: Iterable[str]) -> list[str]:
    """The wanted services with everything they depend on, in the file's order; all of them when none is named.

    Raises UnknownService.
    """
    pending = list(wanted)
    if not pending:
        return list(compose.services)
    chosen: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in compose.services:
            raise unknown(name, compose.services)
        if name not in chosen:
            chosen.add(name)
            pending.extend(compose.services[name].depends_on)
    return [name for name in compose.services if name in chosen]


def unknown(name: str, known: Iterable[str], place: str = "") -> UnknownService:
    """The error for a service that does not exist, with the nearest name that does."""
    names = list(known)
    close = get_close_matches(name, names, n=1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    return UnknownService(f"{place}there is no service {name!r}", f"{hint}Services: {', '.join(names)}.")


def _check_dependency(services: Mapping[str, Service], service: Service, dependency: str, condition: Condition) -> None:
    if dependency not in services:
        raise unknown(dependency, services, f"services.{service.name}.depends_on: ")
    if condition is Condition.HEALTHY and services[dependency].healthcheck is None:
        raise ComposeError(
            f"services.{service.name} waits for {dependency} to be healthy, but {dependency} has no health check",
            f"Give services.{dependency} a `healthcheck:`, or wait for `service_started`.",
        )


def _check_published(services: Iterable[Service]) -> None:
    owners: dict[int, str] = {}
    for service in services:
        for port in service.ports:
            if port.published is None:
                continue
            other = owners.setdefault(port.published, service.name)
            if other != service.name:
                raise ComposeError(
                    f"services {other} and {service.name} both publish host port {port.published}",
                    "Give one of them another host port.",
                )
