"""The grading copy: the reference, with only the agent's services, shared code and compose files laid over it.

The agent's tree is read through folder descriptors and without following links, so that nothing outside of it can be
read or reached, even when something in it changes meanwhile.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from environment.workspace.contents import is_editable, is_leftover
from environment.workspace.errors import SubmissionRejected
from environment.workspace.reference import Reference

EDITABLE_FOLDERS = ("services", "shared")
EDITABLE_FILES = ("docker-compose.yml", "docker-compose.test.yml")


@dataclass(frozen=True)
class Limits:
    """How much an agent may hand in. The reference has about 600 editable files and 2 MB."""

    files: int = 20_000
    file_bytes: int = 8 * 2**20
    total_bytes: int = 128 * 2**20
    depth: int = 24


def pristine_files(reference: Reference, workspace: Path, limits: Limits = Limits()) -> dict[str, bytes]:
    """The files of a grading copy; raises `SubmissionRejected` for links, devices and excess."""
    files = {path: content for path, content in reference.files.items() if not is_editable(path)}
    files.update(submitted_files(workspace, limits))
    return dict(sorted(files.items()))


def submitted_files(workspace: Path, limits: Limits = Limits()) -> Mapping[str, bytes]:
    """The agent's version of everything that is judged."""
    try:
        root = os.open(workspace, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise SubmissionRejected(f"{workspace} can't be read: {error.strerror}") from error
    try:
        found: dict[str, bytes] = {}
        total = 0
        for path, content in _read(root, limits):
            total += len(content)
            if len(found) >= limits.files or total > limits.total_bytes:
                raise SubmissionRejected(
                    f"The workspace holds more than {limits.files} files or {limits.total_bytes >> 20} MiB to judge."
                )
            found[path] = content
        return found
    except OSError as error:
        raise SubmissionRejected(f"The workspace can't be read: {error.strerror} ({error.filename}).") from error
    finally:
        os.close(root)


def submitted_file(workspace: Path, name: str, most_bytes: int) -> bytes | None:
    """A further file at the workspace's root, None when there is none; raises `SubmissionRejected` for what isn't a
    regular file, or is too large."""
    try:
        root = os.open(workspace, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        there = _kind(root, name, name) is not None
        return _content(root, name, name, Limits(file_bytes=most_bytes)) if there else None
    except OSError as error:
        raise SubmissionRejected(f"{name} can't be read: {error.strerror}.") from error
    finally:
        os.close(root)


def _read(root: int, limits: Limits) -> Iterator[tuple[str, bytes]]:
    for name in EDITABLE_FILES:
        if _kind(root, name, name) is not None:
            yield name, _content(root, name, name, limits)
    for name in EDITABLE_FOLDERS:
        kind = _kind(root, name, name)
        if kind is None:
            continue
        if not stat.S_ISDIR(kind):
            raise SubmissionRejected(f"{name} must be a folder.")
        yield from _read_folder(root, name, name, limits)


def _read_folder(parent: int, name: str, path: str, limits: Limits) -> Iterator[tuple[str, bytes]]:
    if path.count("/") >= limits.depth:
        raise SubmissionRejected(f"{path} is nested too deeply.")
    folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
    try:
        for entry in sorted(os.listdir(folder)):
            inner = f"{path}/{entry}"
            if is_leftover(inner):
                continue
            kind = _kind(folder, entry, inner)
            if kind is None:
                continue
            if stat.S_ISDIR(kind):
                yield from _read_folder(folder, entry, inner, limits)
            else:
                yield inner, _content(folder, entry, inner, limits)
    finally:
        os.close(folder)


def _kind(folder: int, name: str, path: str) -> int | None:
    """The mode of an entry that is a folder or a regular file, None when there is nothing."""
    try:
        name.encode()
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return None
    except UnicodeEncodeError as error:
        raise SubmissionRejected(f"{path!a}: the name isn't UTF-8.") from error
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        raise SubmissionRejected(f"{path} is neither a file nor a folder (links aren't accepted).")
    return mode


def _content(folder: int, name: str, path: str, limits: Limits) -> bytes:
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise SubmissionRejected(f"{path} isn't a regular file.")
        content = file.read(limits.file_bytes + 1)
    if len(content) > limits.file_bytes:
        raise SubmissionRejected(f"{path} is larger than {limits.file_bytes >> 20} MiB.")
    return content
