"""The dependency graph: which bug hides which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from environment.bugs.catalogue import Bug
from environment.bugs.errors import CatalogueError
from environment.bugs.families import id_key


def order(bugs: Mapping[str, Bug]) -> list[str]:
    """Ids so that every bug comes after those it depends on; ties in catalogue order. Raises on a cycle."""
    sorter = TopologicalSorter({bug_id: _known(bugs, bug_id) for bug_id in bugs})
    try:
        sorter.prepare()
    except CycleError as error:
        raise CatalogueError(f"Depends-On goes in a circle: {' → '.join(error.args[1])}") from error
    result: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=id_key)
        result += ready
        sorter.done(*ready)
    return result


def _known(bugs: Mapping[str, Bug], bug_id: str) -> list[str]:
    return [other for other in bugs[bug_id].depends_on if other in bugs]


def closure(bugs: Mapping[str, Bug], chosen: Iterable[str]) -> set[str]:
    """The chosen ids and everything that they depend on, directly or not (ids outside `bugs` are left out)."""
    result: set[str] = set()
    pending = list(chosen)
    while pending:
        bug_id = pending.pop()
        if bug_id not in result:
            result.add(bug_id)
            pending += _known(bugs, bug_id)
    return result


def ancestors(bugs: Mapping[str, Bug], bug_id: str) -> set[str]:
    """Everything that a bug depends on, directly or not."""
    return closure(bugs, [bug_id]) - {bug_id}


def depth(bugs: Mapping[str, Bug]) -> dict[str, int]:
    """For each bug the number of fixes in its longest chain, itself included."""
    result: dict[str, int] = {}
    for bug_id in order(bugs):
        result[bug_id] = 1 + max((result[other] for other in _known(bugs, bug_id)), default=0)
    return result


def longest_chains(bugs: Mapping[str, Bug]) -> list[tuple[str, ...]]:
    """All chains of sequential fixes of the greatest length, first fix first."""
    depths = depth(bugs)
    if not depths:
        return []

    def chains(bug_id: str) -> list[tuple[str, ...]]:
        before = [other for other in _known(bugs, bug_id) if depths[other] == depths[bug_id] - 1]
        if not before:
            return [(bug_id,)]
        return [(*chain, bug_id) for other in before for chain in chains(other)]

    deepest = max(depths.values())
    return [chain for bug_id in bugs if depths[bug_id] == deepest for chain in chains(bug_id)]


def is_chain(bugs: Mapping[str, Bug], chain: Iterable[str]) -> bool:
    """Whether each bug of the chain depends, directly or not, on the one before it."""
    ids = list(chain)
    return all(ids[at] in ancestors(bugs, ids[at + 1]) for at in range(len(ids) - 1))


def mermaid(bugs: Mapping[str, Bug]) -> str:
    """The graph as a Mermaid flow chart: an arrow leads from a bug to what it hides."""
    lines = ["graph LR"]
    lines += [f'  {bug.id}["{bug.id} {bug.title.replace(chr(34), chr(39))}"]' for bug in bugs.values()]
    lines += [f"  {other} --> {bug.id}" for bug in bugs.values() for other in bug.depends_on]
    return "\n".join(lines) + "\n"
