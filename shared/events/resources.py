"""The kinds of resource that policies bind, and which of their events make, change and end one.

One list for everybody: before such an event is written, policies are asked (`shared.events.admission`), and compliance
learns of resources by the same events. What isn't in it is listed too, with the reason, so that a new kind can't be
forgotten (tests/unit/events/test_resources.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.events.envelope import Event

CREATE, UPDATE, DELETE = "create", "update", "delete"


@dataclass(frozen=True)
class ResourceKind:
    """A kind of resource, named as in its events: `<service>.<noun>.<what happened>`."""

    service: str
    noun: str
    creates: tuple[str, ...] = ("created",)
    updates: tuple[str, ...] = ("updated",)
    deletes: tuple[str, ...] = ("deleted",)
    writes: tuple[str, ...] = ()
    """Events that make a resource at its first version and change it at every later one."""
    notes: tuple[str, ...] = ()
    """What happens to a resource by itself, or to its state alone: policies aren't asked, audits know of it."""
    empties: tuple[str, ...] = ()
    """Changes that put others in the place of everything below the resource, and tell of those, by their nouns, in
    `contents`. One may be told of in several events of the same sequence. What is below says in `<noun>_version` at
    which version of the resource it was there: what is older than the change is gone, in whatever order they come."""
    parents: Mapping[str, str] = field(default_factory=dict)
    """Kinds with which a resource of this kind goes, without an event of its own, by the attribute that names the
    parent."""

    @property
    def stream(self) -> str:
        """What its event types begin with."""
        return f"{self.service}.{self.noun}"

    def action(self, verb: str) -> str:
        """How policies call doing something to such a resource, for example `dns.zones.create`."""
        return f"{self.service}.{plural(self.noun)}.{verb}"

    def verb(self, event: Event) -> str | None:
        """What an event of this kind does: create, update, delete; None for what only happens to the resource."""
        happened = event.type.rpartition(".")[2]
        if happened in self.writes:
            return CREATE if event.sequence <= 1 else UPDATE
        verbs = ((self.creates, CREATE), (self.updates, UPDATE), (self.deletes, DELETE))
        return next((verb for names, verb in verbs if happened in names), None)

    def event_types(self) -> tuple[str, ...]:
        """All event types that tell of such a resource."""
        names = (*self.creates, *self.updates, *self.writes, *self.notes, *self.deletes)
        return tuple(f"{self.stream}.{name}" for name in names)


def plural(noun: str) -> str:
    """A noun as URLs and actions have it."""
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"


KINDS: tuple[ResourceKind, ...] = (
    ResourceKind("compute", "instance", notes=("state_changed", "resize_ended")),
    ResourceKind("compute", "server_group", updates=()),
    ResourceKind("network", "vpc"),
    ResourceKind("network", "subnet", parents={"vpc_id": "vpc"}),
    ResourceKind("network", "acl", parents={"vpc_id": "vpc"}),
    ResourceKind("network", "security_group", parents={"vpc_id": "vpc"}),
    ResourceKind("network", "route_table", parents={"vpc_id": "vpc"}),
    ResourceKind("network", "route", parents={"vpc_id": "vpc", "route_table_id": "route_table"}),
    ResourceKind("network", "nat_gateway", updates=()),
    ResourceKind("network", "vpn_tunnel", updates=(), parents={"vpc_id": "vpc"}),
    ResourceKind("network", "peering", creates=("requested",), updates=("accepted",), notes=("rejected",)),
    ResourceKind("storage", "bucket"),
    ResourceKind("storage", "volume", notes=("state_changed",)),
    ResourceKind("storage", "snapshot", updates=()),
    ResourceKind("dns", "zone", updates=("updated", "imported"), empties=("imported",)),
    ResourceKind("dns", "record_set", notes=("health_changed",), parents={"zone_id": "zone"}),
    ResourceKind("loadbalancer", "load_balancer"),
    ResourceKind("loadbalancer", "pool"),
    ResourceKind("loadbalancer", "backend", notes=("health_changed",), parents={"pool_id": "pool"}),
    ResourceKind("secrets", "secret", creates=(), updates=("rotated",), writes=("written",)),
    ResourceKind("secrets", "key", updates=("rotated",)),
    ResourceKind("secrets", "path_policy", updates=()),
    ResourceKind("secrets", "lease_token", updates=(), deletes=("revoked",)),
    ResourceKind("config", "layer", creates=(), updates=(), deletes=(), writes=("changed",)),
    ResourceKind("config", "flag", creates=(), updates=(), deletes=(), writes=("changed",)),
    ResourceKind("config", "environment", creates=(), updates=("published",), deletes=()),
    ResourceKind("deploy", "environment", updates=("protection_changed",), notes=("locked", "unlocked")),
    ResourceKind("deploy", "deployment", updates=(), notes=("state_changed", "progressed", "sampled"), deletes=()),
    ResourceKind("monitor", "rule"),
    ResourceKind("monitor", "silence", updates=()),
    ResourceKind("tenants", "project"),
)

UNBOUND: Mapping[str, str] = {
    "auth.": "who may do what is said by roles; a policy that kept everybody out could be lifted by nobody",
    "billing.": "what is owed for resources, and no resource",
    "compliance.": "a policy that denied policies could never be taken back; Kubernetes leaves out its webhooks",
    "audit.": "what keeps the trail must not be stopped by what it is to prove",
    "monitor.alert": "an alert is a measurement",
    "tenants.tenant": "the operator's agreement with a tenant",
    "tenants.quota": "a limit on resources, and no resource",
    "tenants.reservation": "a claim of a resource that policies are asked about themselves",
    "compute.host": "the provider's inventory",
    "compute.migration": "where an instance runs is the platform's business",
    "compute.fault": "a drill of the operator's",
    "network.address": "a claim on a subnet",
    "storage.object": "data in a bucket",
    "storage.upload": "data on its way into a bucket",
    "secrets.secret_version": "what is done to versions of a secret adds none",
    "secrets.lease": "a credential of some minutes, under a token that policies were asked about",
    "deploy.plan": "an intention; what it makes is asked about where it is made",
    "deploy.apply": "work on a plan",
    "deploy.step": "work on a plan",
    "deploy.state": "another tool's record of what it has made",
}
"""What policies aren't asked about, by what its event types begin with, and why."""

_BY_STREAM: Mapping[str, ResourceKind] = {kind.stream: kind for kind in KINDS}
SERVICES = frozenset(kind.service for kind in KINDS)
"""The services that make something which policies bind."""


def children_of(kind: ResourceKind) -> tuple[tuple[str, str], ...]:
    """The nouns of what goes with a resource of this kind, each with the attribute that names the parent."""
    return tuple(
        (child.noun, attribute)
        for child in KINDS
        if child.service == kind.service
        for attribute, noun in child.parents.items()
        if noun == kind.noun
    )


def kind_of(stream: str) -> ResourceKind | None:
    """The kind whose events have types that begin so, for example `dns.zone`; None for what policies don't bind."""
    return _BY_STREAM.get(stream)
