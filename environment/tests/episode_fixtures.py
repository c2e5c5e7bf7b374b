"""Fixtures of the episode side's tests; each folder's conftest takes them over."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from environment.bugs.catalogue import Catalogue, load_catalogue
from environment.bugs.manifest import Manifest, load_manifest
from environment.grading.grade import Grader
from environment.grading.runner import Options
from environment.tests.fake_platform import make_catalogue, make_reference
from environment.verification.kept import Kept
from environment.verification.verify import Verifier
from environment.workspace.reference import STATE_VARIABLE, Reference


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(STATE_VARIABLE, raising=False)


@pytest.fixture
def reference(tmp_path: Path) -> Reference:
    """A fresh copy of the fake platform."""
    return Reference(make_reference(tmp_path / "reference"))


@pytest.fixture
def catalogue_folder(tmp_path: Path) -> Path:
    """A fresh copy of its catalogue's folder."""
    return make_catalogue(tmp_path / "catalogue")


@pytest.fixture
def catalogue(catalogue_folder: Path) -> Catalogue:
    return load_catalogue(catalogue_folder)


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """The fake platform's manifest, measured once a run: by whichever folder and whichever worker needs it first."""
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "measured"
    root.mkdir(exist_ok=True)
    folder = root / "catalogue"
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "done").exists():
            reference = Reference(make_reference(root / "reference"))
            make_catalogue(folder)
            Verifier(reference, load_catalogue(folder), Kept(root / "kept"), folder=folder, idle_seconds=0.0).verify()
            (root / "done").touch()
    return load_manifest(folder)


@pytest.fixture
def grader(reference: Reference, catalogue: Catalogue, measured: Manifest) -> Grader:
    """A grader of the fake platform."""
    return Grader(reference, catalogue, measured, Options())
