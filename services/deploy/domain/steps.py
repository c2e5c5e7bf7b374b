"""The steps of an apply: a graph of makers and destroyers, what is to be done next, and what there is afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from services.deploy.domain.plans import Action, Change, Resource, destroyer, destroys, step_graph
from shared.infra.graph import DependencyGraph


class StepState(StrEnum):
    """Where a step stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


PARALLELISM = 10
"""So many steps of one apply are under way at a time, as Terraform has it by default. The workers are everybody's: more
would put a wide plan's steps in front of everybody else's."""
ENDED = frozenset({StepState.DONE, StepState.FAILED, StepState.SKIPPED})


@dataclass(frozen=True)
class Step:
    """A node of the graph: one resource is made, changed or destroyed, once every step in `needs` is done.

    A replacement is two of them: one destroys what there is, named `<address> (destroy)` as in Terraform's graphs, and
    one creates anew.
    """

    node: str
    action: Action
    change: Change
    needs: tuple[str, ...]


def steps_of(changes: Iterable[Change]) -> list[Step]:
    """The steps of a plan, in an order in which they may be taken."""
    changes = list(changes)
    graph = step_graph(changes)
    made = {change.address: change for change in changes if change.after is not None}
    destroyed = {destroyer(change): change for change in changes if destroys(change)}
    steps = []
    for node in graph.order():
        needs = tuple(sorted(graph.dependencies(node)))
        if node in destroyed:
            steps.append(Step(node, Action.DELETE, destroyed[node], needs))
        else:
            action = made[node].action
            action = Action.CREATE if action is Action.REPLACE else action
            steps.append(Step(node, action, made[node], needs))
    return steps


def next_steps(needs: Mapping[str, Iterable[str]], states: Mapping[str, StepState]) -> tuple[list[str], list[str]]:
    """The steps that can be taken now, and those that never will because one they need has failed.

    What doesn't depend on a failed step goes on, as in Terraform.
    """
    graph = DependencyGraph(needs)
    failed = [node for node, state in states.items() if state in (StepState.FAILED, StepState.SKIPPED)]
    lost = {node for each in failed for node in graph.dependents(each) if states[node] is StepState.PENDING}
    done = [node for node, state in states.items() if state is StepState.DONE]
    started = [node for node, state in states.items() if state not in (StepState.DONE, StepState.PENDING)]
    return list(graph.ready(done, started)), sorted(lost)


@dataclass(frozen=True)
class Outcome:
    """What came of a step: the id of what it made or changed, and whether that is broken."""

    step: Step
    state: StepState
    resource_id: str | None
    tainted: bool


def resources_after(present: Iterable[Resource], outcomes: Iterable[Outcome]) -> list[Resource]:
    """The resources there are once these steps have ended, whatever became of them; in no particular order.

    A change in place that failed taints nothing (Terraform): what it was to change would be replaced for it.
    """
    resources = {resource.address: resource for resource in present}
    # First what was destroyed: a replacement whose creation failed leaves nothing.
    for outcome in sorted(outcomes, key=lambda each: each.step.action is not Action.DELETE):
        change, address = outcome.step.change, outcome.step.change.address
        if outcome.step.action is Action.DELETE:
            if outcome.state is StepState.DONE:
                resources.pop(address, None)
            elif outcome.tainted and address in resources:
                resources[address] = replace(resources[address], tainted=True)
        elif change.after is not None and (outcome.state is StepState.DONE or _broken_anew(outcome)):
            resources[address] = replace(change.after, id=outcome.resource_id or "", tainted=outcome.tainted)
    return list(resources.values())


def _broken_anew(outcome: Outcome) -> bool:
    """Whether a resource was made that isn't what it should be."""
    return outcome.tainted and outcome.step.action is Action.CREATE
