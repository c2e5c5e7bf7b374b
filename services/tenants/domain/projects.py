"""Projects form a tree inside a tenant: no project is its own ancestor, and the tree is at most five levels deep."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from shared.errors import Conflict, NotFound

MAX_DEPTH = 5
"""Levels, the top one included: deep enough for company / division / team / service / stage."""

Parents = Mapping[str, str | None]
"""The parent of each project; None at the top."""


class ProjectCycle(Conflict):
    """The project would become its own ancestor."""

    code = "project_cycle"


class ProjectTooDeep(Conflict):
    """The tree would become deeper than allowed."""

    code = "project_too_deep"


def ancestors(parents: Parents, project: str) -> list[str]:
    """From the project's parent up to the top. Raises ProjectCycle when the way up doesn't end."""
    path: list[str] = []
    above = parents[project]
    while above is not None:
        if above == project or above in path:
            raise ProjectCycle(f"the projects above {project} form a cycle: {' -> '.join([*path, above])}")
        path.append(above)
        above = parents[above]
    return path


def height(parents: Parents, project: str) -> int:
    """Levels of the subtree that the project heads; 1 when nothing is below it."""
    children = [child for child, parent in parents.items() if parent == project]
    return 1 + max((height(parents, child) for child in children), default=0)


def check_place(parents: Parents, project: str, new_parent: str | None) -> None:
    """Whether the project, with everything below it, may stand under `new_parent`.

    A project that isn't in `parents` is a new one. Raises NotFound for an unknown parent, ProjectCycle, ProjectTooDeep.
    """
    if new_parent is None:
        above = 0
    else:
        if new_parent not in parents:
            raise NotFound(f"there is no project {new_parent}")
        line = [new_parent, *ancestors(parents, new_parent)]
        if project in line:
            raise ProjectCycle(f"{project} can't stand below itself: {' -> '.join([project, *line])}")
        above = len(line)
    depth = above + height(parents, project)
    if depth > MAX_DEPTH:
        raise ProjectTooDeep(f"the tree would be {depth} levels deep, {MAX_DEPTH} are allowed", depth=depth)


def subtree(parents: Parents, project: str) -> list[str]:
    """The project and everything below it."""
    below = [child for child, parent in parents.items() if parent == project]
    return [project, *(member for child in below for member in subtree(parents, child))]


def below(parents: Parents, roots: Collection[str]) -> list[str]:
    """The projects of `roots` that there are, and everything below them."""
    return [project for project in parents if not {project, *ancestors(parents, project)}.isdisjoint(roots)]
