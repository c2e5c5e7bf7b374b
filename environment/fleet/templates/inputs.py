"""What a template depends on of the project's files, and whether a tree has the same.

Each input is a question about the tree with its answer: the digest of a file that was read, the names in a folder that
was listed, which of the places exists where a module was looked for. A template fits where every answer is the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

ABSENT = "absent"


class Untraceable(Exception):
    """A job did what no template can hold; the message says what."""


def questions(trace: Iterable[str], project: Path) -> dict[str, str]:
    """The inputs that a trace of jobs (see `job_trace`) tells of, answered by the project. Raises Untraceable."""
    asked: dict[str, str] = {}
    for line in trace:
        kind, _, text = line.partition("\t")
        try:
            name = str(json.loads(text))
        except ValueError as error:
            raise Untraceable(f"the trace has the line {line!r}") from error
        if kind == "x":
            raise Untraceable(name)
        if kind in ("r", "l"):
            name = str(Path(name).relative_to(project))
        question = f"{kind} {name}"
        if question not in asked:
            asked[question] = answer(question, project)
    return asked


def fits(inputs: Mapping[str, str], project: Path) -> bool:
    """Whether the project answers every question in the same way."""
    return all(answer(question, project) == known for question, known in inputs.items())


def answer(question: str, project: Path) -> str:
    """The present answer. Whatever can't be read counts as absent."""
    kind, _, name = question.partition(" ")
    try:
        match kind:
            case "r":
                return hashlib.sha256((project / name).read_bytes()).hexdigest()
            case "l":
                return hashlib.sha256("\n".join(_names(project / name)).encode()).hexdigest()
            case _:
                return _places(project.joinpath(*name.split(".")))
    except (OSError, ValueError):
        return ABSENT


def _names(folder: Path) -> list[str]:
    """Hidden files and compiled code come and go."""
    return sorted(
        entry.name for entry in folder.iterdir() if not entry.name.startswith(".") and entry.name != "__pycache__"
    )


def _places(module: Path) -> str:
    """Of the places where a module could be, those that are taken."""
    return f"{'folder ' if module.is_dir() else ''}{'file' if module.with_name(module.name + '.py').is_file() else ''}"
