"""Measuring the catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from environment.bugs.catalogue import Catalogue, load_catalogue
from environment.bugs.errors import ManifestError
from environment.bugs.held_out import load_held_out
from environment.bugs.manifest import Manifest, load_manifest
from environment.grading.runner import Options, passing_twins
from environment.tests.fake_platform import FILES
from environment.verification import measuring
from environment.verification.outcomes import unmeasured_edges
from environment.verification.runs import run_recorded
from environment.verification.verify import Report, Verifier
from environment.workspace.reference import Reference, git


def verifier(reference: Reference, folder: Path, reports: list[Report], **options: object) -> Verifier:
    return Verifier(
        Reference(reference.root),
        load_catalogue(folder),
        held_out=load_held_out(folder / "held_out"),
        folder=folder,
        idle_seconds=0.0,
        on_report=reports.append,
        **options,  # type: ignore[arg-type]
    )


def test_triggers_are_the_tests_that_fail_with_the_bug_alone(measured: Manifest) -> None:
    assert set(measured.bugs["E1"].triggers) == {
        "tests/unit/compute/test_capacity.py::test_what_fits[2]",
        "tests/integration/compute/test_claims.py::test_a_claim_up_to_the_last_unit",
    }
    assert set(measured.bugs["L1"].triggers) == set(measured.tests)


def test_tests_carry_category_services_and_state(measured: Manifest) -> None:
    chaos = measured.tests["tests/chaos/compute/test_borders.py::test_a_claim_beyond_the_last_unit"]
    assert (chaos.category, chaos.services, chaos.infrastructure_state) == ("chaos", ("billing", "compute"), False)
    state = measured.tests["tests/integration/compute/test_claims.py::test_release_ends_at_zero"]
    assert (state.category, state.services, state.infrastructure_state) == ("integration", ("compute",), True)


def test_an_edge_lists_the_masked_tests(measured: Manifest) -> None:
    assert measured.edges["E1", "L1"] == measured.bugs["E1"].triggers
    assert set(measured.edges) == {("E1", "L1"), ("H2", "L1")}


def test_an_edge_without_a_masked_test_is_reported(catalogue: Catalogue, measured: Manifest) -> None:
    bugs = {**measured.bugs, "L1": measured.bugs["E9"]}
    assert unmeasured_edges(catalogue, Manifest(measured.reference, measured.tests, bugs)) == [
        ("E1", "L1"),
        ("H2", "L1"),
    ]


def test_a_bug_with_one_visible_failure_is_a_problem(
    reference: Reference, catalogue_folder: Path, measured: Manifest
) -> None:
    # Given a platform without the live test of E1
    (reference.root / "tests/integration/compute/test_claims.py").unlink()
    # When it is measured
    reports: list[Report] = []
    verifier(reference, catalogue_folder, reports).verify(["E1"])
    # Then one trigger is left, and that is said
    assert reports[-1].triggers == ("tests/unit/compute/test_capacity.py::test_what_fits[2]",)
    assert reports[-1].problems == ("fails 1 visible tests; there must be at least 2",)


def test_what_is_measured_is_not_measured_again(reference: Reference, catalogue_folder: Path) -> None:
    # Given a measured bug
    verifier(reference, catalogue_folder, []).verify(["E9"])
    first = load_manifest(catalogue_folder)
    # When it is asked for again, Then kept measurements answer
    reports: list[Report] = []
    verifier(reference, catalogue_folder, reports).verify(["E9"])
    assert [(report.bug, report.seconds) for report in reports] == [("", 0.0), ("E9", 0.0)]
    assert load_manifest(catalogue_folder) == first


def test_a_failing_reference_stops_everything(reference: Reference, catalogue_folder: Path) -> None:
    (reference.root / "services/billing/proration.py").write_text("def days(month): return 30\n")
    with pytest.raises(ManifestError, match="test_february"):
        verifier(reference, catalogue_folder, []).verify()
    assert not (catalogue_folder / "manifest.json").exists()


def test_repeated_runs_find_unstable_tests(reference: Reference, catalogue_folder: Path, tmp_path: Path) -> None:
    # Given a test that fails every second time
    counter = tmp_path / "counter"
    counter.write_text("")
    source = FILES["tests/chaos/compute/test_borders.py"] + (
        "\n\ndef test_moody():\n"
        "    from pathlib import Path\n"
        f"    counter = Path({str(counter)!r})\n"
        "    counter.write_text(counter.read_text() + '.')\n"
        "    assert len(counter.read_text()) % 2 == 1\n"
    )
    (reference.root / "tests/chaos/compute/test_borders.py").write_text(source)
    # When the suite is repeated, Then it is named
    with pytest.raises(ManifestError, match="test_moody"):
        verifier(reference, catalogue_folder, [], repeat=2).verify(["E9"])


def test_a_file_that_cannot_be_collected_stops_everything(reference: Reference, catalogue_folder: Path) -> None:
    (reference.root / "tests/chaos/compute/test_new.py").write_text("import nowhere\n")
    with pytest.raises(ManifestError, match=r"chaos/compute/test_new\.py"):
        verifier(reference, catalogue_folder, []).verify()


def test_a_unit_test_that_cannot_fail_stops_everything_until_it_can(
    reference: Reference, catalogue_folder: Path
) -> None:
    # Given a test that ends before its assertion, in a run in which another one fails
    unit = reference.root / "tests/unit/compute/test_early.py"
    unit.write_text(
        "import pytest\n\n\n@pytest.mark.parametrize('x', [1])\ndef test_early(x):\n    return\n    assert x == 2\n"
    )
    chaos = reference.root / "tests/chaos/compute/test_borders.py"
    sound = chaos.read_bytes()
    chaos.write_bytes(sound + b"\n\ndef test_no():\n    assert False\n")
    with pytest.raises(ManifestError, match="test_no"):
        verifier(reference, catalogue_folder, []).verify(["E9"])
    # When the other one is mended, then it isn't believed because it has run before: nor the next time
    chaos.write_bytes(sound)
    for _ in range(2):
        again = verifier(reference, catalogue_folder, [])
        with pytest.raises(ManifestError, match=r"can't fail.*\n.*test_early"):
            again.verify(["E9"])


@pytest.mark.parametrize("compare", [False, True])
def test_either_kind_of_twin_is_looked_at(reference: Reference, compare: bool) -> None:
    # Given a test whose twin of one kind passes: an assertion after its end, or an expectation that equals everything
    body = "    assert Anything() == 2\n" if compare else "    assert 1 + 1 == 2\n    return\n"
    source = f"class Anything:\n    def __eq__(self, other):\n        return True\n\n\ndef test_x():\n{body}"
    files = {**reference.files, "tests/unit/compute/test_kinds.py": source.encode()}
    test_id = "tests/unit/compute/test_kinds.py::test_x"
    assert passing_twins(files, [test_id], Options(twins=False)) == [test_id]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The tests of each run to come, sorted."""
    runs: list[list[str]] = []

    def watched(*arguments: Any, **options: Any) -> Any:
        run, recording = run_recorded(*arguments, **options)
        runs.append(sorted(run.outcomes))
        return run, recording

    monkeypatch.setattr(measuring, "run_recorded", watched)
    return runs


