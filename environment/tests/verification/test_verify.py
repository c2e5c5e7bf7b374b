"""Measuring the catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from environment.bugs.catalogue import Catalogue, load_catalogue
from environment.bugs.errors import ManifestError
from environment.bugs.manifest import Manifest, load_manifest
from environment.grading.measure import Measurements
from environment.tests.fake_platform import FILES
from environment.verification.verify import Report, Verifier, unmeasured_edges
from environment.workspace.reference import Reference, git


def verifier(reference: Reference, folder: Path, reports: list[Report], **options: object) -> Verifier:
    return Verifier(
        Reference(reference.root),
        load_catalogue(folder),
        Measurements(reference.state / "measurements"),
        folder,
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
    # When the manifest is lost after the run, Then the run isn't
    (catalogue_folder / "manifest.json").unlink()
    verifier(reference, catalogue_folder, reports).verify(["E9"])
    assert reports[-1].seconds == 0.0
    assert load_manifest(catalogue_folder) == first


def test_a_changed_reference_is_measured_again_unless_reuse_is_asked_for(
    reference: Reference, catalogue_folder: Path
) -> None:
    verifier(reference, catalogue_folder, []).verify(["E9"])
    old = load_manifest(catalogue_folder)
    (reference.root / "shared/extra.py").write_text("X = 1\n")
    # With reuse the old measurement stays, marked with the reference that it was made on
    verifier(reference, catalogue_folder, [], reuse=True).verify(["E9"])
    kept = load_manifest(catalogue_folder)
    assert kept.reference != old.reference
    assert kept.bugs["E9"].reference == old.reference
    # Without it, it is measured anew
    verifier(reference, catalogue_folder, []).verify(["E9"])
    assert load_manifest(catalogue_folder).bugs["E9"].reference == kept.reference


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


def test_a_unit_test_that_cannot_fail_stops_everything(reference: Reference, catalogue_folder: Path) -> None:
    source = (
        "import pytest\n\n\n@pytest.mark.parametrize('x', [1])\ndef test_early(x):\n    return\n    assert x == 2\n"
    )
    (reference.root / "tests/unit/compute/test_early.py").write_text(source)
    with pytest.raises(ManifestError, match=r"can't fail.*\n.*test_early"):
        verifier(reference, catalogue_folder, []).verify(["E9"])


def test_after_a_new_test_only_that_one_runs(reference: Reference, catalogue_folder: Path) -> None:
    # Given a measured bug, and a test that came after it
    verifier(reference, catalogue_folder, []).verify(["E9"])
    added = "tests/unit/compute/test_added.py"
    (reference.root / added).write_text("def test_added():\n    assert 1 + 1 == 2\n")
    git(reference.root, "add", added)
    ran: list[str] = []

    class Watched(Measurements):
        def _run(self, files, expected, on_decided):  # type: ignore[no-untyped-def]
            run = super()._run(files, expected, on_decided)
            ran.extend(run.outcomes)
            return run

    # When it is verified again, Then nothing else runs, and the manifest knows it
    again = verifier(reference, catalogue_folder, [])
    again.measurements = Watched(reference.state / "measurements")
    again.verify(["E9"])
    assert ran == [f"{added}::test_added"] * 2
    assert f"{added}::test_added" in load_manifest(catalogue_folder).tests
