"""Whatever uses a resource is gone before it."""

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.deploy.domain.plans import Action, Resource, make_plan
from services.deploy.domain.steps import StepState, next_steps, steps_of

FEW = settings(max_examples=60, phases=[Phase.generate], derandomize=True, deadline=None)

NAMES = "abcdef"


@st.composite
def resources(draw: st.DrawFn) -> list[Resource]:
    """Resources of which each needs some that come earlier in an order of no significance."""
    names = draw(st.permutations(NAMES[: draw(st.integers(2, 6))]))
    found = []
    for position, name in enumerate(names):
        needs = draw(st.lists(st.sampled_from(names[:position]), unique=True)) if position else []
        found.append(Resource(f"null.{name}", {"x": 1}, tuple(f"null.{each}" for each in needs), id=f"{name}-1"))
    return found


def taken(steps: list[tuple[str, tuple[str, ...]]]) -> list[list[str]]:
    """The nodes in the order in which workers take them, as many at a time as can be."""
    needs = dict(steps)
    states = dict.fromkeys(needs, StepState.PENDING)
    rounds = []
    while StepState.PENDING in states.values():
        ready, _ = next_steps(needs, states)
        assert ready, "nothing can be taken"
        states |= dict.fromkeys(ready, StepState.DONE)
        rounds.append(ready)
    return rounds


@FEW
@given(resources())
def test_everything_that_goes_goes_before_what_it_used(existing: list[Resource]) -> None:
    rounds = taken([(step.node, step.needs) for step in steps_of(make_plan([], existing))])
    when = {node: number for number, nodes in enumerate(rounds) for node in nodes}
    for each in existing:
        assert all(when[each.address] < when[need] for need in each.depends_on)


@FEW
@given(resources())
def test_what_is_replaced_goes_in_reverse_and_comes_in_order(existing: list[Resource]) -> None:
    desired = [Resource(each.address, {"triggers": {"new": True}}, each.depends_on) for each in existing]
    existing = [Resource(each.address, {"triggers": {}}, each.depends_on, id=each.id) for each in existing]
    changes = make_plan(desired, existing)
    assert {change.action for change in changes} == {Action.REPLACE}
    rounds = taken([(step.node, step.needs) for step in steps_of(changes)])
    when = {node: number for number, nodes in enumerate(rounds) for node in nodes}
    for each in existing:
        assert when[f"{each.address} (destroy)"] < when[each.address]
        for need in each.depends_on:
            assert when[f"{each.address} (destroy)"] < when[f"{need} (destroy)"]
            assert when[need] < when[each.address]
