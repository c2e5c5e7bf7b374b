"""State that somebody else edited isn't believed."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from environment.bugs.catalogue import Catalogue
from environment.grading.measure import Measurements
from environment.grading.results import Outcome
from environment.workspace.episode import load_episode, save_episode
from environment.workspace.errors import WorkspaceError
from environment.workspace.make import make_workspace
from environment.workspace.reference import Reference
from environment.workspace.signed import KEY, Unsigned, load_signed, save_signed


def test_what_was_written_is_read(tmp_path: Path) -> None:
    save_signed(tmp_path, "kind/name.json", {"a": [1, "ä"]})
    assert load_signed(tmp_path, "kind/name.json") == {"a": [1, "ä"]}
    assert (tmp_path / KEY).stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kind", KEY]


def test_a_full_disk_leaves_the_document_as_it_was_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    save_signed(tmp_path, "x.json", {"a": 1})
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        save_signed(tmp_path, "x.json", {"a": 2})
    assert load_signed(tmp_path, "x.json") == {"a": 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == [KEY, "x.json"]


@pytest.mark.parametrize("text", ["", "{}", "[]", "3", '{"document": "{}", "signature": "00"}', '{"document": {}}'])
def test_what_bears_no_signature_is_not(tmp_path: Path, text: str) -> None:
    save_signed(tmp_path, "x.json", {})
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(Unsigned):
        load_signed(tmp_path, "x.json")


def test_nor_is_what_was_edited_or_moved_or_signed_elsewhere(tmp_path: Path) -> None:
    save_signed(tmp_path / "here", "x.json", {"bugs": ["A1"]})
    save_signed(tmp_path / "there", "x.json", {"bugs": []})
    good = (tmp_path / "here/x.json").read_text()
    for text in (good.replace("A1", "B1"), (tmp_path / "there/x.json").read_text()):
        (tmp_path / "here/x.json").write_text(text)
        with pytest.raises(Unsigned):
            load_signed(tmp_path / "here", "x.json")
    (tmp_path / "here/y.json").write_text(good)
    with pytest.raises(Unsigned):
        load_signed(tmp_path / "here", "y.json")


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    save_signed(tmp_path, "x.json", {})
    os.chmod(tmp_path / KEY, 0o644)
    with pytest.raises(WorkspaceError, match="readable by nobody else"):
        load_signed(tmp_path, "x.json")


def test_an_edited_record_makes_no_episode(reference: Reference, catalogue: Catalogue, tmp_path: Path) -> None:
    episode = make_workspace(reference, [catalogue["E1"]], tmp_path / "w")
    save_episode(reference, episode)
    (record,) = (reference.state / "episodes").iterdir()
    document = json.loads(record.read_text())
    document["document"] = document["document"].replace('"E1"', "")
    record.write_text(json.dumps(document))
    with pytest.raises(WorkspaceError, match="can't be believed"):
        load_episode(reference, tmp_path / "w")


def test_an_edited_measurement_is_made_again(tmp_path: Path) -> None:
    # Given a kept measurement in which a failure was made a success
    files = {
        "pyproject.toml": b"[tool.pytest.ini_options]\n",
        "tests/unit/x/test_x.py": b"def test_x():\n    assert 0\n",
    }
    folder = tmp_path / "measurements"
    Measurements(folder).measure(files)
    (kept,) = folder.iterdir()
    kept.write_text(kept.read_text().replace("failed", "passed"))
    # When it is asked for, Then it is measured anew
    assert Measurements(folder).find(files) is None
    assert set(Measurements(folder).measure(files).outcomes.values()) == {Outcome.FAILED}
