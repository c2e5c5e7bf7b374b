"""Archives that are equal byte for byte when what is in them is."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import PurePosixPath

from environment.workspace.make import FILE_TIME

LEVEL = 9


def packed(files: Mapping[str, bytes], root: str, user: int) -> bytes:
    """A `.tar.gz` with files below a folder, and the folders, all a user's: 755 for scripts, 644 for the rest."""
    below = {f"{root}/{path}": content for path, content in files.items()}
    folders = {parent.as_posix() for path in below for parent in PurePosixPath(path).parents} - {"."}
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=LEVEL, filename="", mtime=0) as stream:
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for name in sorted(folders | set(below)):
                member = tarfile.TarInfo(name)
                member.uid = member.gid = user
                member.mtime = FILE_TIME
                if name in folders:
                    member.type, member.mode = tarfile.DIRTYPE, 0o755
                    tar.addfile(member)
                    continue
                content = below[name]
                member.size, member.mode = len(content), 0o755 if content.startswith(b"#!") else 0o644
                tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
