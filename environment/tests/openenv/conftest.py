from __future__ import annotations

from pathlib import Path

import pytest

from environment.bugs.catalogue import Catalogue
from environment.bugs.manifest import Manifest, Measurement, TestInfo
from environment.grading.grade import Grader
from environment.tests.episode_fixtures import _own_state, catalogue, catalogue_folder, reference
from environment.workspace.reference import Reference

__all__ = ["_own_state", "catalogue", "catalogue_folder", "grader", "reference"]

BILLING = tuple(f"tests/unit/billing/test_proration.py::{name}" for name in ("test_february", "test_january"))
CLAIM = "tests/integration/compute/test_claims.py::test_a_claim_up_to_the_last_unit"


@pytest.fixture
def grader(reference: Reference, catalogue: Catalogue) -> Grader:
    """A grader of the fake platform with three of its tests, as if they had been measured: H2 fails two."""
    tests = {test_id: TestInfo("unit", ("billing",)) for test_id in BILLING}
    tests[CLAIM] = TestInfo("integration", ("compute",))
    measured = Measurement(catalogue["H2"].digest, reference.digest, BILLING)
    return Grader(reference, catalogue, Manifest(reference.digest, tests, {"H2": measured}))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which everything temporary lies, so that one sees what is left."""
    folder = tmp_path / "temporary"
    folder.mkdir(mode=0o711)
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder
