"""Drift: what has become of resources outside of this service, compared with how the state has them.

As Terraform's `plan` and `plan -refresh-only` have it: every resource is read from its owner before anything is
planned, what is other than it was left is shown, and plans are made against what there really is. Attributes that
nobody chose, because the owner chose them (a zone, a host), are nobody's drift.
Source: https://developer.hashicorp.com/terraform/tutorials/state/refresh
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from services.deploy.domain.addresses import kind_of
from services.deploy.domain.kinds import KINDS
from services.deploy.domain.plans import Action, Change, Resource
from services.deploy.domain.references import escaped, references, resolve
from shared.infra.reconcile import same

Attributes = Mapping[str, Any]


def drift_of(resources: Iterable[Resource], found: Mapping[str, Attributes | None]) -> list[Change]:
    """What has become of the resources, by address in their order: changed (`update`), or gone (`delete`).

    `found` has, by address, what the resource's owner says of it, None for one that isn't there any more; a resource
    that isn't in it wasn't asked for.
    """
    resources = list(resources)
    ids = {resource.address: resource.id for resource in resources}
    changes = (_drift(each, found[each.address], ids) for each in resources if each.address in found)
    return [change for change in changes if change is not None]


def after_drift(resources: Iterable[Resource], drift: Iterable[Change]) -> list[Resource]:
    """The resources as they really are."""
    became = {change.address: change.after for change in drift}
    present = (became.get(each.address, each) for each in resources)
    return [each for each in present if each is not None]


def _drift(resource: Resource, found: Attributes | None, ids: Mapping[str, str]) -> Change | None:
    if found is None:
        return Change(Action.DELETE, resource.address, resource, None)
    kind = KINDS[kind_of(resource.address)]
    left = {**kind.defaults(resource.address), **_resolved(resource.attributes, ids)}
    drifted = {
        name: escaped(value)
        for name, value in found.items()
        if name in left and not _same(left[name], value, completed=name in kind.completed)
    }
    if not drifted:
        return None
    actual = replace(resource, attributes={**resource.attributes, **drifted})
    return Change(Action.UPDATE, resource.address, resource, actual)


def _resolved(attributes: Attributes, ids: Mapping[str, str]) -> dict[str, Any]:
    """The attributes with the ids of what they refer to; nothing is the id of what isn't there."""
    known = dict.fromkeys(references(attributes), "") | dict(ids)
    return dict(resolve(attributes, known))


def _same(left: Any, found: Any, *, completed: bool) -> bool:
    """Whether a value is the one that was left there. With `completed` its owner may have added to it, and may call a
    part of it by another name (`memory` becomes `memory_mib`): what can't be compared is no drift, and an amount is the
    same however it is written. A label or a name is text."""
    if isinstance(left, Mapping) and isinstance(found, Mapping):
        if not completed and left.keys() != found.keys():
            return False
        common = left.keys() & found.keys()
        return all(_same(left[name], found[name], completed=completed) for name in common)
    if isinstance(left, list | tuple) and isinstance(found, list | tuple):
        return len(left) == len(found) and all(
            _same(mine, theirs, completed=completed) for mine, theirs in zip(left, found, strict=True)
        )
    return same(left, found) or (completed and _amount(left) == _amount(found) is not None)


def _amount(value: Any) -> Decimal | None:
    """The number that a value is, however it is written (`0.50` is `0.5`); None for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
