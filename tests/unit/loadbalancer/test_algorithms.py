"""Who gets the next connection."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from services.loadbalancer.domain.algorithms import (
    LAST_PLACE,
    POINTS_PER_WEIGHT,
    Ring,
    Rings,
    least_connections,
    ring_point,
    smooth_weighted_round_robin,
)
from services.loadbalancer.domain.backends import Backend


def sequence(weights: dict[str, int], picks: int) -> str:
    backends = [Backend(id, weight) for id, weight in weights.items()]
    chosen = ""
    for _ in range(picks):
        pick = smooth_weighted_round_robin(backends, weights)
        backends = [replace(each, current_weight=pick.current_weights[each.id]) for each in backends]
        chosen += pick.backend.id
    assert {each.current_weight for each in backends} == {0} or picks % sum(weights.values())
    return chosen


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"a": 5, "b": 1, "c": 1}, "aabacaa"),
        ({"a": 1, "b": 1, "c": 1}, "abcabc"),
        ({"a": 2, "b": 1}, "abaaba"),
        ({"a": 3, "b": 2}, "ababa"),
        ({"a": 7}, "aaaaaaa"),
    ],
)
def test_smooth_weighted_round_robin_spreads_as_nginx_does(weights: dict[str, int], expected: str) -> None:
    assert sequence(weights, len(expected)) == expected


def test_over_a_cycle_each_has_its_weight() -> None:
    assert Counter(sequence({"a": 4, "b": 3, "c": 2, "d": 1}, 10)) == {"a": 4, "b": 3, "c": 2, "d": 1}


@pytest.mark.parametrize(
    ("connections", "weights", "expected"),
    [
        ((2, 1, 3), (1, 1, 1), "b"),
        ((0, 0, 0), (1, 1, 1), "a"),
        ((4, 3, 9), (2, 1, 5), "c"),
        ((10, 1, 1), (100, 1, 1), "a"),
    ],
)
def test_least_connections_counts_by_weight(
    connections: tuple[int, int, int], weights: tuple[int, int, int], expected: str
) -> None:
    backends = [Backend(id, connections=count) for id, count in zip("abc", connections, strict=True)]
    assert least_connections(backends, dict(zip("abc", weights, strict=True))).backend.id == expected


def test_equally_loaded_backends_take_turns() -> None:
    backends = [Backend(id) for id in "abc"]
    chosen = ""
    for _ in range(12):
        pick = least_connections(backends, dict.fromkeys("abc", 1))
        backends = [
            replace(each, current_weight=pick.current_weights.get(each.id, each.current_weight)) for each in backends
        ]
        chosen += pick.backend.id
    assert chosen == "abc" * 4


def test_who_has_more_connections_takes_no_turn() -> None:
    pick = least_connections([Backend("a", connections=1), Backend("b"), Backend("c")], dict.fromkeys("abc", 1))
    assert pick.backend.id == "b"


def test_places_in_the_line_are_given_out_anew_before_they_grow_too_large() -> None:
    backends = [Backend("a", current_weight=LAST_PLACE), Backend("b", current_weight=7), Backend("c", connections=1)]
    pick = least_connections(backends, dict.fromkeys("abc", 1))
    assert (pick.backend.id, pick.current_weights) == ("b", {"c": 0, "a": 1, "b": 2})


@pytest.mark.parametrize(("text", "point"), [("key", 14878992315609337077), ("", 16476032584258269876)])
def test_points_of_the_ring_are_fixed(text: str, point: int) -> None:
    assert ring_point(text) == point


def test_a_ring_is_the_same_in_every_process() -> None:
    code = (
        "from services.loadbalancer.domain.algorithms import Ring\n"
        "ring = Ring.of({'a': 1, 'b': 2, 'c': 1})\n"
        "print(''.join(ring.owner(f'key-{n}') for n in range(50)))"
    )
    ring = Ring.of({"a": 1, "b": 2, "c": 1})
    expected = "".join(ring.owner(f"key-{n}") for n in range(50))
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected


def test_removing_a_backend_moves_only_its_own_keys() -> None:
    keys = [f"key-{n}" for n in range(400)]
    before, after = Ring.of({"a": 1, "b": 1, "c": 1}), Ring.of({"a": 1, "b": 1})
    moved = [key for key in keys if before.owner(key) != after.owner(key)]
    assert moved
    assert {before.owner(key) for key in moved} == {"c"}


def test_shares_of_the_ring_follow_the_weights() -> None:
    ring = Ring.of({"a": 1, "b": 3})
    shares = Counter(ring.owner(f"key-{n}") for n in range(2000))
    assert 2.0 < shares["b"] / shares["a"] < 4.5


def test_the_ring_closes() -> None:
    ring = Ring((10, 20), ("a", "b"))
    assert ring.owner("") in {"a", "b"}
    assert ring_point("") > 20
    assert ring.owner("") == "a"


def test_who_is_out_takes_no_other_keys_with_it() -> None:
    whole, without = Ring.of({"a": 1, "b": 2, "c": 1}), Ring.of({"a": 1, "b": 2})
    keys = [f"key-{n}" for n in range(400)]
    assert [whole.owner(key, {"a", "b"}) for key in keys] == [without.owner(key) for key in keys]
    with pytest.raises(ValueError, match="none of the candidates"):
        whole.owner("key", {"d"})


def test_a_ring_is_made_once_per_change_however_many_ask_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, int]] = []
    make = Ring.of

    def counted(weights: Mapping[str, int]) -> Ring:
        made.append(dict(weights))
        return make(weights)

    monkeypatch.setattr(Ring, "of", counted)
    rings = Rings()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: rings.of({"a": 3, "b": 5}), range(32)))
    rings.of({"b": 5, "a": 3})
    rings.of({"a": 3, "b": 6})
    assert made == [{"a": 3, "b": 5}, {"a": 3, "b": 6}]
    assert all(ring is found[0] for ring in found)


def test_rings_that_nobody_asks_for_are_forgotten() -> None:
    rings = Rings(max_points=2 * POINTS_PER_WEIGHT)
    first, second = rings.of({"a": 1}), rings.of({"b": 1})
    rings.of({"a": 1})
    rings.of({"c": 1})
    assert rings.of({"a": 1}) is first
    assert rings.of({"b": 1}) is not second


def test_a_ring_that_is_larger_than_what_is_kept_still_answers() -> None:
    rings = Rings(max_points=1)
    assert rings.of({"a": 1}).owner("key") == rings.of({"a": 2}).owner("key") == "a"
