"""Every kind of resource is bound by policies, or it is said why not."""

from pathlib import Path

import pytest

from shared.events.envelope import Event
from shared.events.resources import CREATE, DELETE, KINDS, UNBOUND, UPDATE, ResourceKind, children_of, kind_of, plural
from shared.events.schema import FOLDER
from tests.unit.clocks import standing_clock

TYPES = sorted(path.stem for path in Path(FOLDER).glob("*.json") if path.stem.count(".") == 2)
KNOWN = {event_type: kind for kind in KINDS for event_type in kind.event_types()}


def event(type: str, sequence: int = 1) -> Event:
    return Event("evt-1", type, "omnicloud/x", "s-1", standing_clock().now(), "t-1", "c-1", "00-1", "u-1", sequence, {})


def verb(type: str, sequence: int = 1) -> str | None:
    kind = kind_of(type.rpartition(".")[0])
    return kind.verb(event(type, sequence)) if kind else None


@pytest.mark.parametrize("type", TYPES)
def test_every_event_is_of_a_kind_that_is_bound_or_of_one_that_is_not_for_a_reason(type: str) -> None:
    unbound = [prefix for prefix in UNBOUND if type.startswith(prefix if prefix.endswith(".") else f"{prefix}.")]
    assert (type in KNOWN) + len(unbound) == 1


@pytest.mark.parametrize("type", sorted(KNOWN))
def test_every_event_of_a_kind_exists(type: str) -> None:
    assert type in TYPES


@pytest.mark.parametrize("prefix", sorted(UNBOUND))
def test_every_exception_excepts_something(prefix: str) -> None:
    assert any(type.startswith(prefix) for type in TYPES)


@pytest.mark.parametrize(
    ("type", "sequence", "expected"),
    [
        ("dns.zone.created", 1, CREATE),
        ("dns.zone.imported", 7, UPDATE),
        ("dns.zone.deleted", 8, DELETE),
        ("dns.record_set.health_changed", 3, None),
        ("network.peering.requested", 1, CREATE),
        ("network.peering.accepted", 2, UPDATE),
        ("network.peering.rejected", 2, None),
        ("secrets.secret.written", 1, CREATE),
        ("secrets.secret.written", 2, UPDATE),
        ("config.flag.changed", 1, CREATE),
        ("config.flag.changed", 5, UPDATE),
        ("config.environment.published", 1, UPDATE),
        ("secrets.lease_token.revoked", 2, DELETE),
        ("compute.instance.state_changed", 2, None),
        ("auth.user.created", 1, None),
        ("compliance.policy.created", 1, None),
    ],
)
def test_what_an_event_does_to_its_resource(type: str, sequence: int, expected: str | None) -> None:
    assert verb(type, sequence) == expected


def test_actions_are_called_as_urls_call_the_resources() -> None:
    actions = {kind.action(CREATE) for kind in KINDS}
    assert {
        "compute.instances.create",
        "network.vpcs.create",
        "network.nat_gateways.create",
        "dns.record_sets.create",
        "loadbalancer.load_balancers.create",
        "secrets.path_policies.create",
        "secrets.keys.create",
        "storage.buckets.create",
    } <= actions
    assert [plural(noun) for noun in ("policy", "key", "vpc")] == ["policies", "keys", "vpcs"]


def test_what_goes_with_its_parent() -> None:
    vpc, zone = kind_of("network.vpc"), kind_of("dns.zone")
    assert vpc
    assert zone
    assert set(children_of(zone)) == {("record_set", "zone_id")}
    assert {noun for noun, _ in children_of(vpc)} == {
        "subnet", "acl", "security_group", "route_table", "route", "vpn_tunnel",
    }  # fmt: skip
    assert children_of(ResourceKind("storage", "bucket")) == ()
