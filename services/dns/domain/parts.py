"""Many things told of in several events, of which each has a size."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

PART_BYTES = 1 << 19
"""Of the things in one event, as JSON: with the next one, which may be large, an event still takes them."""


def in_parts(things: Iterable[Mapping[str, Any]], limit: int = PART_BYTES) -> Iterator[list[Mapping[str, Any]]]:
    """The things in their order, as many together as have `limit` bytes of JSON; a larger one is a part by itself."""
    part: list[Mapping[str, Any]] = []
    taken = 0
    for thing in things:
        size = len(json.dumps(thing))
        if part and taken + size > limit:
            yield part
            part, taken = [], 0
        part.append(thing)
        taken += size
    if part:
        yield part
