"""A result is written to the file that is named, and to no other."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from environment.grading.result_files import BadTarget, require_writable, write_result

SOMEBODY = 12345


def link(file: Path) -> None:
    file.symlink_to(file.parent / "of-the-grader")


def pipe(file: Path) -> None:
    os.mkfifo(file)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can lay something in another user's name")
@pytest.mark.parametrize("lay", [link, pipe])
def test_what_an_agent_laid_is_not_written_to(tmp_path: Path, lay: Callable[[Path], None]) -> None:
    # Given a file of the grader's, and in a workspace a link to it, or a pipe, of the agent's
    own, file = tmp_path / "of-the-grader", tmp_path / "score.json"
    own.write_text("precious")
    lay(file)
    os.chown(file, SOMEBODY, SOMEBODY, follow_symlinks=False)
    # When a result is to be written there, Then that is refused before the work, and after it if it was laid meanwhile
    with pytest.raises(BadTarget):
        require_writable(file)
    with pytest.raises(BadTarget):
        write_result(file, "{}")
    assert own.read_text() == "precious"


def test_a_link_of_ones_own_is_followed(tmp_path: Path) -> None:
    (tmp_path / "score.json").symlink_to(tmp_path / "elsewhere")
    require_writable(tmp_path / "score.json")
    write_result(tmp_path / "score.json", "{}")
    assert (tmp_path / "elsewhere").read_text() == "{}"
    require_writable(Path("/dev/stdout"))
