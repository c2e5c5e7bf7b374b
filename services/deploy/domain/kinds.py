"""The kinds of resources: which attributes each has, and what changing one takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.errors import ValidationFailed


class UnknownAttribute(ValidationFailed):
    """An attribute that the kind doesn't have: it would never come into effect."""

    code = "unknown_attribute"


@dataclass(frozen=True)
class Kind:
    """The attributes of one kind: those that change in place, and those that force a replacement.

    An `open` kind takes any other attribute, too, and keeps it.
    """

    in_place: frozenset[str]
    forces_replacement: frozenset[str]
    open: bool = False
    unset: Mapping[str, Any] = field(default_factory=dict)
    """What attributes that change in place are where the configuration doesn't say."""
    completed: frozenset[str] = frozenset()
    """Attributes whose values the owner gives back with more in them than they were given."""
    either: tuple[str, ...] = ()
    """Attributes that say the same in several ways: the owner takes one of them."""

    def defaults(self, address: str) -> dict[str, Any]:
        """What is so where the configuration says nothing; a name is the last part of the address."""
        named = {"name": address.rpartition(".")[2]} if "name" in self.in_place else {}
        return {**named, **self.unset}

    def knows(self, attribute: str) -> bool:
        """Whether a resource of this kind can have the attribute."""
        return self.open or attribute in self.in_place or attribute in self.forces_replacement


KINDS: Mapping[str, Kind] = {
    "compute.instance": Kind(
        frozenset({"name", "labels", "flavor"}),
        frozenset(
            {
                "image",
                "size",
                "provider",
                "region",
                "zone",
                "tenancy",
                "spreading",
                "group_id",
                "deferred_start",
                "preemptible",
            }
        ),
        unset={"labels": {}},
        completed=frozenset({"size"}),
        either=("flavor", "size"),
    ),
    "storage.volume": Kind(frozenset({"name", "size_gib"}), frozenset({"zone", "volume_class", "snapshot_id"})),
    "storage.bucket": Kind(
        frozenset({"versioning", "lifecycle"}),
        frozenset({"name"}),
        unset={"lifecycle": []},
        completed=frozenset({"lifecycle"}),
    ),
    # As Terraform's null resource: replaced by its triggers.
    "null": Kind(frozenset(), frozenset({"triggers"}), open=True),
}


def check_attributes(kind: str, attributes: Mapping[str, object]) -> None:
    """Refuse what a resource of this kind can't have, such as a misspelt name (Terraform: "Unsupported argument"), and
    two ways to say the same ("Conflicting configuration arguments"): a replacement would end what it can't make anew.

    Raises UnknownAttribute, ValidationFailed.
    """
    unknown = sorted(name for name in attributes if not KINDS[kind].knows(name))
    if unknown:
        known = ", ".join(sorted(KINDS[kind].in_place | KINDS[kind].forces_replacement))
        raise UnknownAttribute(f"a {kind} has no attribute {unknown[0]!r}; there are {known}", unknown=unknown)
    named = [name for name in KINDS[kind].either if attributes.get(name) is not None]
    if len(named) > 1:
        raise ValidationFailed(f"a {kind} has either a {' or a '.join(named)}")


def must_replace(kind: str, changed: frozenset[str]) -> bool:
    """Whether one of these changed attributes can't be changed in place."""
    return bool(changed & KINDS[kind].forces_replacement)
