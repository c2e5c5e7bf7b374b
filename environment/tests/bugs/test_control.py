"""The decoys and impossible tests of this repository, and the proof that an edit changes nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from environment.bugs.catalogue import load_catalogue
from environment.bugs.control import CONTROLS, DECOY, IMPOSSIBLE, KINDS, draw_control, load_control
from environment.bugs.errors import CatalogueError
from environment.bugs.neutral import require_neutral
from environment.workspace.contents import is_editable
from environment.workspace.reference import Reference, default_reference

ROOT = Path(__file__).resolve().parents[3]
DECOYS = sorted(path.stem for path in CONTROLS.glob("decoys/*"))
TESTS = sorted(path.stem for path in CONTROLS.glob("impossible/*"))

SOURCE = b'''\
LIMIT = 24 * 3600


def spread(values, *, low=0):
    """What lies between."""
    first = min(values)
    last = max(values)
    if last - first > low:
        return [first, last]
    return [value for value in values if value is not low]
'''


@pytest.fixture(scope="module")
def repository() -> Reference:
    return default_reference()


@pytest.mark.parametrize("name", DECOYS)
def test_every_decoy_fits_and_compiles_to_the_same_instructions(name: str, repository: Reference) -> None:
    control = load_control(DECOY, name)
    files = control.files(repository.files)
    assert control.decoy is not None
    changed = {path for path in files if files[path] != repository.files[path]}
    assert changed == set(control.decoy.paths) != set()
    assert all(map(is_editable, changed))


@pytest.mark.parametrize("name", TESTS)
def test_every_impossible_test_fails_on_the_reference_and_the_one_that_it_contradicts_passes(
    name: str, repository: Reference, tmp_path: Path
) -> None:
    test = load_control(IMPOSSIBLE, name).impossible
    assert test is not None
    assert test.path not in repository.files
    file = tmp_path / Path(test.path).name
    file.write_bytes(test.content)
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:randomly", f"--rootdir={ROOT}"]
    impossible, other = (
        subprocess.run([*command, found], cwd=ROOT, capture_output=True, text=True, check=False)
        for found in (str(file), test.contradicts)
    )
    assert "1 failed" in impossible.stdout, impossible.stdout
    assert "AssertionError" in impossible.stdout
    assert (other.returncode, " passed" in other.stdout) == (0, True), other.stdout


def test_there_is_something_for_every_kind() -> None:
    assert len(DECOYS) >= 3
    assert TESTS
    for kind in KINDS:
        drawn = {draw_control(kind, seed).name for seed in range(40)}
        assert drawn == set({"none": [""], "decoy": DECOYS, "impossible": TESTS}[kind])


def test_controls_are_no_bugs() -> None:
    assert not [bug for bug in load_catalogue().values() if CONTROLS in bug.source.parents]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"24 * 3600", b"1440 * 60  # minutes"),
        (b"    first = min(values)\n    last = max(values)\n    if last - first > low:\n        return [first, last]",
         b"    # sure?\n    last = min(values)\n    first = (max(values))\n    if (first - last) > low:\n"
         b"        return [last, first]"),
    ],
)  # fmt: skip
def test_other_names_layout_and_comments_are_neutral(old: bytes, new: bytes) -> None:
    require_neutral("x.py", SOURCE, SOURCE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"24 * 3600", b"24 * 3601", "constants differ"),
        (b"24 * 3600", b"24.0 * 3600", "constants differ"),
        (b"> low", b">= low", "code differs"),
        (b"[first, last]", b"[last, first]", "code differs"),
        (b"min(values)", b"max(values)", "differs"),
        (b"values", b"numbers", "callers may name its arguments"),
        (b"low=0", b"low=1", "constants differ"),
        (b"is not low", b"!= low", "code differs"),
        (b"What lies between", b"What lies there", "constants differ"),
    ],
)
def test_what_may_change_something_is_refused(old: bytes, new: bytes, why: str) -> None:
    with pytest.raises(CatalogueError, match=why):
        require_neutral("x.py", SOURCE, SOURCE.replace(old, new))


def test_who_looks_at_the_names_of_locals_sees_them() -> None:
    source = b"def f():\n    one = 1\n    return locals()\n"
    with pytest.raises(CatalogueError, match="names of its locals"):
        require_neutral("x.py", source, source.replace(b"one", b"two"))
    with pytest.raises(CatalogueError, match="only of Python source"):
        require_neutral("docker-compose.yml", b"a: 1\n", b"a: 1  # one\n")
