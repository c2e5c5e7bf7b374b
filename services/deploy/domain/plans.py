"""A plan: what has to change so that what exists becomes what is wanted, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.deploy.domain.addresses import kind_of
from services.deploy.domain.references import references
from shared.errors import ValidationFailed
from shared.infra.graph import DependencyGraph
from shared.infra.reconcile import diff

FORCES_REPLACEMENT: Mapping[str, frozenset[str]] = {
    "compute.instance": frozenset({"zone", "region", "provider", "image", "flavor", "size", "tenancy", "group_id"}),
    "storage.volume": frozenset({"zone", "volume_class", "snapshot_id"}),
    "storage.bucket": frozenset({"name"}),
    "null": frozenset({"triggers"}),
}
"""Attributes that can't be changed in place, by kind; `null` is replaced by its triggers, as Terraform's is."""


class DuplicateAddress(ValidationFailed):
    """Two resources with one address."""

    code = "duplicate_address"


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
    first. Raises DuplicateAddress, UnknownDependency, or DependencyCycle that names the cycle.
    """
    wanted, existing = _by_address(desired), _by_address(actual)
    order = _graph(wanted, strict=True).order()
    difference = diff(_attributes(wanted), _attributes(existing))
    changes = []
    for address in order:
        if address in difference.added:
            changes.append(Change(Action.CREATE, address, None, wanted[address]))
        elif address in difference.changed:
            before, after = existing[address], wanted[address]
            changes.append(Change(_update_or_replace(before, after), address, before, after))
    for address in _graph(existing, strict=False).destroy_order():
        if address in difference.removed:
            changes.append(Change(Action.DELETE, address, existing[address], None))
    return changes


def step_graph(changes: Iterable[Change]) -> DependencyGraph:
    """Which change waits for which: makers for what they use, deletions for whoever used what goes."""
    changes = list(changes)
    makers = {change.address for change in changes if change.action is not Action.DELETE}
    edges: dict[str, list[str]] = {}
    for change in changes:
        if change.after is not None:
            edges[change.address] = [each for each in change.after.dependencies if each in makers]
        else:
            edges[change.address] = [
                user.address for user in changes if user.before and change.address in user.before.dependencies
            ]
    return DependencyGraph(edges)


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


def _attributes(resources: Mapping[str, Resource]) -> dict[str, dict[str, Any]]:
    return {address: dict(resource.attributes) for address, resource in resources.items()}


def _update_or_replace(before: Resource, after: Resource) -> Action:
    names = {*before.attributes, *after.attributes}
    changed = {name for name in names if before.attributes.get(name) != after.attributes.get(name)}
    return Action.REPLACE if changed & FORCES_REPLACEMENT[kind_of(after.address)] else Action.UPDATE
