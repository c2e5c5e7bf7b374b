"""Dependency graphs: orders and cycles."""

import pytest

from shared.infra.graph import DependencyCycle, DependencyGraph, UnknownDependency

DIAMOND = {"instance": ["subnet", "disk"], "subnet": ["network"], "disk": ["snapshot"], "snapshot": ["image"],
           "image": [], "network": []}  # fmt: skip


def test_a_diamond_comes_after_both_of_its_sides() -> None:
    graph = DependencyGraph(DIAMOND)
    assert graph.waves() == (("image", "network"), ("snapshot", "subnet"), ("disk",), ("instance",))


def test_destruction_is_creation_backwards() -> None:
    graph = DependencyGraph(DIAMOND)
    assert graph.destroy_order() == tuple(reversed(graph.order()))
    gone = graph.destroy_order()
    assert all(gone.index(node) < gone.index(need) for node, needs in DIAMOND.items() for need in needs)


@pytest.mark.parametrize(
    ("dependencies", "cycle"),
    [
        ({"a": ["a"]}, ["a", "a"]),
        ({"a": ["b"], "b": ["a"]}, ["a", "b", "a"]),
        ({"root": [], "a": ["b", "root"], "b": ["c"], "c": ["a"]}, ["a", "b", "c", "a"]),
        ({"entry": ["x"], "x": ["y"], "y": ["z"], "z": ["x"]}, ["x", "y", "z", "x"]),
    ],
)
def test_a_cycle_of_any_length_is_named(dependencies: dict[str, list[str]], cycle: list[str]) -> None:
    with pytest.raises(DependencyCycle) as refused:
        DependencyGraph(dependencies)
    assert refused.value.extra == {"cycle": cycle}
    assert refused.value.code == "dependency_cycle"


def test_a_dependency_on_nothing_is_refused() -> None:
    with pytest.raises(UnknownDependency, match="a depends on ghost"):
        DependencyGraph({"a": ["ghost"]})


def test_a_node_is_ready_when_all_it_needs_is_done() -> None:
    graph = DependencyGraph(DIAMOND)
    assert graph.ready(done=[]) == ("image", "network")
    assert graph.ready(done=["network", "subnet"]) == ("image",)
    assert graph.ready(done=["network", "subnet", "image"], started=["snapshot"]) == ()
    assert graph.ready(done=["network", "subnet", "image", "snapshot", "disk"]) == ("instance",)


def test_dependents_are_found_through_any_number_of_steps() -> None:
    graph = DependencyGraph(DIAMOND)
    assert graph.dependents("image") == {"snapshot", "disk", "instance"}
    assert graph.dependents("instance") == frozenset()
