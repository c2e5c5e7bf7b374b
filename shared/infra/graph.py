"""Dependency graphs: the order of creation, the order of destruction, and what can be done now.

Kahn's algorithm ("Topological sorting of large networks", CACM 1962): a node is ready once the last of its dependencies
is done; nodes that never become ready are on a cycle or behind one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from shared.errors import ValidationFailed


class DependencyCycle(ValidationFailed):
    """Nodes depend on each other in a circle; `cycle` names them, first and last the same."""

    code = "dependency_cycle"


class UnknownDependency(ValidationFailed):
    """A node depends on one that isn't in the graph."""

    code = "unknown_dependency"


class DependencyGraph:
    """Nodes and what each depends on. Orders are the same on every run: ties go by name."""

    def __init__(self, dependencies: Mapping[str, Iterable[str]]) -> None:
        """Raises UnknownDependency, and DependencyCycle for a cycle of any length."""
        self._dependencies = {node: frozenset(needs) for node, needs in dependencies.items()}
        self._check_known()
        self._dependents = self._reversed()
        self._waves = self._sort()

    def dependencies(self, node: str) -> frozenset[str]:
        """What the node depends on directly."""
        return self._dependencies[node]

    def dependents(self, node: str) -> frozenset[str]:
        """Every node that depends on it, directly or not."""
        found: set[str] = set()
        frontier = list(self._dependents[node])
        while frontier:
            other = frontier.pop()
            if other not in found:
                found.add(other)
                frontier.extend(self._dependents[other])
        return frozenset(found)

    def waves(self) -> tuple[tuple[str, ...], ...]:
        """Groups that can be done at the same time, each needing only earlier ones."""
        return self._waves

    def order(self) -> tuple[str, ...]:
        """Creation order: every node after all it depends on."""
        return tuple(node for wave in self._waves for node in wave)

    def destroy_order(self) -> tuple[str, ...]:
        """Destruction order: every node before all it depends on."""
        return tuple(reversed(self.order()))

    def ready(self, done: Collection[str], started: Collection[str] = ()) -> tuple[str, ...]:
        """Nodes not started or done whose dependencies are *all* done, in name order."""
        finished = frozenset(done)
        busy = finished.union(started)
        return tuple(
            sorted(node for node, needs in self._dependencies.items() if node not in busy and needs <= finished)
        )

    def _check_known(self) -> None:
        for node, needs in self._dependencies.items():
            unknown = sorted(need for need in needs if need not in self._dependencies)
            if unknown:
                raise UnknownDependency(
                    f"{node} depends on {unknown[0]}, which doesn't exist", node=node, missing=unknown
                )

    def _reversed(self) -> dict[str, list[str]]:
        dependents: dict[str, list[str]] = {node: [] for node in self._dependencies}
        for node, needs in self._dependencies.items():
            for need in needs:
                dependents[need].append(node)
        return dependents

    def _sort(self) -> tuple[tuple[str, ...], ...]:
        waiting_for = {node: set(needs) for node, needs in self._dependencies.items()}
        waves: list[tuple[str, ...]] = []
        wave = sorted(node for node, needs in waiting_for.items() if not needs)
        while wave:
            waves.append(tuple(wave))
            wave = self._finish(wave, waiting_for)
        if waiting_for:
            cycle = find_cycle(waiting_for)
            raise DependencyCycle(f"dependency cycle: {' -> '.join(cycle)}", cycle=cycle)
        return tuple(waves)

    def _finish(self, wave: Iterable[str], waiting_for: dict[str, set[str]]) -> list[str]:
        """Take the nodes of a wave out of `waiting_for`; what becomes ready by that is the next wave."""
        following = []
        for node in wave:
            del waiting_for[node]
            for dependent in self._dependents[node]:
                waiting_for[dependent].discard(node)
                if not waiting_for[dependent]:
                    following.append(dependent)
        return sorted(following)


def find_cycle(waiting_for: Mapping[str, Collection[str]]) -> list[str]:
    """A cycle among nodes that all wait for one of each other: each depends on the next, the last is the first."""
    path: dict[str, int] = {}
    node = min(waiting_for)
    while node not in path:
        path[node] = len(path)
        node = min(waiting_for[node])
    return [*list(path)[path[node] :], node]
