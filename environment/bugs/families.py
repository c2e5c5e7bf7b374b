"""The fixed frame of the catalogue: twelve families, five difficulties, and the edges that must exist.

Ids are permanent: a number is never given to another bug, and a withdrawn bug leaves a gap.
"""

from __future__ import annotations

from dataclasses import dataclass

from environment.bugs.errors import SelectionError


@dataclass(frozen=True)
class Family:
    """A letter, the folder and header name, the title for people, and how many bugs it has when complete."""

    letter: str
    slug: str
    title: str
    size: int


FAMILIES = (
    Family("L", "setup", "Setup", 15),
    Family("A", "state", "Infrastructure state", 12),
    Family("B", "consensus", "Distributed consensus", 10),
    Family("C", "tenancy", "Multi-tenancy", 10),
    Family("D", "networking", "Networking", 10),
    Family("E", "scheduling", "Scheduling", 10),
    Family("F", "deployment", "Deployment", 10),
    Family("G", "database", "Database and transactions", 10),
    Family("H", "billing", "Billing", 10),
    Family("I", "security", "Security and compliance", 10),
    Family("J", "observability", "Observability", 8),
    Family("K", "configuration", "Configuration", 5),
)
BY_LETTER = {family.letter: family for family in FAMILIES}
BY_SLUG = {family.slug: family for family in FAMILIES}

DIFFICULTIES = ("setup", "obvious", "moderate", "subtle", "treacherous")

PLATFORM = "platform"
"""Stands in a bug's Services for what all services share: shared/, the compose files, the jobs."""

REQUIRED_EDGES: dict[str, tuple[str, ...]] = {
    "A1": ("L5", "L6"),
    "B1": ("A1", "A9"),
    "D1": ("C1", "L4"),
    "F1": ("A1", "L5", "C1"),
    "H1": ("A1", "G1"),
    "I3": ("G1", "C1"),
}
"""The diamonds that the catalogue promises: bug -> what it must depend on."""

CHAIN = ("L1", "L15", "L6", "A1", "B1", "B3", "F4", "F9")
"""The promised chain of eight sequential fixes."""


def id_key(bug_id: str) -> tuple[int, int]:
    """Sorting key of an id: the family's place in the catalogue, then the number. Raises ValueError when no id."""
    letter, number = bug_id[:1], bug_id[1:]
    if letter not in BY_LETTER or not number.isdecimal() or number.startswith("0"):
        raise ValueError(f"{bug_id}: not a bug id")
    if int(number) > BY_LETTER[letter].size:
        raise ValueError(f"{bug_id}: family {letter} has {BY_LETTER[letter].size} bugs")
    return FAMILIES.index(BY_LETTER[letter]), int(number)


def find_family(word: str) -> Family:
    """The family of a letter or a slug; raises `SelectionError` with what there is."""
    family = BY_LETTER.get(word.upper()) or BY_SLUG.get(word.lower())
    if family is None:
        known = ", ".join(f"{item.letter} ({item.slug})" for item in FAMILIES)
        raise SelectionError(f"There is no family {word!r}. The families are {known}.")
    return family
