"""Places a graph's nodes in layers, so that arrows lead to the right and cross seldom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

COLUMN_LIMIT = 16
"""A layer with more nodes is broken into several columns beside each other."""

SWEEPS = 12


@dataclass(frozen=True)
class Place:
    """Where a node stands: the column from the left, the row within it (halves occur), and its layer."""

    column: int
    row: float
    layer: int


def layers(depth: Mapping[str, int], edges: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Nodes by depth, each layer in an order with few crossings (barycentre heuristic, forth and back).

    An edge is (node, what it stands behind). Equal input gives equal output.
    """
    result: list[list[str]] = [[] for _ in range(max(depth.values(), default=0))]
    for node, level in depth.items():
        result[level - 1].append(node)
    before: dict[str, list[str]] = {node: [] for node in depth}
    after: dict[str, list[str]] = {node: [] for node in depth}
    for node, other in edges:
        before[node].append(other)
        after[other].append(node)
    for sweep in range(SWEEPS):
        forth = sweep % 2 == 0
        for layer in result if forth else reversed(result):
            rank = _ranks(result)
            neighbours = before if forth else after
            layer.sort(key=lambda node: _barycentre(node, neighbours[node], rank))
    return result


def _ranks(found: Sequence[Sequence[str]]) -> dict[str, float]:
    """Where in its layer a node stands, from 0 to 1: layers of different sizes can be compared so."""
    return {node: (index + 0.5) / len(layer) for layer in found for index, node in enumerate(layer)}


def _barycentre(node: str, neighbours: Sequence[str], rank: Mapping[str, float]) -> float:
    if not neighbours:
        return rank[node]
    return sum(rank[other] for other in neighbours) / len(neighbours)


def places(ordered: Sequence[Sequence[str]], limit: int = COLUMN_LIMIT) -> dict[str, Place]:
    """A column and a row for every node; columns are centred on each other."""
    columns: list[tuple[int, Sequence[str]]] = []
    for index, layer in enumerate(ordered):
        count = max(1, -(-len(layer) // limit))
        size = -(-len(layer) // count)
        columns += [(index, layer[at : at + size]) for at in range(0, len(layer), size or 1)]
    tallest = max((len(nodes) for _, nodes in columns), default=0)
    return {
        node: Place(column, (tallest - len(nodes)) / 2 + row, layer)
        for column, (layer, nodes) in enumerate(columns)
        for row, node in enumerate(nodes)
    }
