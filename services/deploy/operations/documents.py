"""This service's state documents: resources as they are, in the form that plans are made from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from services.deploy.domain.plans import Action, Change, Resource
from services.deploy.ports import Ports
from shared.errors import Conflict
from shared.infra.state_store import SavedPlan, StateDocument, StateNotFound
from shared.kernel.context import current_tenant

FORMAT = "omnicloud/1"


class ForeignState(Conflict):
    """The workspace's state is kept by Terraform itself; it is planned and applied there."""

    code = "foreign_state"


def read(ports: Ports, workspace: str, *, fresh: bool = True) -> StateDocument | None:
    """The present state; None when there is none. Raises ForeignState for a document of Terraform's own.

    `fresh` is False where it is only shown: then it may come from the cache, which every write invalidates.
    """
    try:
        document = ports.states.read(current_tenant(), workspace, fresh=fresh)
    except StateNotFound:
        return None
    if document.body.get("format") != FORMAT:
        raise ForeignState(f"the state of {workspace} was written by another tool")
    return document


def basis_of(document: StateDocument | None) -> SavedPlan:
    """What a plan made from this state is bound to."""
    return SavedPlan("", 0) if document is None else SavedPlan(document.version.lineage, document.version.serial)


def resources_of(document: StateDocument | None) -> list[Resource]:
    """The resources in a state."""
    return [] if document is None else [resource_from(each) for each in document.body["resources"]]


def body_of(resources: Iterable[Resource], apply_id: str) -> dict[str, Any]:
    """The document of these resources, with the apply that wrote it."""
    listed = sorted(resources, key=lambda resource: resource.address)
    return {"format": FORMAT, "apply_id": apply_id, "resources": [resource_to(each) for each in listed]}


def resource_from(value: dict[str, Any]) -> Resource:
    """A resource from JSON."""
    tainted = value.get("tainted", False)
    return Resource(value["address"], value["attributes"], tuple(value["depends_on"]), value["id"], tainted)


def resource_to(resource: Resource) -> dict[str, Any]:
    """A resource as JSON; only one that is tainted says so."""
    mark = {"tainted": True} if resource.tainted else {}
    return mark | {
        "address": resource.address,
        "attributes": dict(resource.attributes),
        "depends_on": list(resource.depends_on),
        "id": resource.id,
    }


def change_to(change: Change) -> dict[str, Any]:
    """A change as JSON."""
    return {
        "action": str(change.action),
        "address": change.address,
        "before": resource_to(change.before) if change.before else None,
        "after": resource_to(change.after) if change.after else None,
    }


def change_from(value: dict[str, Any]) -> Change:
    """A change from JSON."""
    before, after = value["before"], value["after"]
    return Change(
        Action(value["action"]),
        value["address"],
        resource_from(before) if before else None,
        resource_from(after) if after else None,
    )
