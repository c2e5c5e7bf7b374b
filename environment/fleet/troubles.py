"""What is wrong with a fleet, each cause once: which parts end with it, what it says, and what waits for them.

Made of the services' JSON form (`Unit.as_json`), so that everyone who watches a fleet can tell its troubles.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from environment.causes import constant, first_line, grouped

Service = Mapping[str, Any]

BROKEN = ("failed", "exited", "unhealthy")
_FRAME = re.compile(r'\s+File "([^"]+)", line \d+')


class End(StrEnum):
    """How a part came to be broken."""

    EXIT = "exit"
    """Its process ended."""
    OVERDUE = "overdue"
    """It was still starting when patience ended."""
    SICK = "sick"
    """It runs, was healthy and is so no more."""
    NEVER = "never"
    """It could not be started."""


@dataclass(frozen=True)
class Cause:
    """Parts that are broken and say the same."""

    names: tuple[str, ...]
    """In the order of the fleet; what is shown is the first one's."""
    noun: str
    """`job`, `service`, `server`, or `part` when they are of several kinds."""
    manner: str
    """`exit status 1`, `killed by SIGKILL`, `not healthy within 25 s`; empty when they never ran or were well once."""
    end: End
    text: tuple[str, ...]
    """What they say, line by line."""
    waiting: int
    """How many parts wait for them, directly or through others."""

    @property
    def ran(self) -> bool:
        """Whether there is a log of theirs."""
        return self.end is not End.NEVER


@dataclass(frozen=True)
class Waiting:
    """Parts that were not started, and the broken ones that all of them wait for in the end."""

    names: tuple[str, ...]
    broken: tuple[str, ...]


def manner(service: Service) -> str:
    """How a part ended, or how long it was waited for, without what it said; empty when it never ran."""
    code = service["exit_code"]
    if service["overdue"] or code is None:
        return str(service["overdue"])
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"


def causes(services: Iterable[Service]) -> list[Cause]:
    """Every cause, the one that most waits for first."""
    known = list(services)
    awaited = _awaited(known)
    found = [
        _cause(group, sum(not awaited[name].isdisjoint(_names(group)) for name in awaited))
        for group in grouped((service for service in known if service["state"] in BROKEN), _key)
    ]
    return sorted(found, key=lambda cause: cause.waiting, reverse=True)


def waiting(services: Iterable[Service]) -> list[Waiting]:
    """What was not started because of the causes, by what it waits for; the largest group first."""
    known = list(services)
    awaited = _awaited(known)
    order = _names(known)
    return [
        Waiting(tuple(names), tuple(name for name in order if name in awaited[names[0]]))
        for names in grouped((name for name in order if name in awaited), awaited.__getitem__)
    ]


def overdue(services: Iterable[Service]) -> list[tuple[tuple[str, ...], str]]:
    """The parts that were still starting when patience ended, by how long, in words, they had had."""
    late = grouped((service for service in services if service["overdue"]), lambda service: service["overdue"])
    return [(_names(group), group[0]["overdue"]) for group in late]


def _names(services: Iterable[Service]) -> tuple[str, ...]:
    return tuple(service["name"] for service in services)


def _awaited(services: list[Service]) -> dict[str, frozenset[str]]:
    """For every blocked part, the broken ones at the end of what it waits for."""
    by_name = {service["name"]: service for service in services}

    def ends(name: str, seen: frozenset[str]) -> frozenset[str]:
        if name not in by_name or by_name[name]["state"] != "blocked":
            return frozenset({name})
        onward = [other for other in by_name[name]["waits_for"] if other not in seen]
        return frozenset().union(*(ends(other, seen | {name}) for other in onward))

    return {name: ends(name, frozenset()) for name, service in by_name.items() if service["state"] == "blocked"}


def _key(service: Service) -> tuple[End, str, str]:
    """Equal for parts with one cause, which each may tell of itself by name."""
    nameless = re.sub(rf"(?<![\w-]){re.escape(service['name'])}(?![\w-])", "PART", _error(service))
    return _end(service), manner(service), constant(nameless)


def _end(service: Service) -> End:
    if service["overdue"]:
        return End.OVERDUE
    if service["state"] == "unhealthy":
        return End.SICK
    return End.NEVER if service["exit_code"] is None else End.EXIT


def _error(service: Service) -> str:
    """The line that says what went wrong: of a traceback the one after the last frame, else the reason's first."""
    head, *lines = service["reason"].splitlines() or [""]
    frames = [number for number, line in enumerate(lines) if _FRAME.match(line)]
    if not frames or service["state"] == "unhealthy":
        return head
    return next((line for line in lines[frames[-1] :] if line[:1].strip()), head)


def _cause(group: list[Service], waiting_parts: int) -> Cause:
    kinds = {service["kind"] for service in group}
    return Cause(
        _names(group),
        kinds.pop() if len(kinds) == 1 else "part",
        manner(group[0]),
        _end(group[0]),
        tuple(_said(group[0])),
        waiting_parts,
    )


def _said(service: Service) -> list[str]:
    """A reason's lines, without the interpreter's own frames and without saying the last line twice."""
    head, *lines = service["reason"].splitlines() or [""]
    lines = _without_frozen(lines)
    last = head.removeprefix(f"{manner(service)}: ")
    repeated = bool(manner(service)) and any(line.strip() == last for line in lines)
    said = lines if repeated else [last, *lines]
    return said if first_line("\n".join(said)) else ["It says nothing."]


def _without_frozen(lines: list[str]) -> list[str]:
    """Frames like `File "<frozen runpy>"` have no source line below them."""
    return [line for line in lines if not line.lstrip().startswith('File "<frozen ')]
