"""Fixtures of the episode side's tests; each folder's conftest takes them over."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from environment.bugs.catalogue import Catalogue, load_catalogue
from environment.bugs.held_out import load_held_out
from environment.bugs.manifest import Manifest, load_manifest
from environment.grading.grade import Grader
from environment.grading.runner import Options
from environment.tests.fake_platform import make_catalogue, make_held_out, make_reference
from environment.verification.verify import Verifier
from environment.workspace.reference import STATE_VARIABLE, Reference


@contextmanager
def temporary_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files of this test alone; not below pytest's, which other users can't pass through."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o711)
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    shutil.rmtree(folder)


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


def measured_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the fake platform's catalogue, measured once a run: by whichever folder and whichever worker needs
    it first."""
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "measured"
    root.mkdir(exist_ok=True)
    folder = root / "catalogue"
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "done").exists():
            reference = Reference(make_reference(root / "reference"))
            held_out = load_held_out(make_held_out(make_catalogue(folder) / "held_out"))
            bugs = load_catalogue(folder)
            Verifier(reference, bugs, held_out=held_out, folder=folder, idle_seconds=0.0).verify()
            (root / "done").touch()
    return folder


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """The fake platform's manifest."""
    return load_manifest(measured_once(tmp_path_factory))


@pytest.fixture
def measured_folder(tmp_path_factory: pytest.TempPathFactory, catalogue_folder: Path) -> Path:
    """A fresh copy of the catalogue's folder with all that was measured, and the held-out tests in a folder of it."""
    shutil.copytree(measured_once(tmp_path_factory), catalogue_folder, dirs_exist_ok=True)
    return catalogue_folder


@pytest.fixture
def grader(reference: Reference, catalogue: Catalogue, measured: Manifest, tmp_path: Path) -> Grader:
    """A grader of the fake platform."""
    return Grader(reference, catalogue, measured, Options(), load_held_out(make_held_out(tmp_path / "held_out")))
