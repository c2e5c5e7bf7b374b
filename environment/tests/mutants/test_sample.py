"""The sample: seeded, spread over the areas, only where a test reaches."""

from __future__ import annotations

from environment.affected.sample import is_edit_of
from environment.mutants.sample import area, draw
from environment.reach.instrument import function_names
from environment.reach.map_file import load_map
from environment.reach.reach_map import ReachMap
from environment.reach.recording import Recording, TestReach
from environment.services import SERVICES
from environment.tests.affected.conftest import CAPACITY, PRORATION
from environment.workspace.reference import Reference, default_reference

FILES = {
    f"{folder}/rules.py": "".join(f"def rule_{number}(a):\n    return a + {number}\n" for number in range(6)).encode()
    for folder in ("services/a", "services/b", "shared/web")
}


def all_reached(left_out: str = "") -> ReachMap:
    names = function_names(FILES)
    mask = sum(1 << place for place, name in enumerate(names) if name != left_out)
    start = (1 << len(names)) - 1
    return ReachMap(Recording(names, {"tests/unit/a/test_rules.py::test_it": TestReach(mask, 0.1)}, start))


def test_one_seed_gives_one_sample_and_a_smaller_one_is_its_beginning() -> None:
    sample = draw(FILES, all_reached(), 12, seed=3)
    assert len({mutant.change.function for mutant in sample}) == 12
    assert draw(FILES, all_reached(), 12, seed=3) == sample
    assert draw(FILES, all_reached(), 5, seed=3) == sample[:5]
    assert draw(FILES, all_reached(), 12, seed=4) != sample


def test_areas_take_turns_services_first() -> None:
    sample = draw(FILES, all_reached(), 6)
    areas = [area(mutant.change.path) for mutant in sample]
    assert set(areas[:2]) == {"services/a", "services/b"}
    assert areas == [*areas[:2], "shared/web"] * 2


def test_there_are_no_more_than_there_are_functions_with_a_place() -> None:
    assert len(draw(FILES, all_reached(), 100)) == 18


def test_what_only_the_start_reaches_is_left_out() -> None:
    left_out = "services/a/rules.py::rule_2"
    sample = draw(FILES, all_reached(left_out), 100)
    assert left_out not in {mutant.change.function for mutant in sample}
    assert len(sample) == 17


def test_paths_keep_the_sample_to_themselves() -> None:
    sample = draw(FILES, all_reached(), 100, paths=["services/b", "shared/"])
    assert {area(mutant.change.path) for mutant in sample} == {"services/b", "shared/web"}


def test_each_mutant_changes_its_function_and_nothing_else(reference: Reference, reach_map: ReachMap) -> None:
    sample = draw(reference.files, reach_map, 10)
    assert {mutant.change.path for mutant in sample} == {CAPACITY, PRORATION}
    for mutant in sample:
        path, _, name = mutant.change.function.partition("::")
        assert is_edit_of(reference.files[path], mutant.content, path, name)
        assert mutant.tree(reference.files) == {**reference.files, path: mutant.content}


def test_no_service_is_left_out_of_a_small_sample_of_the_platform() -> None:
    sample = draw(default_reference().files, load_map(), len(SERVICES))
    assert {area(mutant.change.path) for mutant in sample} == {f"services/{name}" for name in SERVICES}


def test_a_dropped_result_is_drawn_where_nothing_else_can_be() -> None:
    assert not [
        mutant for seed in range(9) for mutant in draw(FILES, all_reached(), 18, seed) if mutant.operator == "return"
    ]
    only = {"services/a/rules.py": b"def rule_0(a):\n    return a\n"}
    assert [mutant.operator for mutant in draw(only, all_reached(), 1)] == ["return"]
