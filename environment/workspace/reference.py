"""The reference: the correct platform, from which workspaces and grading copies are made."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

from environment.bugs.catalogue import Bug
from environment.bugs.diff import compose
from environment.fleet.project import state_dir
from environment.packaged import archive
from environment.workspace.contents import bearing, bears_on_verdicts, is_leftover, is_visible
from environment.workspace.errors import WorkspaceError
from environment.workspace.repository import is_script

STATE_VARIABLE = "OMNICLOUD_STATE"
"""Names the state folder, if it shan't be `.omnicloud` in the repository."""


class Reference:
    """A tree with the correct platform. The content is read when it is asked for and then kept for the object's life,
    so that one object answers consistently while the tree is being worked on."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        if not (self.root / "docker-compose.yml").is_file():
            raise WorkspaceError(
                f"{self.root} isn't the repository of the platform: it has no docker-compose.yml. "
                "Run omnicloud from a clone of the repository."
            )

    @property
    def state(self) -> Path:
        """The folder, outside every workspace, in which episodes and measurements are kept."""
        return Path(os.environ.get(STATE_VARIABLE) or self.root / ".omnicloud").resolve()

    @cached_property
    def files(self) -> Mapping[str, bytes]:
        """Path and content of every file that goes into a workspace, sorted by path.

        In a git repository these are tracked files, so scratch files never leak; else all files but leftovers.
        """
        paths = _tracked(self.root)
        if paths is None:
            paths = _walked(self.root)
        contents: dict[str, bytes] = {}
        for path in sorted(filter(is_visible, paths)):
            file = self.root / path
            if file.is_file() and not file.is_symlink():
                contents[path] = file.read_bytes()
        return contents

    @cached_property
    def digest(self) -> str:
        """Hash over what verdicts depend on: measurements hold as long as it stays the same."""
        return verdict_digest(self.files)

    @contextmanager
    def tree(self) -> Iterator[Path]:
        """A folder with the reference, for reading: the repository, or one that lasts as long as the block."""
        yield self.root

    def with_bugs(self, bugs: Iterable[Bug]) -> dict[str, bytes]:
        """The visible files with bugs injected; raises `DiffError` when a patch doesn't fit or two overlap."""
        result: dict[str, bytes] = dict(self.files)
        for path, content in compose(self.files, [(bug.id, bug.diff) for bug in bugs]).items():
            if content is None:
                del result[path]
            else:
                result[path] = content
        return dict(sorted(result.items()))


class InstalledReference(Reference):
    """The reference that an installed environment carries in an archive. Its root is that archive's folder."""

    def __init__(self, folder: Path = archive.FOLDER) -> None:
        self.root = folder.resolve()

    @property
    def state(self) -> Path:
        return Path(os.environ.get(STATE_VARIABLE) or state_dir()).resolve()

    @cached_property
    def files(self) -> Mapping[str, bytes]:
        try:
            return archive.unpack(self.root)
        except archive.Damaged as error:
            raise WorkspaceError(str(error)) from error

    @contextmanager
    def tree(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="oc-") as name:
            write_tree(self.files, Path(name))
            yield Path(name)


def default_reference() -> Reference:
    """The repository that this code lies in, or what was installed with it."""
    return Reference(Path(__file__).resolve().parents[2]) if archive.note() is None else InstalledReference()


def verdict_digest(files: Mapping[str, bytes]) -> str:
    """Hash over paths and contents of a tree, those left out that no verdict depends on."""
    total = hashlib.sha256()
    for path in sorted(filter(bears_on_verdicts, files)):
        total.update(f"{path}\0{hashlib.sha256(bearing(path, files[path])).hexdigest()}\n".encode())
    return total.hexdigest()


def write_tree(files: Mapping[str, bytes], target: Path, time: int | None = None) -> None:
    """Write files below a folder, with modes that don't depend on the umask: 755 for scripts and folders, 644 for the
    rest; with `time` (seconds since 1970) as the modification time of all of them, if given."""
    root = str(target)
    target.mkdir(parents=True, exist_ok=True)
    folders = sorted({folder for path in files for folder in _folders(path)})
    for folder in folders:
        path = f"{root}/{folder}"
        with suppress(FileExistsError):
            os.mkdir(path)
        os.chmod(path, 0o755)
    for name, content in files.items():
        _write(f"{root}/{name}", content, time)
    if time is not None:
        for folder in folders:
            os.utime(f"{root}/{folder}", (time, time))


def _folders(path: str) -> Iterator[str]:
    """The folders that a file lies in, the target itself among them, as paths below that."""
    folder = path.rpartition("/")[0]
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield "."


def _write(path: str, content: bytes, time: int | None) -> None:
    # Thousands of files are written so for an episode: through descriptors it takes half as long as by their names.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        written = os.write(descriptor, content)
        while written < len(content):
            written += os.write(descriptor, content[written:])
        os.fchmod(descriptor, 0o755 if is_script(content) else 0o644)
        if time is not None:
            os.utime(descriptor, (time, time))
    finally:
        os.close(descriptor)


def git(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run git in a folder, untouched by the user's configuration; raises `WorkspaceError` when there is no git."""
    done = git_bytes(folder, *arguments, environment=environment)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def git_bytes(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """The same for content that need not be text, with line ends as they are."""
    program = shutil.which("git")
    if program is None:
        raise WorkspaceError("git isn't installed; workspaces need it.")
    clean = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
        "LC_ALL": "C",
        **(environment or {}),
    }
    command = [program, "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, cwd=folder, env=clean, capture_output=True, check=False)


def _tracked(root: Path) -> list[str] | None:
    if not (root / ".git").exists():
        return None
    listing = git(root, "ls-files", "-z")
    if listing.returncode != 0:
        raise WorkspaceError(f"git can't list the files of {root}: {listing.stderr.strip()}")
    return [path for path in listing.stdout.split("\0") if path]


def _walked(root: Path) -> list[str]:
    found: list[str] = []
    for folder, names, files in os.walk(root):
        relative = Path(folder).relative_to(root)
        names[:] = [name for name in names if not is_leftover((relative / name).as_posix()) and name[:1] != "."]
        found += [(relative / name).as_posix() for name in files]
    return found