def change(reference: Reference, path: str, old: str, new: str) -> None:
    """Edit the reference."""
    source = (reference.root / path).read_text()
    assert source.count(old) == 1
    (reference.root / path).write_text(source.replace(old, new))


FITS = [
    "tests/chaos/compute/test_borders.py::test_a_claim_beyond_the_last_unit",
    "tests/integration/compute/test_claims.py::test_a_claim_up_to_the_last_unit",
    "tests/unit/compute/test_capacity.py::test_what_does_not_fit",
    "tests/unit/compute/test_capacity.py::test_what_fits[1]",
    "tests/unit/compute/test_capacity.py::test_what_fits[2]",
]
RELEASE = [
    "tests/integration/compute/test_claims.py::test_release_ends_at_zero",
    "tests/unit/compute/test_capacity.py::TestRelease::test_nothing_below_zero",
    "tests/unit/compute/test_capacity.py::TestRelease::test_release",
]


def test_a_bug_runs_the_tests_that_reach_what_it_edits(
    reference: Reference, catalogue_folder: Path, ran: list[list[str]]
) -> None:
    reports: list[Report] = []
    verifier(reference, catalogue_folder, reports).verify(["E1"])
    assert len(ran[0]) == 11
    assert ran[1:] == [FITS]
    assert [(report.ran, report.touched, report.of) for report in reports] == [(11, 11, 11), (5, 5, 11)]


def test_a_changed_module_level_part_of_what_all_import_runs_everything(
    reference: Reference, catalogue_folder: Path, ran: list[list[str]]
) -> None:
    verifier(reference, catalogue_folder, []).verify(["L1"])
    assert ran[1] == ran[0]


