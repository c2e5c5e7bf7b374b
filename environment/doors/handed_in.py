"""What is handed in for a task: a diff, a folder, or an archive of a folder.

Nothing of it is trusted. Folders and archives are held to the limits of every submission, and links in them are refused
as in every other episode.
"""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zlib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path, PurePosixPath

from environment.bugs.errors import EpisodeError
from environment.workspace.contents import is_editable
from environment.workspace.errors import SubmissionRejected
from environment.workspace.pristine import EDITABLE_FILES, EDITABLE_FOLDERS, Limits, submitted_files
from environment.workspace.reference import git_bytes, write_tree

ARCHIVE_SUFFIX = ".tar.gz"
BLOCK = 1 << 16
MEMBERS_A_FILE = 2
"""So many entries of an archive may there be for each file that may be handed in: folders are entries, too."""

Submission = bytes | str | Path
"""The text of a unified diff against the workspace; or a path, of a folder, a `.tar.gz` or a file with a diff."""


class NotDelivered(EpisodeError):
    """Nothing arrived that could be graded: no archive, or one that isn't whole."""


class Fate(StrEnum):
    """What became of a submission."""

    APPLIED = "applied"
    EMPTY = "empty"
    UNFIT = "does not apply"
    REFUSED = "refused"


def lay(submission: Submission, workspace: Path, limits: Limits = Limits()) -> tuple[Fate, str]:
    """Lay a submission over a workspace. Says what became of it, and why if it isn't applied: then nothing is changed.

    Raises `SubmissionRejected` for what can't be judged (links, excess) and `NotDelivered` for an archive that is
    missing or cut off, or a path where nothing is.
    """
    if isinstance(submission, Path):
        if submission.name.endswith(ARCHIVE_SUFFIX):
            return _replace(read_archive(submission, limits), workspace)
        if submission.is_dir():
            return _replace(submitted_files(submission, limits), workspace)
        try:
            with submission.open("rb") as file:
                submission = file.read(limits.total_bytes + 1)
        except OSError as error:
            raise NotDelivered(f"{error.filename} can't be read: {error.strerror}.") from error
    # Text out of JSON may hold half a surrogate pair, for which there are no bytes
    diff = submission.encode(errors="replace") if isinstance(submission, str) else submission
    return _apply(diff, workspace, limits)


def read_archive(archive: Path, limits: Limits = Limits()) -> dict[str, bytes]:
    """The judged files of an archive; raises `NotDelivered` and `SubmissionRejected`."""
    files: dict[str, bytes] = {}
    left, members = limits.total_bytes, 0
    try:
        with gzip.open(archive) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                members += 1
                left -= member.size
                if members > MEMBERS_A_FILE * limits.files or len(files) >= limits.files or left < 0:
                    raise SubmissionRejected(
                        f"The work holds more than {limits.files} files or {limits.total_bytes >> 20} MiB to judge."
                    )
                path = PurePosixPath(member.name)
                if not member.isdir() and _is_judged(path):
                    files[path.as_posix()] = _content(tar, member, limits)
            # Only at its end does a compressed stream say whether it is whole.
            while block := stream.read(BLOCK):
                left -= len(block)
                if left < 0:
                    raise SubmissionRejected(f"The work has more than {limits.total_bytes >> 20} MiB.")
    except FileNotFoundError as error:
        raise NotDelivered("No work arrived.") from error
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise NotDelivered(f"The work didn't arrive whole: {error}.") from error
    if not files:
        raise NotDelivered("The archive of the work holds nothing that is judged.")
    return files


def _is_judged(path: PurePosixPath) -> bool:
    return ".." not in path.parts and (is_editable(path.as_posix()) or path.as_posix() in EDITABLE_FOLDERS)


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo, limits: Limits) -> bytes:
    if not member.isreg() or member.name in EDITABLE_FOLDERS:
        raise SubmissionRejected(f"{member.name} is neither a file nor a folder (links aren't accepted).")
    if member.size > limits.file_bytes:
        raise SubmissionRejected(f"{member.name} is larger than {limits.file_bytes >> 20} MiB.")
    content = tar.extractfile(member)
    assert content is not None  # Regular files have one.
    return content.read()


def _replace(files: Mapping[str, bytes], workspace: Path) -> tuple[Fate, str]:
    for name in EDITABLE_FOLDERS:
        shutil.rmtree(workspace / name, ignore_errors=True)
    for name in EDITABLE_FILES:
        (workspace / name).unlink(missing_ok=True)
    try:
        write_tree(files, workspace)
    except (OSError, ValueError) as error:
        raise SubmissionRejected(f"The files can't be laid out: {error}.") from error
    return Fate.APPLIED, ""


def _apply(diff: bytes, workspace: Path, limits: Limits) -> tuple[Fate, str]:
    if len(diff) > limits.total_bytes:
        raise SubmissionRejected(f"The diff has more than {limits.total_bytes >> 20} MiB.")
    if not diff.strip():
        return Fate.EMPTY, "The diff is empty."
    file = workspace.parent / "submission.diff"
    file.write_bytes(diff if diff.endswith(b"\n") else diff + b"\n")
    done = git_bytes(workspace, "apply", "--whitespace=nowarn", str(file))
    if done.returncode:
        words = " ".join(done.stderr.decode(errors="replace").split()).replace(f"{file}:", "line ")
        return Fate.UNFIT, f"The diff doesn't fit the workspace, so nothing of it was taken over: {words}"
    return Fate.APPLIED, ""
