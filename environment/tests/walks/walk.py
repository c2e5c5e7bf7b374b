"""Repeats a walk of CONTRIBUTING.md: its files are written, its diffs applied, in a scratch copy of the repository."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def scratch_copy(folder: Path) -> Path:
    """The repository's files as they are in the working tree, without what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file() and not (ROOT / name).is_symlink():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def walk(heading: str, folder: Path) -> set[str]:
    """Do what the section says; the paths that were written or changed."""
    touched: set[str] = set()
    for language, title, text in _FENCE.findall(section(heading)):
        if title:
            assert not (folder / title).exists(), f"{title} is there already: the walk should change it by a diff"
            (folder / title).parent.mkdir(parents=True, exist_ok=True)
            (folder / title).write_text(text)
            touched.add(title)
        elif language == "diff":
            touched |= _apply(text, folder)
    return touched


def section(heading: str) -> str:
    """The text below a heading of CONTRIBUTING.md, up to the next one."""
    parts = _SECTION.split((ROOT / "CONTRIBUTING.md").read_text())
    return dict(zip(parts[1::2], parts[2::2], strict=True))[heading]


def _apply(diff: str, folder: Path) -> set[str]:
    """Apply a diff whose hunks are found by their lines alone: each must stand in its file exactly once."""
    touched: set[str] = set()
    for name, hunks in re.findall(r"^--- a/\S+\n\+\+\+ b/(\S+)\n(.*?)(?=^--- a/|\Z)", diff, re.MULTILINE | re.DOTALL):
        for hunk in filter(None, re.split(r"^@@.*\n", hunks, flags=re.MULTILINE)):
            _replace(folder / name, _side(hunk, "-"), _side(hunk, "+"))
        touched.add(name)
    return touched


def _side(hunk: str, sign: str) -> str:
    """The hunk's lines before (`-`) or after (`+`) the change."""
    return "".join(line[1:] or "\n" for line in hunk.splitlines(keepends=True) if line[:1] in (" ", "\n", sign))


def _replace(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert text.count(before) == 1, (
        f"CONTRIBUTING.md changes lines that {file.name} has {text.count(before)} times:\n{before}"
    )
    file.write_text(text.replace(before, after))
