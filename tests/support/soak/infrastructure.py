"""What a schedule asks of compute, network, storage, DNS and load balancing."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.support.balancing import BALANCERS, POOLS
from tests.support.computing import FAULTS, HOSTS, INSTANCES, custom, dedicated
from tests.support.networking import ADDRESSES, GROUPS, SUBNETS, VPCS, ZONE
from tests.support.soak.calls import Call, Caller
from tests.support.soak.world import Thing, World
from tests.support.storing import STORAGE
from tests.support.zones import ZONES

Act = Callable[[World, Random, int], Call | None]
"""Draws a call of this number from the dice; None when there is nothing yet to do it with."""

SIZES: tuple[dict[str, Any], ...] = ({"flavor": "nano"}, {"flavor": "small"}, custom("0.3", 256, 2))
PROVIDER_OPERATIONS = (
    "create_node", "destroy_node", "start_node", "stop_node", "resize_node", "migrate_node", "rebuild_node",
)  # fmt: skip
ON_AN_INSTANCE: tuple[tuple[str, dict[str, Any] | None], ...] = (
    ("/stop", None),
    ("/start", None),
    ("/resize", {"flavor": "small"}),
    ("/resize", {"flavor": "medium"}),
    ("/transitions", {"target": "provisioning"}),
    ("/live-migrate", {}),
    ("/migrate", {}),
    ("/evacuate", {}),
    ("/reset-state", {"state": "failed"}),
)


def removal(thing: Thing, path: str, tells: str = "", caller: Caller = Caller.TENANT) -> Call:
    """A call that ends a thing."""
    call = Call("DELETE", path, tells=tells, caller=caller)
    thing.removals.append(call)
    return call


# -- compute -----------------------------------------------------------------------------------------------------------


def order_instance(world: World, dice: Random, number: int) -> Call:
    body = dedicated(
        deferred_start=dice.random() < 0.2, preemptible=dice.random() < 0.5, **dice.choice(SIZES), name=f"vm-{number}"
    )
    return Call("POST", INSTANCES, body, tells="compute.instance.created", then=world.make("instance"))


def act_on_instance(world: World, dice: Random, number: int) -> Call | None:
    instance = world.one("instance", dice)
    action, body = dice.choice(ON_AN_INSTANCE)
    return (
        None if instance is None else Call("POST", f"{INSTANCES}/{instance.id}{action}", body, caller=Caller.OPERATOR)
    )


def delete_instance(world: World, dice: Random, number: int) -> Call | None:
    instance = world.one("instance", dice)
    return None if instance is None else removal(instance, f"{INSTANCES}/{instance.id}")


def fail_provider(world: World, dice: Random, number: int) -> Call:
    kind = dice.choice(("unavailable", "timeout", "out_of_capacity", "latency"))
    body = {
        "operation": dice.choice(PROVIDER_OPERATIONS),
        "kind": kind,
        "tenant_id": world.facts["tenant_id"],
        "remaining": dice.randrange(1, 4),
        "latency_ms": 200 if kind == "latency" else 0,
    }
    return Call("POST", FAULTS, body, caller=Caller.PLATFORM)


def lose_host(world: World, dice: Random, number: int) -> Call:
    host = dice.choice(world.facts["hosts"])
    return Call("PATCH", f"{HOSTS}/{host}", {"forced_down": dice.random() < 0.4}, caller=Caller.PLATFORM)


def evacuate_host(world: World, dice: Random, number: int) -> Call:
    return Call("POST", f"{HOSTS}/{dice.choice(world.facts['hosts'])}/evacuate", caller=Caller.PLATFORM)


# -- network -----------------------------------------------------------------------------------------------------------


def make_vpc(world: World, dice: Random, number: int) -> Call:
    body = {"name": f"vpc-{number}", "cidr": f"10.{number % 250}.0.0/16"}
    return Call("POST", VPCS, body, tells="network.vpc.created", then=world.make("vpc"))


def delete_vpc(world: World, dice: Random, number: int) -> Call | None:
    vpc = world.one("vpc", dice)
    return None if vpc is None else removal(vpc, f"{VPCS}/{vpc.id}", "network.vpc.deleted")


def make_subnet(world: World, dice: Random, number: int) -> Call | None:
    vpc = world.one("vpc", dice)
    if vpc is None:
        return None
    cidr = f"{vpc.facts['cidr'].removesuffix('0.0/16')}{number % 250}.0/28"
    body = {"vpc_id": vpc.id, "name": f"subnet-{number}", "cidr": cidr, "zone": ZONE}
    return Call("POST", SUBNETS, body, tells="network.subnet.created", then=world.make("subnet"))


def delete_subnet(world: World, dice: Random, number: int) -> Call | None:
    subnet = world.one("subnet", dice)
    return None if subnet is None else removal(subnet, f"{SUBNETS}/{subnet.id}", "network.subnet.deleted")


def allocate_address(world: World, dice: Random, number: int) -> Call | None:
    subnet = world.one("subnet", dice)
    return (
        None
        if subnet is None
        else Call(
            "POST", ADDRESSES, {"subnet_id": subnet.id}, tells="network.address.allocated", then=world.make("address")
        )
    )


def release_address(world: World, dice: Random, number: int) -> Call | None:
    address = world.one("address", dice)
    return None if address is None else removal(address, f"{ADDRESSES}/{address.id}", "network.address.released")


def make_group(world: World, dice: Random, number: int) -> Call | None:
    vpc = world.one("vpc", dice)
    return (
        None
        if vpc is None
        else Call(
            "POST",
            GROUPS,
            {"vpc_id": vpc.id, "name": f"group-{number}"},
            tells="network.security_group.created",
            then=world.make("group"),
        )
    )


def open_port(world: World, dice: Random, number: int) -> Call | None:
    group, port = world.one("group", dice), 1_000 + number
    body = {"direction": "ingress", "protocol": "tcp", "port_low": port, "port_high": port, "cidr": "0.0.0.0/0"}
    return (
        None
        if group is None
        else Call("POST", f"{GROUPS}/{group.id}/rules", body, tells="network.security_group.updated")
    )


def delete_group(world: World, dice: Random, number: int) -> Call | None:
    group = world.one("group", dice)
    return None if group is None else removal(group, f"{GROUPS}/{group.id}", "network.security_group.deleted")


# -- storage -----------------------------------------------------------------------------------------------------------


def make_bucket(world: World, dice: Random, number: int) -> Call:
    name = f"bucket-{number}-{world.facts['tenant_id'][-8:].lower()}"
    body = {"name": name, "versioning": dice.choice(("enabled", "disabled"))}
    return Call("POST", f"{STORAGE}/buckets", body, tells="storage.bucket.created", then=world.make("bucket"))


def delete_bucket(world: World, dice: Random, number: int) -> Call | None:
    bucket = world.one("bucket", dice)
    return (
        None
        if bucket is None
        else removal(bucket, f"{STORAGE}/buckets/{bucket.facts['name']}", "storage.bucket.deleted")
    )


def put_object(world: World, dice: Random, number: int) -> Call | None:
    bucket, key = world.one("bucket", dice), f"key-{dice.randrange(3)}"
    if bucket is None:
        return None
    content = f"content {number} ".encode() * dice.choice((1, 5_000))
    path = f"{STORAGE}/buckets/{bucket.facts['name']}/objects/{key}"
    return world.write(path, Call("PUT", path, content=content, tells="storage.object.created"), content)


def delete_object(world: World, dice: Random, number: int) -> Call | None:
    bucket, key = world.one("bucket", dice), f"key-{dice.randrange(3)}"
    if bucket is None:
        return None
    path = f"{STORAGE}/buckets/{bucket.facts['name']}/objects/{key}"
    return world.write(path, Call("DELETE", path), None)


def make_volume(world: World, dice: Random, number: int) -> Call:
    body = {"name": f"volume-{number}", "size_gib": dice.randrange(1, 20), "zone": ZONE}
    return Call("POST", f"{STORAGE}/volumes", body, tells="storage.volume.created", then=world.make("volume"))


def grow_volume(world: World, dice: Random, number: int) -> Call | None:
    volume, size = world.one("volume", dice), 20 + dice.randrange(20)
    return None if volume is None else Call("PATCH", f"{STORAGE}/volumes/{volume.id}", {"size_gib": size})


def attach_volume(world: World, dice: Random, number: int) -> Call | None:
    volume, instance = world.one("volume", dice), world.one("instance", dice)
    if volume is None or instance is None:
        return None
    return Call("POST", f"{STORAGE}/volumes/{volume.id}/attach", {"instance_id": instance.id})


def detach_volume(world: World, dice: Random, number: int) -> Call | None:
    volume = world.one("volume", dice)
    return None if volume is None else Call("POST", f"{STORAGE}/volumes/{volume.id}/detach")


def delete_volume(world: World, dice: Random, number: int) -> Call | None:
    volume = world.one("volume", dice)
    return None if volume is None else removal(volume, f"{STORAGE}/volumes/{volume.id}")


def take_snapshot(world: World, dice: Random, number: int) -> Call | None:
    volume = world.one("volume", dice)
    return (
        None
        if volume is None
        else Call(
            "POST",
            f"{STORAGE}/volumes/{volume.id}/snapshots",
            {"name": f"snapshot-{number}"},
            tells="storage.snapshot.created",
            then=world.make("snapshot"),
        )
    )


def delete_snapshot(world: World, dice: Random, number: int) -> Call | None:
    snapshot = world.one("snapshot", dice)
    return (
        None
        if snapshot is None
        else removal(snapshot, f"{STORAGE}/snapshots/{snapshot.id}", "storage.snapshot.deleted")
    )


# -- DNS and load balancing --------------------------------------------------------------------------------------------


def make_zone(world: World, dice: Random, number: int) -> Call:
    name = f"z{number}-{world.facts['tenant_id'][-8:].lower()}.example."
    return Call("POST", ZONES, {"name": name}, tells="dns.zone.created", then=world.make("zone"))


def delete_zone(world: World, dice: Random, number: int) -> Call | None:
    zone = world.one("zone", dice)
    return None if zone is None else removal(zone, f"{ZONES}/{zone.id}", "dns.zone.deleted")


def make_record(world: World, dice: Random, number: int) -> Call | None:
    zone = world.one("zone", dice)
    if zone is None:
        return None
    body = {"name": f"r{number}.{zone.facts['name']}", "type": "A", "ttl": 60, "values": [f"192.0.2.{number % 250}"]}
    made = world.make("record", zone_id=zone.id)
    return Call("POST", f"{ZONES}/{zone.id}/records", body, tells="dns.record_set.created", then=made)


def delete_record(world: World, dice: Random, number: int) -> Call | None:
    record = world.one("record", dice)
    if record is None:
        return None
    path = f"{ZONES}/{record.facts['zone_id']}/records/{record.id}"
    return removal(record, path, "dns.record_set.deleted")


def make_pool(world: World, dice: Random, number: int) -> Call:
    body = {"name": f"pool-{number}", "algorithm": dice.choice(("round_robin", "least_connections"))}
    return Call("POST", POOLS, body, tells="loadbalancer.pool.created", then=world.make("pool"))


def delete_pool(world: World, dice: Random, number: int) -> Call | None:
    pool = world.one("pool", dice)
    return None if pool is None else removal(pool, f"{POOLS}/{pool.id}", "loadbalancer.pool.deleted")


def add_backend(world: World, dice: Random, number: int) -> Call | None:
    pool = world.one("pool", dice)
    body = {"address": f"10.200.{number // 250}.{number % 250}", "port": 8080, "weight": dice.randrange(1, 5)}
    return (
        None
        if pool is None
        else Call("POST", f"{POOLS}/{pool.id}/backends", body, tells="loadbalancer.backend.created")
    )


def make_balancer(world: World, dice: Random, number: int) -> Call | None:
    pool = world.one("pool", dice)
    if pool is None:
        return None
    body = {"name": f"lb-{number}", "listeners": [{"port": 80, "protocol": "http", "pool_id": pool.id}]}
    tells = "loadbalancer.load_balancer.created"
    return Call("POST", BALANCERS, body, tells=tells, then=world.make("balancer"))


def delete_balancer(world: World, dice: Random, number: int) -> Call | None:
    balancer = world.one("balancer", dice)
    return (
        None
        if balancer is None
        else removal(balancer, f"{BALANCERS}/{balancer.id}", "loadbalancer.load_balancer.deleted")
    )


def meter(world: World, dice: Random, number: int) -> Call:
    service = dice.choice(("compute", "network", "storage", "dns", "loadbalancer"))
    return Call("POST", f"/api/{service}/v1/usage/flush")


COMPUTE: dict[Act, int] = {
    order_instance: 10, act_on_instance: 12, delete_instance: 4, fail_provider: 3, lose_host: 2, evacuate_host: 1,
}  # fmt: skip
INFRASTRUCTURE: dict[Act, int] = {
    **COMPUTE,
    make_vpc: 3, delete_vpc: 1, make_subnet: 4, delete_subnet: 1, allocate_address: 8, release_address: 4,
    make_group: 2, open_port: 2, delete_group: 1,
    make_bucket: 3, delete_bucket: 1, put_object: 8, delete_object: 2, make_volume: 5, grow_volume: 2,
    attach_volume: 3, detach_volume: 2, delete_volume: 3, take_snapshot: 2, delete_snapshot: 1,
    make_zone: 3, delete_zone: 1, make_record: 4, delete_record: 2,
    make_pool: 2, delete_pool: 1, add_backend: 2, make_balancer: 2, delete_balancer: 1, meter: 4,
}  # fmt: skip
