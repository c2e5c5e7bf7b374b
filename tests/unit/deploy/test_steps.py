"""Steps of an apply: their graph, what can be taken next, and what there is afterwards."""

import gc
import time
from collections.abc import Iterable

import pytest

from services.deploy.domain.plans import Action, Change, Resource, make_plan, step_graph
from services.deploy.domain.steps import Outcome, Step, StepState, next_steps, resources_after, steps_of


def null(name: str, *depends_on: str, x: int = 1) -> Resource:
    needs = tuple(f"null.{each}" for each in depends_on)
    return Resource(f"null.{name}", {"triggers": {"x": x}}, needs, id=f"{name}-1")


def nodes(changes: Iterable[Change]) -> list[str]:
    return [step.node for step in steps_of(changes)]


def outcome(step: Step, state: StepState, id: str | None = None, *, tainted: bool = False) -> Outcome:
    return Outcome(step, state, id, tainted)


def test_a_replacement_is_destroyed_and_made_anew_in_two_steps() -> None:
    first, second = steps_of(make_plan([null("a", x=2)], [null("a")]))
    assert (first.node, first.action, first.needs) == ("null.a (destroy)", Action.DELETE, ())
    assert (second.node, second.action, second.needs) == ("null.a", Action.CREATE, ("null.a (destroy)",))


def test_replaced_resources_go_in_reverse_before_they_come_in_order() -> None:
    # Given a chain a ← b ← c that is replaced as a whole
    changes = make_plan(
        [null("a", x=2), null("b", "a", x=2), null("c", "b", x=2)], [null("a"), null("b", "a"), null("c", "b")]
    )
    # Then whatever uses a resource goes before it, and comes after it
    assert nodes(changes) == [
        "null.c (destroy)",
        "null.b (destroy)",
        "null.a (destroy)",
        "null.a",
        "null.b",
        "null.c",
    ]


def test_whoever_stops_using_a_resource_lets_go_of_it_first_unless_that_closes_a_circle() -> None:
    # Given: x is deleted, which used y; y is replaced; and u, which used x, uses y from now on
    actual = [null("y"), null("x", "y"), Resource("null.u", {"size": 1}, ("null.x",), id="u-1")]
    desired = [null("y", x=2), Resource("null.u", {"size": 2}, ("null.y",))]
    # Then there is an order all the same
    order = nodes(make_plan(desired, actual))
    assert order.index("null.x") < order.index("null.y (destroy)") < order.index("null.y") < order.index("null.u")


def test_a_step_is_ready_once_everything_it_needs_is_done() -> None:
    needs = {"a": [], "b": [], "c": ["a", "b"]}
    running = {"a": StepState.DONE, "b": StepState.RUNNING, "c": StepState.PENDING}
    assert next_steps(needs, running) == ([], [])
    assert next_steps(needs, {**running, "b": StepState.DONE}) == (["c"], [])


def test_what_needs_a_failed_step_is_lost_and_the_rest_goes_on() -> None:
    needs = {"a": [], "b": ["a"], "c": ["b"], "d": [], "e": ["d"]}
    states = {
        "a": StepState.FAILED,
        "b": StepState.PENDING,
        "c": StepState.PENDING,
        "d": StepState.DONE,
        "e": StepState.PENDING,
    }
    assert next_steps(needs, states) == (["e"], ["b", "c"])


def test_a_replacement_whose_creation_failed_leaves_nothing() -> None:
    destroy, create = steps_of(make_plan([null("a", x=2)], [null("a")]))
    done = [outcome(create, StepState.FAILED), outcome(destroy, StepState.DONE)]
    assert resources_after([null("a")], done) == []


def test_a_replacement_whose_destruction_failed_leaves_the_old_one_tainted() -> None:
    destroy, create = steps_of(make_plan([null("a", x=2)], [null("a")]))
    done = [outcome(destroy, StepState.FAILED, "a-1", tainted=True), outcome(create, StepState.SKIPPED)]
    (left,) = resources_after([null("a")], done)
    assert (left.id, left.attributes, left.tainted) == ("a-1", {"triggers": {"x": 1}}, True)


def test_what_was_made_but_did_not_come_up_is_known_and_tainted() -> None:
    (create,) = steps_of(make_plan([null("a")], []))
    (left,) = resources_after([], [outcome(create, StepState.FAILED, "a-7", tainted=True)])
    assert (left.id, left.tainted) == ("a-7", True)


@pytest.mark.parametrize(
    ("state", "tainted"), [(StepState.FAILED, False), (StepState.FAILED, True), (StepState.SKIPPED, False)]
)
def test_an_update_that_was_not_made_leaves_what_there_was(state: StepState, tainted: bool) -> None:
    before = Resource("null.a", {"size": 1}, id="a-1")
    (update,) = steps_of(make_plan([Resource("null.a", {"size": 2})], [before]))
    assert resources_after([before], [outcome(update, state, "a-1", tainted=tainted)]) == [before]
    assert [each.attributes for each in resources_after([before], [outcome(update, StepState.DONE, "a-1")])] == [
        {"size": 2}
    ]


def test_planning_and_destroying_takes_time_linear_in_the_resources() -> None:
    # Given chains of ten, all of which hang on one resource
    def seconds(number: int) -> float:
        gc.collect()
        resources = [null("hub")]
        for each in range(number):
            before = "hub" if each % 10 == 0 else f"r{each - 1}"
            resources.append(null(f"r{each}", before))
        began = time.process_time()
        changes = make_plan([], resources)
        assert len(step_graph(changes).order()) == number + 1
        return time.process_time() - began

    # Then eight times as many take about eight times as long, not sixty-four times
    assert min(seconds(8000) for _ in range(3)) < 40 * min(seconds(1000) for _ in range(3))
