"""A git repository of one commit, as the files of its `.git` folder.

They are made here and not by git, so that they are the same on every machine: git packs with the machine's zlib, and
notes in the index when and where it was written. Nothing in them is compressed, since compressors differ; nothing comes
from a user's or a machine's settings. And all of it takes a tenth of the time of five git processes.

Formats: git's documentation, `gitformat-pack` and `gitformat-index`; RFC 1950 and 1951 for what isn't compressed.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

COMMIT, TREE, BLOB = 1, 2, 3
KINDS = {COMMIT: b"commit", TREE: b"tree", BLOB: b"blob"}
SCRIPT_MODE, FILE_MODE, FOLDER_MODE = 0o100755, 0o100644, 0o40000

COMMIT_TIME = 1_704_067_200
"""2024-01-01T00:00:00Z."""
IDENTITY = f"OmniCloud <platform@omnicloud.example> {COMMIT_TIME} +0000"
MESSAGE = "OmniCloud"

CONFIG = """\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = false
\tlogallrefupdates = true
\tautocrlf = false
\tcheckStat = minimal
"""
"""`minimal`: of what the index knows of a file only size and time are compared, which are the same everywhere."""

KEPT_OBJECTS = 8192
"""Objects that are kept in memory: those of the untouched files come again in every workspace."""
STORED_LIMIT = 0xFFFF
"""Bytes of a block of a deflate stream that isn't compressed."""
NAME_LIMIT = 0xFFF
"""The longest length of a path that an index entry tells; of longer ones it says this."""


@dataclass(frozen=True)
class Packed:
    """An object as it stands in a pack."""

    name: bytes
    """Its SHA-1, in 20 bytes."""
    data: bytes
    checksum: int


def is_script(content: bytes) -> bool:
    """Whether a file of a workspace is executable."""
    return content.startswith(b"#!")


def repository(files: Mapping[str, bytes], file_time: int) -> tuple[str, dict[str, bytes]]:
    """The commit of these files, and what lies below `.git` by path.

    `file_time` is the modification time that every file will have, in seconds since 1970: the index names it, so that
    `git status` need not read them.
    """
    blobs = {path: _packed(BLOB, content) for path, content in sorted(files.items())}
    trees = _trees(files, blobs)
    commit = _packed(COMMIT, _commit(trees[""].name))
    objects = {item.name: item for item in (commit, *trees.values(), *blobs.values())}
    pack, offsets = _pack(objects.values())
    name, head = pack[-20:].hex(), commit.name.hex()
    log = f"{'0' * 40} {head} {IDENTITY}\tcommit (initial): {MESSAGE}\n".encode()
    return head, {
        ".git/HEAD": b"ref: refs/heads/main\n",
        ".git/config": CONFIG.encode(),
        ".git/index": _index(files, blobs, file_time),
        ".git/logs/HEAD": log,
        ".git/logs/refs/heads/main": log,
        f".git/objects/pack/pack-{name}.idx": _pack_index(objects, offsets, pack[-20:]),
        f".git/objects/pack/pack-{name}.pack": pack,
        ".git/refs/heads/main": f"{head}\n".encode(),
    }


def _sha1(*parts: bytes) -> bytes:
    total = hashlib.sha1(usedforsecurity=False)
    for part in parts:
        total.update(part)
    return total.digest()


@lru_cache(KEPT_OBJECTS)
def _packed(kind: int, content: bytes) -> Packed:
    name = _sha1(b"%s %d\0" % (KINDS[kind], len(content)), content)
    data = _entry_head(kind, len(content)) + _stored(content)
    return Packed(name, data, zlib.crc32(data))


def _entry_head(kind: int, size: int) -> bytes:
    """Kind and size: four bits of the size in the first byte, seven in each further one, the lowest first."""
    head = bytearray([kind << 4 | size & 0xF])
    size >>= 4
    while size:
        head[-1] |= 0x80
        head.append(size & 0x7F)
        size >>= 7
    return bytes(head)


