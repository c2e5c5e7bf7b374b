"""What a schedule knows of what it made: things by kind, and values that were written more than once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.support.soak.calls import Call, Outcome


@dataclass
class Thing:
    """Something that was made, in the words of the answer that said so."""

    kind: str
    number: int
    """The place in the schedule of the call that made it."""
    facts: dict[str, Any]
    removals: list[Call] = field(default_factory=list)
    """Every call that asked for its end."""

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.facts["id"])

    @property
    def gone(self) -> bool:
        """Whether somebody was told that it is gone, or going."""
        return any(call.outcome is Outcome.DONE for call in self.removals)

    @property
    def doubtful(self) -> bool:
        """Whether its end was asked for, and nobody knows with what success."""
        return not self.gone and any(call.outcome is Outcome.UNKNOWN for call in self.removals)


@dataclass
class World:
    """All of it. Threads of one schedule share it."""

    things: list[Thing] = field(default_factory=list)
    writes: dict[str, list[tuple[Call, Any]]] = field(default_factory=dict)
    """By the name of a value: who wrote what."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What was made before the schedule began."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def make(self, kind: str, **more: Any) -> Callable[[Call], None]:
        """What a call does that makes a thing of this kind."""

        def note(call: Call) -> None:
            with self._lock:
                self.things.append(Thing(kind, call.number, {**(call.answer or {}), **more}))

        return note

    def of(self, kind: str) -> list[Thing]:
        """Those of a kind that nobody was told are gone, in the order in which they were asked for."""
        with self._lock:
            found = [thing for thing in self.things if thing.kind == kind and not thing.gone]
        return sorted(found, key=lambda thing: thing.number)

    def all_of(self, kind: str) -> list[Thing]:
        """The same, and those that are gone."""
        return [thing for thing in self.things if thing.kind == kind]

    def one(self, kind: str, dice: Random) -> Thing | None:
        """Any that is there, by the dice alone: the same place in the list for the same throw."""
        found = self.of(kind)
        throw = dice.random()
        return found[int(throw * len(found))] if found else None

    def write(self, name: str, call: Call, value: Any) -> Call:
        """Note that a call writes a value."""
        self.writes.setdefault(name, []).append((call, value))
        return call

    def possible(self, name: str) -> Iterator[Any]:
        """What the value may be now: of the writes, those that no later one that was acknowledged came after.

        A write of unknown outcome may have come into effect at any time, and may not have at all.
        """
        writes = [(call, value) for call, value in self.writes.get(name, ()) if call.outcome is not Outcome.REFUSED]
        done = [call for call, _ in writes if call.outcome is Outcome.DONE]
        for call, value in writes:
            if call.statuses and not any(other.began > call.ended for other in done):
                yield value

    def was_written(self, name: str) -> bool:
        """Whether somebody was told that a value was written."""
        return any(call.outcome is Outcome.DONE for call, _ in self.writes.get(name, ()))
