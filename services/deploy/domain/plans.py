"""A plan: what has to change so that what exists becomes what is wanted, and in which order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.deploy.domain.addresses import kind_of
from services.deploy.domain.kinds import check_attributes, must_replace
from services.deploy.domain.references import check_references, references
from shared.errors import ValidationFailed
from shared.infra.graph import DependencyCycle, DependencyGraph
from shared.infra.reconcile import diff


class DuplicateAddress(ValidationFailed):
    """Two resources with one address."""

    code = "duplicate_address"


class PlanMode(StrEnum):
    """What a plan is for: to bring about what is wanted, or only to learn what there is (`-refresh-only`)."""

    NORMAL = "normal"
    REFRESH_ONLY = "refresh_only"


class Action(StrEnum):
    """What happens to one resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"


@dataclass(frozen=True)
class Resource:
    """A resource as it is wanted, or (with `id`) as it is in the state."""

    address: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    id: str = ""
    tainted: bool = False
    """It was made, but isn't what it should be: it failed to come up, or to go. It will be replaced (Terraform)."""

    @property
    def dependencies(self) -> tuple[str, ...]:
        """Explicit dependencies and those that follow from references, sorted."""
        return tuple(sorted({*self.depends_on, *references(self.attributes)}))


@dataclass(frozen=True)
class Change:
    """One resource's action. `before` is None when it is created, `after` is None when it is deleted."""

    action: Action
    address: str
    before: Resource | None
    after: Resource | None


def make_plan(desired: Iterable[Resource], actual: Iterable[Resource]) -> list[Change]:
    """The changes in the order in which they are applied: dependencies first, then deletions in reverse.

    What is wanted and already so doesn't appear. Deletions come last, so that whoever used a resource lets go of it
    first. A tainted resource is replaced; what refers to one that is made anew gets its new id, and is replaced, too,
    where that attribute can't change in place ("known after apply" in Terraform's plans).

    Raises DuplicateAddress, UnknownAttribute, ValidationFailed for attributes that exclude each other,
    UnsupportedReference, UnknownDependency, or DependencyCycle that names the cycle.
    """
    wanted, existing = _by_address(desired), _by_address(actual)
    for resource in wanted.values():
        check_attributes(kind_of(resource.address), resource.attributes)
        check_references(resource.attributes)
    order = _graph(wanted, strict=True).order()
    difference = diff(_comparable(wanted), _comparable(existing))
    differing, removed = frozenset(difference.changed), frozenset(difference.removed)
    renewed: set[str] = set()
    changes = []
    for address in order:
        before, after = existing.get(address), wanted[address]
        if before is None:
            changes.append(Change(Action.CREATE, address, None, after))
            renewed.add(address)
            continue
        changed = _changed_attributes(before, after, renewed)
        if before.tainted or must_replace(kind_of(address), changed):
            changes.append(Change(Action.REPLACE, address, before, after))
            renewed.add(address)
        elif changed or address in differing:
            changes.append(Change(Action.UPDATE, address, before, after))
    for address in _graph(existing, strict=False).destroy_order():
        if address in removed:
            changes.append(Change(Action.DELETE, address, existing[address], None))
    return changes


def step_graph(changes: Iterable[Change]) -> DependencyGraph:
    """Which step waits for which: makers for what they use, destroyers for whoever used what goes.

    Whoever only stops using a resource lets go of it before it is deleted, except where that would close a circle.
    Takes time linear in changes and dependencies.
    """
    changes = list(changes)
    try:
        return DependencyGraph(_edges(changes, let_go_first=True))
    except DependencyCycle:
        return DependencyGraph(_edges(changes, let_go_first=False))


def _edges(changes: Iterable[Change], *, let_go_first: bool) -> dict[str, list[str]]:
    changes = list(changes)
    makers = {change.address for change in changes if change.after is not None}
    users: defaultdict[str, list[Change]] = defaultdict(list)
    for change in changes:
        for used in change.before.dependencies if change.before is not None else ():
            users[used].append(change)
    edges: dict[str, list[str]] = {}
    for change in changes:
        if destroys(change):
            waits_for = [destroyer(user) for user in users[change.address] if destroys(user)]
            if let_go_first and change.after is None:
                waits_for += [user.address for user in users[change.address] if not destroys(user)]
            edges[destroyer(change)] = waits_for
        if change.after is not None:
            edges[change.address] = [each for each in change.after.dependencies if each in makers]
            if change.action is Action.REPLACE:
                edges[change.address].append(destroyer(change))
    return edges


def destroys(change: Change) -> bool:
    """Whether what there is goes, for good or to be made anew."""
    return change.action in (Action.DELETE, Action.REPLACE)


def destroyer(change: Change) -> str:
    """The node of the graph that destroys; a replacement's other half bears the plain address."""
    return f"{change.address} (destroy)" if change.action is Action.REPLACE else change.address


def summary(changes: Iterable[Change]) -> dict[str, int]:
    """How many resources a plan makes, changes and destroys; a replacement counts as made and as destroyed."""
    actions = [change.action for change in changes]
    replaced = actions.count(Action.REPLACE)
    return {
        "create": actions.count(Action.CREATE) + replaced,
        "update": actions.count(Action.UPDATE),
        "delete": actions.count(Action.DELETE) + replaced,
    }


def _by_address(resources: Iterable[Resource]) -> dict[str, Resource]:
    found: dict[str, Resource] = {}
    for resource in resources:
        kind_of(resource.address)
        if resource.address in found:
            raise DuplicateAddress(f"{resource.address} is there twice")
        found[resource.address] = resource
    return found


def _graph(resources: Mapping[str, Resource], *, strict: bool) -> DependencyGraph:
    edges: dict[str, list[str]] = {}
    for address, resource in resources.items():
        edges[address] = [each for each in resource.dependencies if strict or each in resources]
    return DependencyGraph(edges)


def _comparable(resources: Mapping[str, Resource]) -> dict[str, dict[str, Any]]:
    """What makes a resource another one: its attributes, and what it is made after, since that orders its end."""
    return {
        address: {"attributes": resource.attributes, "depends_on": sorted(set(resource.depends_on))}
        for address, resource in resources.items()
    }


def _changed_attributes(before: Resource, after: Resource, renewed: Collection[str]) -> frozenset[str]:
    """Attributes that are written differently, or refer to a resource that gets a new id."""
    written = diff(after.attributes, before.attributes)
    referring = {name for name, value in after.attributes.items() if not references(value).isdisjoint(renewed)}
    return frozenset({*written.added, *written.changed, *written.removed, *referring})
