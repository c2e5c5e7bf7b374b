"""How much a validation does, counted in steps that take a few microseconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

MAX_WORK = 50_000
"""Steps of one validation: about a second at worst, and far more than configurations take."""
STEP_BYTES = 256
"""Text that takes a step to look at."""
STEP_ITEMS = 8
"""Items of a list, or keys of an object, that take a step to compare with."""


class TooMuchWork(Exception):
    """The validation was given up."""


class Work:
    """What a validation may still do, and how large what it looks at is."""

    def __init__(self, *documents: Any) -> None:
        self._left = MAX_WORK
        self._sizes: dict[int, int] = {}
        for document in documents:
            self._measure(document)

    def charge(self, steps: int) -> None:
        """Count steps. Raises TooMuchWork."""
        self._left -= steps
        if self._left < 0:
            raise TooMuchWork

    def steps_of(self, value: Any) -> int:
        """What it takes to look at a value."""
        size = len(value) if isinstance(value, str) else self._sizes.get(id(value), 0)
        return size // STEP_BYTES + (len(value) // STEP_ITEMS if isinstance(value, list | Mapping) else 0)

    def _measure(self, value: Any) -> int:
        """Note how long every part of a document is as text, more or less."""
        if isinstance(value, Mapping):
            size = 2 + sum(len(name) + self._measure(inner) for name, inner in value.items())
        elif isinstance(value, list):
            size = 2 + sum(map(self._measure, value))
        else:
            return len(value) if isinstance(value, str) else 1
        self._sizes[id(value)] = size
        return size


_present: ContextVar[Work] = ContextVar("the work of the present validation")


def present_work() -> Work:
    """That of the validation that is under way."""
    return _present.get()


@contextmanager
def work_limited(*documents: Any) -> Iterator[None]:
    """Run a validation of and by these documents, which must stay as they are meanwhile."""
    token = _present.set(Work(*documents))
    try:
        yield
    finally:
        _present.reset(token)