def _stored(content: bytes) -> bytes:
    """A zlib stream of blocks that aren't compressed."""
    parts = [b"\x78\x01"]
    for start in range(0, max(1, len(content)), STORED_LIMIT):
        block = content[start : start + STORED_LIMIT]
        last = start + STORED_LIMIT >= len(content)
        parts += (struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF), block)
    parts.append(struct.pack(">I", zlib.adler32(content)))
    return b"".join(parts)


def _trees(files: Mapping[str, bytes], blobs: Mapping[str, Packed]) -> dict[str, Packed]:
    """The tree of each folder by its path, the root's under the empty one."""
    entries: dict[str, list[tuple[bytes, bytes]]] = {"": []}

    def put(path: str, mode: int, name: bytes) -> None:
        folder, _, last = path.rpartition("/")
        # git orders a folder as if its name ended with a slash.
        order = last.encode() + (b"/" if mode == FOLDER_MODE else b"")
        entries[folder].append((order, b"%o %s\0%s" % (mode, last.encode(), name)))

    for path in files:
        folder = path.rpartition("/")[0]
        while folder not in entries:
            entries[folder] = []
            folder = folder.rpartition("/")[0]
        put(path, _mode(files[path]), blobs[path].name)
    trees: dict[str, Packed] = {}
    # What lies in a folder comes before the folder.
    for folder in sorted(entries, reverse=True):
        trees[folder] = _packed(TREE, b"".join(entry for _, entry in sorted(entries[folder])))
        if folder:
            put(folder, FOLDER_MODE, trees[folder].name)
    return trees


def _mode(content: bytes) -> int:
    return SCRIPT_MODE if is_script(content) else FILE_MODE


def _commit(tree: bytes) -> bytes:
    return f"tree {tree.hex()}\nauthor {IDENTITY}\ncommitter {IDENTITY}\n\n{MESSAGE}\n".encode()


def _pack(objects: Iterable[Packed]) -> tuple[bytes, dict[bytes, int]]:
    """A pack of version 2, and where each object begins in it."""
    parts, offsets, at = [b""], {}, 12
    for item in objects:
        offsets[item.name] = at
        parts.append(item.data)
        at += len(item.data)
    parts[0] = struct.pack(">4sII", b"PACK", 2, len(offsets))
    content = b"".join(parts)
    return content + _sha1(content), offsets


def _pack_index(objects: Mapping[bytes, Packed], offsets: Mapping[bytes, int], pack: bytes) -> bytes:
    """The index of a pack, of version 2; `pack` is the pack's SHA-1."""
    names = sorted(objects)
    upto = [0] * 256
    for name in names:
        upto[name[0]] += 1
    for first in range(1, 256):
        upto[first] += upto[first - 1]
    content = b"".join(
        (
            struct.pack(">4sI256I", b"\xfftOc", 2, *upto),
            *names,
            struct.pack(f">{len(names)}I", *(objects[name].checksum for name in names)),
            struct.pack(f">{len(names)}I", *(offsets[name] for name in names)),
            pack,
        )
    )
    return content + _sha1(content)


def _index(files: Mapping[str, bytes], blobs: Mapping[str, Packed], file_time: int) -> bytes:
    """The staging area, of version 2: what differs between machines (device, inode, owner, creation) is 0 in it."""
    parts = [struct.pack(">4sII", b"DIRC", 2, len(files))]
    for name, path in sorted((path.encode(), path) for path in files):
        content = files[path]
        stat = struct.pack(">10I", 0, 0, file_time, 0, 0, 0, _mode(content), 0, 0, len(content))
        entry = stat + blobs[path].name + struct.pack(">H", min(len(name), NAME_LIMIT)) + name
        parts.append(entry + b"\0" * (8 - len(entry) % 8))
    content = b"".join(parts)
    return content + _sha1(content)