def test_after_a_new_test_only_that_one_runs_and_only_on_bugs_that_it_reaches(
    reference: Reference, catalogue_folder: Path, ran: list[list[str]]
) -> None:
    # Given two measured bugs, and a test that came after them and reaches what one of them edits
    verifier(reference, catalogue_folder, []).verify(["E1", "E9"])
    added = "tests/unit/compute/test_added.py"
    source = "from services.compute.capacity import release\n\n\ndef test_added():\n    assert release(2, 1) == 1\n"
    (reference.root / added).write_text(source)
    git(reference.root, "add", added)
    ran.clear()
    # When they are verified again, Then nothing else runs, and the manifest knows it
    verifier(reference, catalogue_folder, []).verify(["E1", "E9"])
    assert ran == [[f"{added}::test_added"]] * 2
    assert f"{added}::test_added" in load_manifest(catalogue_folder).tests


def test_after_a_change_of_one_function_only_its_tests_run_again(
    reference: Reference, catalogue_folder: Path, ran: list[list[str]]
) -> None:
    # Given two measured bugs
    verifier(reference, catalogue_folder, []).verify(["E1", "E9"])
    before = load_manifest(catalogue_folder)
    ran.clear()
    # When a function is written in another way that one of them edits nothing of
    change(reference, "services/compute/capacity.py", "sum(claims)", "0 + sum(claims)")
    reports: list[Report] = []
    verifier(reference, catalogue_folder, reports).verify(["E1", "E9"])
    # Then its test runs on the reference, and no bug's pair is touched
    assert ran == [["tests/unit/compute/test_capacity.py::test_total"]]
    assert [report.ran for report in reports] == [1, 0, 0]
    # And the measurements are those of the new reference
    after = load_manifest(catalogue_folder)
    assert {bug_id: item.triggers for bug_id, item in after.bugs.items()} == {
        bug_id: item.triggers for bug_id, item in before.bugs.items()
    }
    assert {item.reference for item in after.bugs.values()} == {reference_of(reference).digest}
    # When one of them edits something else, Then its tests run for that bug, and for that one only
    ran.clear()
    patch = next(catalogue_folder.glob("*/E9.patch"))
    patch.write_text(patch.read_text().replace("return used - freed", "return used - freed - 0"))
    verifier(reference, catalogue_folder, []).verify(["E1", "E9"])
    assert ran == [RELEASE]


def reference_of(reference: Reference) -> Reference:
    """The reference as it is now."""
    return Reference(reference.root)


def test_comments_run_nothing(reference: Reference, catalogue_folder: Path, ran: list[list[str]]) -> None:
    verifier(reference, catalogue_folder, []).verify(["E1"])
    ran.clear()
    change(
        reference,
        "services/compute/capacity.py",
        "    return sum(claims)",
        "    # All of them.\n    return sum(claims)",
    )
    verifier(reference, catalogue_folder, []).verify(["E1"])
    assert ran == []
    assert load_manifest(catalogue_folder).bugs["E1"].reference == reference_of(reference).digest


def test_what_failed_on_the_reference_is_not_kept(
    reference: Reference, catalogue_folder: Path, ran: list[list[str]]
) -> None:
    # Given a reference that was refused for one failing test
    change(reference, "tests/unit/compute/test_capacity.py", "total([1, 2, 3]) == 6", "total([1, 2, 3]) == 7")
    with pytest.raises(ManifestError, match="test_total"):
        verifier(reference, catalogue_folder, []).verify(["E9"])
    # Then the same again is refused again, by that one test
    ran.clear()
    with pytest.raises(ManifestError, match="test_total"):
        verifier(reference, catalogue_folder, []).verify(["E9"])
    assert ran == [["tests/unit/compute/test_capacity.py::test_total"]]


def test_a_crash_loses_only_what_was_running(
    reference: Reference, catalogue_folder: Path, ran: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a verification that ends in the middle of its second bug, which is the one that can touch more tests
    watched = vars(measuring)["run_recorded"]

    def ends(files: Any, expected: Any, options: Any, **more: Any) -> Any:
        if len(ran) == 2:
            raise KeyboardInterrupt
        return watched(files, expected, options, **more)

    monkeypatch.setattr(measuring, "run_recorded", ends)
    with pytest.raises(KeyboardInterrupt):
        verifier(reference, catalogue_folder, []).verify(["E1", "E9"])
    assert ran[1:] == [RELEASE]
    # When the same is asked for again, Then only the second bug runs
    ran.clear()
    monkeypatch.setattr(measuring, "run_recorded", watched)
    verifier(reference, catalogue_folder, []).verify(["E1", "E9"])
    assert ran == [FITS]
