"""Plans: what changes, in which order, and what can't be planned."""

from collections.abc import Iterable

import pytest

from services.deploy.domain.kinds import UnknownAttribute
from services.deploy.domain.plans import (
    Action,
    Change,
    DuplicateAddress,
    Resource,
    make_plan,
    step_graph,
    summary,
)
from shared.errors import ValidationFailed
from shared.infra.graph import DependencyCycle, UnknownDependency


def null(name: str, *depends_on: str, **attributes: object) -> Resource:
    return Resource(f"null.{name}", attributes, tuple(f"null.{each}" for each in depends_on))


def steps(changes: Iterable[Change]) -> list[tuple[str, str]]:
    return [(change.action.value, change.address) for change in changes]


def test_everything_is_created_after_what_it_depends_on() -> None:
    desired = [null("app", "database", "cache"), null("cache", "network"), null("database", "network"), null("network")]
    changes = make_plan(desired, [])
    order = [change.address for change in changes]
    assert {change.action for change in changes} == {Action.CREATE}
    assert order[0] == "null.network"
    assert order[-1] == "null.app"
    assert sorted(order[1:3]) == ["null.cache", "null.database"]


def test_everything_is_destroyed_before_what_it_depends_on() -> None:
    actual = [null("network"), null("database", "network"), null("app", "database")]
    assert steps(make_plan([], actual)) == [
        ("delete", "null.app"),
        ("delete", "null.database"),
        ("delete", "null.network"),
    ]


def test_what_is_already_so_is_left_alone() -> None:
    assert make_plan([null("a", size=1)], [null("a", size=1)]) == []


def test_a_changed_attribute_updates_and_a_removed_resource_is_deleted_last() -> None:
    # Given a volume that stays, one that goes, and an instance that used the one that goes
    desired = [Resource("storage.volume.a", {"size_gib": 20}), null("user", size=2)]
    actual = [Resource("storage.volume.a", {"size_gib": 10}), null("gone"), null("user", "gone", size=1)]
    changes = make_plan(desired, actual)
    assert sorted(steps(changes)[:2]) == [("update", "null.user"), ("update", "storage.volume.a")]
    assert steps(changes)[2:] == [("delete", "null.gone")]
    assert summary(changes) == {"create": 0, "update": 2, "delete": 1}


def test_an_attribute_that_is_taken_away_is_a_change_too() -> None:
    assert steps(make_plan([null("a")], [null("a", size=1)])) == [("update", "null.a")]


def test_an_attribute_that_cannot_change_in_place_replaces_the_resource() -> None:
    desired = [Resource("storage.volume.a", {"zone": "b", "size_gib": 1})]
    actual = [Resource("storage.volume.a", {"zone": "a", "size_gib": 1})]
    changes = make_plan(desired, actual)
    assert steps(changes) == [("replace", "storage.volume.a")]
    assert summary(changes) == {"create": 1, "update": 0, "delete": 1}


@pytest.mark.parametrize(
    ("attributes", "action"),
    [
        ({"flavor": "small", "zone": "a"}, "update"),
        ({"flavor": "small", "zone": "a", "labels": {"tier": "front"}}, "update"),
        ({"flavor": "small", "zone": "b"}, "replace"),
        ({"size": {"vcpus": "1"}, "zone": "a"}, "replace"),
    ],
)
def test_an_instance_of_another_flavor_is_resized_and_what_has_its_id_stays(
    attributes: dict[str, object], action: str
) -> None:
    user = null("user", triggers={"instance": "${compute.instance.a.id}"})
    actual = [Resource("compute.instance.a", {"flavor": "nano", "zone": "a"}, id="i-1"), user]
    found = steps(make_plan([Resource("compute.instance.a", attributes), user], actual))
    with_it = [("replace", "null.user")] if action == "replace" else []
    assert found == [(action, "compute.instance.a"), *with_it]


def test_what_refers_to_a_replaced_resource_gets_its_new_id_and_is_replaced_where_it_must_be() -> None:
    # Given a chain of references: an instance's labels change in place, a null's triggers don't
    def chain(zone: str) -> list[Resource]:
        return [
            Resource("storage.volume.a", {"zone": zone, "size_gib": 1}, id="vol-1"),
            Resource("null.b", {"triggers": {"volume": "${storage.volume.a.id}"}}, id="b-1"),
            Resource("compute.instance.c", {"flavor": "nano", "labels": {"b": "${null.b.id}"}}, id="i-1"),
            Resource("null.d", {"note": "${compute.instance.c.id}"}, id="d-1"),
        ]

    # When the volume is replaced
    assert steps(make_plan(chain("z2"), chain("z1"))) == [
        ("replace", "storage.volume.a"),
        ("replace", "null.b"),
        ("update", "compute.instance.c"),
    ]
    # And a resource that is missing in the state is made anew, with the same consequences
    assert steps(make_plan(chain("z1"), chain("z1")[1:])) == [
        ("create", "storage.volume.a"),
        ("replace", "null.b"),
        ("update", "compute.instance.c"),
    ]


