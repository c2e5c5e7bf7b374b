"""Templates on disk: `<cache>/fleets/<key>/<number>/` with a manifest and an archive for each server and volume.

Several fleets may write, read and prune at once: a template appears and goes by a rename, and whoever loses such a race
does without. What a reader finds damaged it throws away.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from environment.fleet.templates.inputs import fits

FOLDER = "fleets"
MANIFEST = "manifest.json"
NEW = "new-"
GONE = "gone-"
MAX_TEMPLATES = 48
MAX_BYTES = 2 * 2**30
STALE_SECONDS = 3600.0
"""After this an unfinished template's maker is no more."""
CLOSED = 0o022
"""Nobody but the owner may write where templates lie: a fleet would run on what they left."""


class Damaged(Exception):
    """A template isn't what its manifest says."""


@dataclass(frozen=True)
class Archive:
    """One folder of a fleet, such as `data/vault`, as a tar file."""

    file: str
    digest: str


@dataclass(frozen=True)
class Manifest:
    """What a template holds and what it depends on."""

    inputs: Mapping[str, str]
    archives: Mapping[str, Archive]
    """By the folder's path below the fleet's."""


@dataclass(frozen=True)
class Template:
    """One template on disk."""

    folder: Path
    manifest: Manifest

    def unpack(self, root: Path) -> None:
        """Lay the data into a fleet's folder. Raises Damaged, leaving nothing behind."""
        try:
            for archive in self.manifest.archives.values():
                if digest(self.folder / archive.file) != archive.digest:
                    raise Damaged(f"{self.folder / archive.file} is damaged")
            _run_all([_unpacking(self.folder / archive.file, root / place) for place, archive in self._places()])
        except (OSError, subprocess.SubprocessError) as error:
            self._remove(root)
            raise Damaged(f"{self.folder} can't be used: {error}") from error
        except Damaged:
            self._remove(root)
            raise

    def _places(self) -> Iterator[tuple[str, Archive]]:
        return iter(self.manifest.archives.items())

    def _remove(self, root: Path) -> None:
        for place, _ in self._places():
            shutil.rmtree(root / place, ignore_errors=True)


class TemplateStore:
    """The templates of one key."""

    def __init__(self, cache: Path, key: str) -> None:
        self._root = cache / FOLDER
        self._folder = self._root / key

    def find(self, project: Path) -> Template | None:
        """The template whose inputs the project has, the most recently used first."""
        if not self._is_ours():
            return None
        for folder in _by_use(self._folder):
            template = _read(folder)
            if template is None:
                discard(folder)
            elif fits(template.manifest.inputs, project):
                _touch(folder)
                return template
        return None

    def discard(self, template: Template) -> None:
        """Throw a damaged template away."""
        discard(template.folder)

    def workplace(self) -> Path:
        """A folder for a template in the making, on the same file system. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self._is_ours():
            raise PermissionError(f"{self._root} may be written by others")
        return Path(tempfile.mkdtemp(prefix=NEW, dir=self._folder))

    def keep(self, workplace: Path, folders: Mapping[str, Path], inputs: Mapping[str, str]) -> None:
        """Make the folders, by their place in a fleet, a template, and prune the others. `workplace` is used up.

        Raises OSError and subprocess.SubprocessError.
        """
        archives = {}
        for number, (place, folder) in enumerate(folders.items()):
            name = f"{number}.tar"
            _run_all([_packing(folder, workplace / name)])
            archives[place] = Archive(name, digest(workplace / name))
            shutil.rmtree(folder)
        (workplace / MANIFEST).write_text(json.dumps(asdict(Manifest(inputs, archives))))
        name = hashlib.sha256(json.dumps(sorted(inputs.items())).encode()).hexdigest()[:24]
        try:
            workplace.rename(self._folder / name)
        except OSError:  # another fleet was first
            shutil.rmtree(workplace, ignore_errors=True)
        prune(self._root)

    def _is_ours(self) -> bool:
        try:
            found = self._root.stat()
        except OSError:
            return False
        return found.st_uid == os.geteuid() and not found.st_mode & CLOSED


def discard(folder: Path) -> None:
    """Remove a template, which disappears at once."""
    gone = folder.with_name(f"{GONE}{os.getpid()}-{folder.name}")
    try:
        folder.rename(gone)
    except OSError:
        return
    shutil.rmtree(gone, ignore_errors=True)


def prune(root: Path, most: int = MAX_TEMPLATES, most_bytes: int = MAX_BYTES) -> None:
    """Remove what was used longest ago beyond a number and a size, and what unlucky makers left."""
    total = 0
    for key in sorted(root.glob("*/")):
        for folder in [*key.glob(f"{NEW}*"), *key.glob(f"{GONE}*")]:
            if time.time() - _used(folder) > STALE_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
    found = [folder for key in root.glob("*/") for folder in _by_use(key)]
    for number, folder in enumerate(sorted(found, key=_used, reverse=True), 1):
        total += sum(file.stat().st_size for file in folder.glob("*.tar"))
        if number > most or total > most_bytes:
            discard(folder)


def _by_use(key: Path) -> list[Path]:
    found = [folder for folder in key.glob("*/") if not folder.name.startswith((NEW, GONE))]
    return sorted(found, key=_used, reverse=True)


def _used(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0


def _touch(folder: Path) -> None:
    try:
        os.utime(folder)
    except OSError:
        return


def _read(folder: Path) -> Template | None:
    """None when there is no manifest or it isn't one."""
    try:
        content = json.loads((folder / MANIFEST).read_text())
        archives = {place: Archive(**archive) for place, archive in content["archives"].items()}
        return Template(folder, Manifest(dict(content["inputs"]), archives))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def digest(file: Path) -> str:
    """Of a file's content, against damage."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "blake2b").hexdigest()


def _packing(folder: Path, archive: Path) -> list[str]:
    options = ["--create", "--numeric-owner", "--warning=no-file-ignored"]
    return ["nice", "tar", *options, f"--file={archive}", f"--directory={folder}", "."]


def _unpacking(archive: Path, folder: Path) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--extract", "--numeric-owner", "--preserve-permissions", "--warning=no-timestamp"]
    return ["tar", *options, f"--file={archive}", f"--directory={folder}"]


def _run_all(commands: list[list[str]]) -> None:
    """Side by side. Raises CalledProcessError when one says anything: its status may have been reaped by another."""
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for command in commands]
    said = [process.communicate()[1].decode("utf-8", "replace") for process in running]
    for process, text in zip(running, said, strict=True):
        if process.returncode or text:
            raise subprocess.CalledProcessError(process.returncode, process.args, text)
