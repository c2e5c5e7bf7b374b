"""Who gives way: Kubernetes' order of reprieve and choice."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services.compute.domain.hosts import HostState
from services.compute.domain.inventory import Inventory
from services.compute.domain.placement import PlacementRequest, is_acceptable
from services.compute.domain.preemption import Preemptible, choose_victims, fewest_victims, without
from services.compute.domain.resources import ResourceClass, Resources
from services.compute.domain.server_groups import GroupPolicy, ServerGroup

VCPU, MEMORY = ResourceClass.VCPU, ResourceClass.MEMORY_MIB
ORDER = PlacementRequest("t-1", Resources(Decimal(1), 16, 0))
BEGAN = datetime(2026, 3, 1, tzinfo=UTC)


def host(name: str, used: int, instances: int, **fields: object) -> HostState:
    inventories = {VCPU: Inventory(VCPU, 2_000), MEMORY: Inventory(MEMORY, 1_000)}
    where = {"provider": "nimbus", "region": "nimbus-eu-1", "zone": "nimbus-eu-1a"}
    return HostState(id=name, inventories=inventories, used={VCPU: used}, instances=instances, **where, **fields)  # type: ignore[arg-type]


def guest(name: str, host_id: str, millicores: int, age: int = 0) -> Preemptible:
    """An instance that has lived for `age` hours."""
    return Preemptible(name, host_id, {VCPU: millicores}, BEGAN - timedelta(hours=age))


def names(victims: object) -> list[str]:
    return [victim.instance_id for victim in victims]  # type: ignore[attr-defined]


def test_what_leaves_room_anyway_is_reprieved_the_longest_lived_first() -> None:
    guests = [guest("young", "a", 1_000, 1), guest("old", "a", 1_000, 9)]

    assert names(fewest_victims(host("a", 2_000, 2), guests, ORDER)) == ["young"]


def test_nobody_leaves_where_all_together_would_not_do() -> None:
    assert fewest_victims(host("a", 2_000, 2), [guest("g", "a", 500)], ORDER) == ()
    assert choose_victims([host("a", 2_000, 2)], [guest("g", "a", 500)], ORDER) is None
    assert choose_victims([host("a", 2_000, 2)], [], ORDER) is None


def test_the_host_with_the_fewest_victims_is_taken() -> None:
    guests = [guest("a1", "a", 500), guest("a2", "a", 500), guest("b1", "b", 1_000, 99)]

    choice = choose_victims([host("a", 2_000, 2), host("b", 2_000, 1)], guests, ORDER)

    assert choice is not None
    assert (choice[0].id, names(choice[1])) == ("b", ["b1"])


def test_among_equals_those_that_have_lived_the_least_go() -> None:
    guests = [guest("a1", "a", 1_000, 5), guest("b1", "b", 1_000, 2)]

    choice = choose_victims([host("a", 2_000, 1), host("b", 2_000, 1)], guests, ORDER)

    assert choice is not None
    assert choice[0].id == "b"


def test_no_room_is_made_where_the_order_may_not_go() -> None:
    guests = [guest("a1", "a", 1_000)]
    elsewhere = host("a", 2_000, 1, dedicated_tenant_id="t-2")
    apart = PlacementRequest("t-1", ORDER.resources, group=ServerGroup("g", GroupPolicy.ANTI_AFFINITY, ("a",)))

    assert choose_victims([elsewhere], guests, ORDER) is None
    assert choose_victims([host("a", 2_000, 1)], guests, apart) is None


def test_a_place_is_room_too() -> None:
    full = host("a", 100, 3, max_instances=3)

    assert names(fewest_victims(full, [guest("g", "a", 100)], ORDER)) == ["g"]


def test_without_its_guests_a_host_has_what_they_held() -> None:
    left = without(host("a", 2_000, 2), [guest("g", "a", 500)])

    assert (left.used_of(VCPU), left.free_of(VCPU), left.instances) == (1_500, 500, 1)


def by_brute_force(
    state: HostState, guests: Collection[Preemptible], request: PlacementRequest
) -> Collection[Preemptible]:
    """The rule word by word: everybody is out, and each in turn is let back where there is room without the others."""
    if not guests or not is_acceptable(without(state, guests), request):
        return []
    victims = sorted(guests, key=lambda each: (each.created_at, each.instance_id))
    for each in tuple(victims):
        others = [victim for victim in victims if victim is not each]
        if is_acceptable(without(state, others), request):
            victims = others
    return victims


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_on_a_host_those_leave_that_the_rule_names(seed: int) -> None:
    draw = random.Random(seed)
    chosen = 0
    for _ in range(100):
        guests = [
            Preemptible(
                f"g-{number}",
                "a",
                {VCPU: draw.choice((100, 250, 700)), MEMORY: draw.choice((16, 100, 300))},
                BEGAN - timedelta(hours=draw.randrange(5)),
            )
            for number in range(draw.randrange(12))
        ]
        used = {
            VCPU: sum(each.units[VCPU] for each in guests) + draw.randrange(800),
            MEMORY: sum(each.units[MEMORY] for each in guests) + draw.randrange(400),
        }
        full = draw.random() < 0.5
        state = replace(
            host("a", 0, len(guests) + draw.randrange(2), max_instances=len(guests) if full else 50), used=used
        )
        order = PlacementRequest("t-1", Resources(Decimal(draw.randint(1, 20)) / 10, draw.choice((16, 400)), 0))

        victims = fewest_victims(state, guests, order)

        assert names(victims) == names(by_brute_force(state, guests, order))
        chosen += bool(victims)
    assert chosen > 20, "hardly anybody had to leave"


class Read(dict[ResourceClass, int]):
    """Units that count how often somebody has read them."""

    times = 0

    def items(self) -> Iterator[tuple[ResourceClass, int]]:  # type: ignore[override]
        self.times += 1
        return iter(super().items())


def test_each_guest_is_looked_at_twice_however_many_share_its_host() -> None:
    guests = [Preemptible(f"g-{number}", "a", Read({VCPU: 10}), BEGAN) for number in range(200)]

    assert len(fewest_victims(host("a", 2_000, 200, max_instances=300), guests, ORDER)) == 100

    assert {each.units.times for each in guests} == {2}  # type: ignore[attr-defined]
