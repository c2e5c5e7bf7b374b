"""The archive of the reference that a wheel carries.

It is read where it lies and never laid out: what nobody wrote, nobody can have changed. A note beside it says its
digest, and what has to be known of it before it is read.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
ARCHIVE, NOTE = "reference.tar.gz", "reference.json"
LEVEL = 9


class Damaged(Exception):
    """The archive isn't the one that the wheel came with."""


@dataclass(frozen=True)
class Note:
    """What is known of an archive."""

    sha256: str
    services: tuple[str, ...]
    """The folders below `services/` that hold an application."""


def pack(files: Mapping[str, bytes], folder: Path = FOLDER) -> None:
    """Write files, by their paths, as an archive with its note. Equal files give an equal archive."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, data in sorted(files.items()):
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    packed = gzip.compress(content.getvalue(), LEVEL, mtime=0)
    services = sorted(path.split("/")[1] for path in files if _is_application(path))
    (folder / ARCHIVE).write_bytes(packed)
    note = Note(hashlib.sha256(packed).hexdigest(), tuple(services))
    (folder / NOTE).write_text(json.dumps(asdict(note), indent=1) + "\n")


def note(folder: Path = FOLDER) -> Note | None:
    """The note of the archive that is there; None in a clone."""
    try:
        values = json.loads((folder / NOTE).read_text())
    except FileNotFoundError:
        return None
    return Note(values["sha256"], tuple(values["services"]))


def unpack(folder: Path = FOLDER) -> dict[str, bytes]:
    """The archive's files by their paths, sorted. Raises `Damaged`."""
    known = note(folder)
    packed = (folder / ARCHIVE).read_bytes() if known and (folder / ARCHIVE).is_file() else b""
    if known is None or hashlib.sha256(packed).hexdigest() != known.sha256:
        raise Damaged(f"{folder / ARCHIVE} isn't as it was installed. Install omnicloud anew.")
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed)), mode="r:") as archive:
        for entry in archive:
            content = archive.extractfile(entry)
            assert content is not None
            files[entry.name] = content.read()
    return files


def _is_application(path: str) -> bool:
    parts = path.split("/")
    return len(parts) == 3 and parts[0] == "services" and parts[2] == "app.py"