def test_what_is_only_made_after_a_replaced_resource_stays() -> None:
    desired = [null("a", triggers={"x": 2}), null("b", "a")]
    assert steps(make_plan(desired, [null("a", triggers={"x": 1}), null("b", "a")])) == [("replace", "null.a")]


def test_a_tainted_resource_is_replaced_although_nothing_else_has_changed() -> None:
    tainted = Resource("compute.instance.a", {"flavor": "nano"}, id="i-1", tainted=True)
    assert steps(make_plan([Resource("compute.instance.a", {"flavor": "nano"})], [tainted])) == [
        ("replace", "compute.instance.a")
    ]


def test_a_change_of_what_a_resource_is_made_after_is_recorded() -> None:
    assert steps(make_plan([null("a"), null("b", "a")], [null("a"), null("b")])) == [("update", "null.b")]
    assert (
        make_plan([null("a"), null("b"), null("c", "a", "b", "a")], [null("a"), null("b"), null("c", "b", "a")]) == []
    )


def test_a_truth_value_is_not_a_number() -> None:
    assert steps(make_plan([null("a", on=True)], [null("a", on=1)])) == [("update", "null.a")]
    assert make_plan([null("a", size=[1.0, {"x": 2}])], [null("a", size=[1, {"x": 2.0}])]) == []


@pytest.mark.parametrize(
    ("address", "attributes"),
    [
        ("storage.volume.a", {"sise_gib": 5, "zone": "z"}),
        ("compute.instance.a", {"flavour": "nano"}),
        ("storage.bucket.a", {"versionning": "enabled"}),
    ],
)
def test_a_misspelt_attribute_is_refused_and_named(address: str, attributes: dict[str, object]) -> None:
    with pytest.raises(UnknownAttribute) as refused:
        make_plan([Resource(address, attributes)], [])
    assert next(iter(attributes)) in refused.value.detail


@pytest.mark.parametrize("actual", [[], [Resource("compute.instance.a", {"flavor": "nano"}, id="i-1")]])
def test_an_instance_has_not_both_a_flavor_and_a_size(actual: list[Resource]) -> None:
    size = {"vcpus": "1", "memory_mib": 512}
    with pytest.raises(ValidationFailed, match="either a flavor or a size"):
        make_plan([Resource("compute.instance.a", {"flavor": "nano", "size": size})], actual)
    assert steps(make_plan([Resource("compute.instance.a", {"flavor": None, "size": size})], [])) == [
        ("create", "compute.instance.a")
    ]


@pytest.mark.parametrize(
    ("kind", "attribute"),
    [("compute.instance", "spreading"), ("compute.instance", "deferred_start"), ("null", "triggers")],
)
def test_an_attribute_that_its_owner_cannot_change_forces_a_replacement(kind: str, attribute: str) -> None:
    desired, actual = Resource(f"{kind}.a", {attribute: "x"}), Resource(f"{kind}.a", {attribute: "y"})
    assert steps(make_plan([desired], [actual])) == [("replace", f"{kind}.a")]


def test_a_reference_is_a_dependency() -> None:
    desired = [null("b", volume="${storage.volume.a.id}"), Resource("storage.volume.a", {"size_gib": 1})]
    assert steps(make_plan(desired, [])) == [("create", "storage.volume.a"), ("create", "null.b")]


def test_a_cycle_is_refused_and_named() -> None:
    with pytest.raises(DependencyCycle) as refused:
        make_plan([null("a", "b"), null("b", "c"), null("c", "a"), null("d")], [])
    for name in ("null.a", "null.b", "null.c"):
        assert name in refused.value.detail
    assert "null.d" not in refused.value.detail


def test_a_dependency_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownDependency):
        make_plan([null("a", "missing")], [])


def test_an_address_may_only_be_used_once() -> None:
    with pytest.raises(DuplicateAddress):
        make_plan([null("a"), null("a")], [])


def test_a_step_waits_for_all_of_its_dependencies() -> None:
    changes = make_plan([null("a"), null("b"), null("c", "a", "b")], [])
    graph = step_graph(changes)
    assert sorted(graph.ready(set())) == ["null.a", "null.b"]
    assert list(graph.ready({"null.a"})) == ["null.b"]
    assert list(graph.ready({"null.a", "null.b"})) == ["null.c"]


def test_a_deletion_waits_for_whoever_used_the_resource() -> None:
    changes = make_plan([null("user", size=2)], [null("gone"), null("user", "gone", size=1)])
    graph = step_graph(changes)
    assert list(graph.ready(set())) == ["null.user"]
    assert list(graph.ready({"null.user"})) == ["null.gone"]
