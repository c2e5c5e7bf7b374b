"""What is handed in for a task, and what it earns."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from environment.doors.grading import grade_patch
from environment.doors.handed_in import Fate, NotDelivered, read_archive
from environment.doors.prepared import prepared, repair
from environment.doors.tasks import Task, single_bug_task
from environment.grading.grade import Grader
from environment.workspace.errors import SubmissionRejected
from environment.workspace.pristine import Limits

Member = tuple[str, bytes | None]


@pytest.fixture
def task(grader: Grader) -> Task:
    return single_bug_task(grader.catalogue, "H2")


@pytest.fixture
def folder(grader: Grader, task: Task, tmp_path: Path) -> Path:
    """A copy of the task's workspace, untouched."""
    with prepared(grader.reference, grader.catalogue, task) as (workspace, _):
        return Path(shutil.copytree(workspace, tmp_path / "work"))


def archive(path: Path, members: list[Member]) -> Path:
    """An archive of files; without content it is a link to /etc/passwd."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members:
            item = tarfile.TarInfo(name)
            if content is None:
                item.type, item.linkname = tarfile.SYMTYPE, "/etc/passwd"
            else:
                item.size = len(content)
            tar.addfile(item, io.BytesIO(content or b""))
    return path


def packed(folder: Path, path: Path) -> Path:
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    return archive(path, [(file.relative_to(folder).as_posix(), file.read_bytes()) for file in files])


def test_the_right_diff_earns_everything_and_no_diff_the_floor(grader: Grader, task: Task) -> None:
    full = grade_patch(grader, task, repair(grader.reference, grader.catalogue, task))
    assert (full.score.solved, full.reward, full.fate) == (
        1,
        full.score.maximum - full.score.baseline.total,
        Fate.APPLIED,
    )
    for nothing in ("", "\n"):
        floor = grade_patch(grader, task, nothing)
        assert (floor.score.solved, floor.reward, floor.fate) == (0, 0, Fate.EMPTY)
    assert floor.reward < full.reward


def test_one_repair_earns_the_same_as_a_diff_a_file_a_folder_and_an_archive(
    grader: Grader, task: Task, folder: Path, tmp_path: Path
) -> None:
    # Given one repair in four forms
    diff = repair(grader.reference, grader.catalogue, task)
    (tmp_path / "fix.diff").write_bytes(diff)
    fixed = grader.reference.files["services/billing/proration.py"]
    (folder / "services/billing/proration.py").write_bytes(fixed)
    forms = (diff, diff.decode().rstrip("\n"), tmp_path / "fix.diff", folder, packed(folder, tmp_path / "w.tar.gz"))
    # When each is graded
    documents = [grade_patch(grader, task, form).document for form in forms]
    # Then all documents are equal
    assert documents[0]["solved"] == 1
    assert all(document == documents[0] for document in documents)
    assert documents[0]["task"] == "omnicloud-h2"


def test_a_diff_that_does_not_fit_is_the_untouched_workspace_and_says_so(grader: Grader, task: Task) -> None:
    diff = repair(grader.reference, grader.catalogue, task).replace(b"-    return 30", b"-    return 99")
    for wrong in (diff, b"this is no diff", b"\xff\xfe\x00"):
        graded = grade_patch(grader, task, wrong)
        assert (graded.fate, graded.score.void) == (Fate.UNFIT, "")
        assert graded.reward == 0
        assert graded.words.startswith("The diff doesn't fit the workspace")
        assert str(Path.cwd()) not in graded.words


def test_a_diff_of_tests_changes_no_verdict(grader: Grader, task: Task) -> None:
    path = "tests/unit/billing/test_proration.py"
    source = grader.reference.files[path].decode()
    lines = source.splitlines()
    at = next(number for number, line in enumerate(lines, 1) if "assert days(2)" in line)
    diff = f"--- a/{path}\n+++ b/{path}\n@@ -{at} +{at} @@\n-{lines[at - 1]}\n+    assert True\n"
    graded = grade_patch(grader, task, diff)
    assert (graded.fate, graded.reward) == (Fate.APPLIED, 0)
    assert graded.score.failures


def test_a_diff_that_makes_a_link_is_void(grader: Grader, task: Task) -> None:
    diff = (
        "diff --git a/services/x.py b/services/x.py\nnew file mode 120000\n--- /dev/null\n+++ b/services/x.py\n"
        "@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end of file\n"
    )
    graded = grade_patch(grader, task, diff)
    # The grader itself finds the link, which the diff was allowed to make.
    assert (graded.fate, graded.reward < 0) == (Fate.APPLIED, True)
    assert graded.score.void.startswith("rejected: services/x.py is neither a file nor a folder")


def test_links_in_a_folder_and_in_an_archive_are_void_alike(
    grader: Grader, task: Task, folder: Path, tmp_path: Path
) -> None:
    linked = archive(tmp_path / "w.tar.gz", [("services/x.py", None), ("shared/__init__.py", b"")])
    (folder / "services/x.py").symlink_to("/etc/passwd")
    found = [grade_patch(grader, task, form) for form in (folder, linked)]
    words = "services/x.py is neither a file nor a folder (links aren't accepted)."
    assert {(graded.score.void, graded.fate, graded.words) for graded in found} == {
        (f"rejected: {words}", Fate.REFUSED, words)
    }
    assert {graded.reward for graded in found} == {found[0].score.penalty - found[0].score.baseline.total}


def test_names_and_diffs_that_are_no_text_are_told_in_words_that_can_be_written(
    grader: Grader, task: Task, tmp_path: Path
) -> None:
    odd = archive(tmp_path / "w.tar.gz", [("services/\udcff.py", None), ("shared/__init__.py", b"")])
    assert r"services/\udcff.py is neither" in grade_patch(grader, task, odd).words.encode().decode()
    assert grade_patch(grader, task, "--- a/\ud800\n").fate is Fate.UNFIT


def test_deleted_and_new_files_of_a_folder_count(grader: Grader, task: Task, folder: Path) -> None:
    (folder / "services/billing/proration.py").unlink()
    (folder / "services/billing/proration").mkdir()
    (folder / "services/billing/proration/__init__.py").write_bytes(
        grader.reference.files["services/billing/proration.py"]
    )
    assert grade_patch(grader, task, folder).score.solved == 1


def test_nothing_is_left_and_nothing_known_of_an_episode(grader: Grader, task: Task) -> None:
    grade_patch(grader, task, "")
    assert list((grader.reference.state / "episodes").iterdir()) == []


def test_an_archive_that_is_missing_cut_off_damaged_or_empty_did_not_arrive(folder: Path, tmp_path: Path) -> None:
    whole = packed(folder, tmp_path / "whole.tar.gz").read_bytes()
    assert read_archive(tmp_path / "whole.tar.gz")["docker-compose.yml"] == (folder / "docker-compose.yml").read_bytes()
    damaged = bytearray(whole)
    damaged[-6] ^= 1  # in the checksum
    forms = {"cut.tar.gz": whole[: len(whole) // 2], "end.tar.gz": whole[:-4], "damaged.tar.gz": bytes(damaged),
             "text.tar.gz": b"no archive", "nothing.tar.gz": b""}  # fmt: skip
    for name, content in forms.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(NotDelivered):
            read_archive(tmp_path / name)
    with pytest.raises(NotDelivered, match=r"^No work arrived\.$"):
        read_archive(tmp_path / "missing.tar.gz")
    with pytest.raises(NotDelivered, match="nothing that is judged"):
        read_archive(archive(tmp_path / "else.tar.gz", [("README.md", b"x"), ("../services/x.py", b"x")]))


@pytest.mark.parametrize(
    ("members", "limits", "message"),
    [
        ([("services", None)], Limits(), "services is neither"),
        ([("docker-compose.yml", None)], Limits(), "docker-compose.yml is neither"),
        ([("services/a.py", b"12345")], Limits(file_bytes=4), "services/a.py is larger"),
        (
            [("services/a.py", b"1"), ("services/b.py", b"2"), ("shared/c.py", b"3")],
            Limits(files=2),
            "more than 2 files",
        ),
        ([("README.md", b"1" * 9)], Limits(total_bytes=8), "0 MiB to judge"),
    ],
)
def test_an_archive_is_held_to_the_limits_of_every_submission(
    members: list[Member], limits: Limits, message: str, tmp_path: Path
) -> None:
    with pytest.raises(SubmissionRejected, match=message):
        read_archive(archive(tmp_path / "w.tar.gz", members), limits)


def test_leftovers_and_paths_out_of_the_tree_are_not_taken(tmp_path: Path) -> None:
    members: list[Member] = [
        ("./services/a.py", b"1"),
        ("services/__pycache__/a.pyc", None),
        ("services/../../b.py", b"2"),
        ("/services/c.py", b"3"),
        ("tests/conftest.py", b"4"),
    ]
    assert read_archive(archive(tmp_path / "w.tar.gz", members)) == {"services/a.py": b"1"}
    assert os.listdir(tmp_path) == ["w.tar.gz"]
