"""Reasons why no test can, or should, tell a mutant from the reference. They lie beside this file and are kept by hand.

`reasons.toml` has one table a mutant; nothing in it is a line number, so it stays true when other lines move::

    [[reason]]
    function = "services/dns/domain/names.py::is_within"
    before = "if count > 0:"
    after = "if count >= 0:"
    place = 2                      # only where the function has this change several times
    why = "A count of zero adds nothing in either branch."
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from environment.bugs.errors import EpisodeError
from environment.mutants.sample import Change, possible

FILE = Path(__file__).with_name("reasons.toml")
REQUIRED = frozenset({"function", "before", "after", "why"})


class ReasonsError(EpisodeError):
    """The file of reasons isn't one."""


def load_reasons(file: Path = FILE) -> dict[Change, str]:
    """What is known, by what it is about. Raises `ReasonsError` for anything that isn't of the documented form."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ReasonsError(f"{file.name} can't be read: {error}") from error
    if strange := set(document) - {"reason"}:
        raise ReasonsError(f"{file.name}: it has tables [[reason]] only, not {min(strange)!r}")
    found: dict[Change, str] = {}
    for item in document.get("reason", []):
        texts = {name: item.get(name) for name in REQUIRED}
        if set(item) - REQUIRED - {"place"} or not all(isinstance(text, str) and text for text in texts.values()):
            raise ReasonsError(f"{file.name}: {item} must have {', '.join(sorted(REQUIRED))} as texts, and maybe place")
        change = Change(item["function"], item["before"], item["after"], int(item.get("place", 1)))
        if change in found:
            raise ReasonsError(f"{file.name}: there are two reasons for {change}")
        found[change] = item["why"]
    return found


def stale(reasons: Mapping[Change, str], files: Mapping[str, bytes]) -> list[Change]:
    """Those that are about nothing any more: no operator makes such a change in these files."""
    return [change for change in reasons if change not in {found for found, _ in possible(files, change.function)}]
