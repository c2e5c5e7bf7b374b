"""Chooses the bugs of an episode.

A choice is closed: with a bug come all that it depends on, so that an episode always holds whole chains and every
fix can be seen once those before it are made. `exact` leaves the closing out; single-bug tasks and the measuring of
the catalogue need that. One seed gives one choice, on every machine.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from environment.bugs.catalogue import Catalogue
from environment.bugs.errors import SelectionError
from environment.bugs.families import DIFFICULTIES, find_family, id_key
from environment.bugs.graph import closure


@dataclass(frozen=True)
class Choice:
    """What was asked for. Ids, families and difficulties together mean the bugs that meet all of them; `count` takes
    that many at random by `seed`; nothing at all means every bug."""

    ids: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    difficulties: tuple[str, ...] = ()
    count: int | None = None
    seed: int = 0
    exact: bool = False


@dataclass(frozen=True)
class Selection:
    """The chosen bugs in catalogue order, and which of them came by closing."""

    ids: tuple[str, ...]
    added: tuple[str, ...] = ()


def select(catalogue: Catalogue, choice: Choice) -> Selection:
    """Meet a choice; raises `SelectionError` when a word is unknown or too many bugs are asked for."""
    pool = _pool(catalogue, choice)
    chosen = pool if choice.count is None else _draw(catalogue, pool, choice)
    closed = set(chosen) if choice.exact else closure(catalogue, chosen)
    added = closed - set(pool if choice.count is not None else chosen)
    return Selection(tuple(sorted(closed, key=id_key)), tuple(sorted(added, key=id_key)))


def _pool(catalogue: Catalogue, choice: Choice) -> list[str]:
    for bug_id in choice.ids:
        if bug_id not in catalogue:
            raise SelectionError(f"There is no bug {bug_id}. `omnicloud bugs list` shows what there is.")
    letters = {find_family(word).letter for word in choice.families}
    for word in choice.difficulties:
        if word not in DIFFICULTIES:
            raise SelectionError(f"There is no difficulty {word!r}. There are {', '.join(DIFFICULTIES)}.")
    pool = [
        bug.id
        for bug in catalogue.values()
        if (not choice.ids or bug.id in choice.ids)
        and (not letters or bug.id[0] in letters)
        and (not choice.difficulties or bug.difficulty in choice.difficulties)
    ]
    if not pool:
        raise SelectionError("No bug meets this choice. `omnicloud bugs list` shows what there is.")
    return pool


def _draw(catalogue: Catalogue, pool: Sequence[str], choice: Choice) -> list[str]:
    """`count` bugs at random; a bug is taken together with what it depends on, and only if all of that fits."""
    count = choice.count or 0
    available = len(pool) if choice.exact else len(closure(catalogue, pool))
    if not 1 <= count <= available:
        raise SelectionError(f"--count must be between 1 and {available} here, not {choice.count}.")
    shuffled = list(pool)
    random.Random(f"omnicloud-bugs-{choice.seed}").shuffle(shuffled)
    if choice.exact:
        return shuffled[:count]
    chosen: set[str] = set()
    progress = True
    while len(chosen) < count and progress:
        progress = False
        for bug_id in shuffled:
            needed = closure(catalogue, [bug_id]) - chosen
            if needed and len(chosen) + len(needed) <= count:
                chosen |= needed
                progress = True
    if len(chosen) < count:
        raise SelectionError(
            f"{count} bugs can't be drawn from this choice: with what they depend on, {len(chosen)} fit. "
            "Ask for more, or widen the choice."
        )
    return sorted(chosen, key=id_key)
