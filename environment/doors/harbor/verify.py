"""What a Harbor task's verifier runs: grades the work that arrived, and writes Harbor's reward file.

`reward.json` (numbers only, as Harbor asks)::

    {"reward": 0.335,        the score minus the untouched workspace's; 0 when no work arrived
     "solved": 1,
     "score": 1.115,
     "pass_rate": 1.0, "tier": 1.0, "bonus": 0.115, "penalty": 0.0,
     "delivered": 1,         0 when no work arrived: then everything here is 0
     "trusted": 1,           0 when this host doesn't keep the parties apart
     "pass_rate_unit": 1.0}  and so on for each category that has tests

`verdict.json` says `judged`, why not if not (`cause`), and has the score in its documented form. What the environment
couldn't judge has `"judged": false` and **no** reward file, which Harbor takes for a failed trial, never for a result.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from environment.bugs.errors import EpisodeError
from environment.doors.grading import Graded, grade_patch
from environment.doors.handed_in import NotDelivered
from environment.doors.harbor.folders import FORMAT
from environment.doors.tasks import make_task
from environment.grading.errors import InfrastructureError
from environment.grading.grade import Grader, default_grader

JUDGED, NOT_JUDGED = 0, 3
REWARDS, VERDICT = "reward.json", "verdict.json"
NOT_ENDED = "the grading didn't end"


class Misfit(EpisodeError):
    """The task isn't one of this verifier's."""


def verify(task_file: Path, archive: Path, out: Path, make_grader: Callable[[], Grader] = default_grader) -> int:
    """Grade an archive and write the verdict. The status is 0, or 3 when it couldn't be judged."""
    out.mkdir(parents=True, exist_ok=True)
    (out / REWARDS).unlink(missing_ok=True)
    # Stands until there is a verdict: whatever ends this process, the trial is masked.
    _write(out / VERDICT, {"judged": False, "cause": NOT_ENDED})
    try:
        graded = _grade(task_file, archive, make_grader())
    except NotDelivered as error:
        _write(out / VERDICT, {"judged": True, "delivered": False, "cause": str(error), "score": 0})
        _write(out / REWARDS, nothing())
        return JUDGED
    except EpisodeError as error:
        cause = f"{'the environment failed: ' if isinstance(error, InfrastructureError) else ''}{error}"
        _write(out / VERDICT, {"judged": False, "cause": cause})
        print(cause, file=sys.stderr)
        return NOT_JUDGED
    _write(out / VERDICT, {"judged": True, "delivered": True, **graded.document})
    _write(out / REWARDS, rewards(graded))
    return JUDGED


def rewards(graded: Graded) -> dict[str, float | int]:
    """The numbers of a verdict."""
    result = graded.score
    return {
        "reward": float(graded.reward),
        "solved": result.solved,
        "score": float(result.total),
        "pass_rate": float(result.rate),
        "tier": float(result.tier),
        "bonus": float(result.bonus),
        "penalty": float(result.penalty),
        "delivered": 1,
        "trusted": int(result.trusted),
        **{f"pass_rate_{name}": tally.passed / tally.total for name, tally in result.categories.items() if tally.total},
    }


def nothing() -> dict[str, float | int]:
    """The numbers when no work arrived: not the untouched workspace's, or to lose one's work would pay."""
    names = ("reward", "solved", "score", "pass_rate", "tier", "bonus", "penalty", "delivered")
    return {**dict.fromkeys(names, 0), "trusted": 1}


def _grade(task_file: Path, archive: Path, grader: Grader) -> Graded:
    try:
        document: dict[str, Any] = json.loads(task_file.read_text())
        number, task_id, digest = (document[name] for name in ("format", "id", "reference"))
        bugs = tuple(map(str, document["bugs"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Misfit(f"{task_file} isn't the file of a task: {error}.") from error
    if number != FORMAT:
        raise Misfit(f"The task has format {number}, this verifier reads {FORMAT}.")
    if digest != grader.reference.digest:
        raise Misfit(
            "The task was exported from another platform than this verifier's image holds. "
            "Make the images anew, or export the tasks anew."
        )
    return grade_patch(grader, make_task(grader.catalogue, task_id, bugs), archive)


def _write(path: Path, document: dict[str, Any]) -> None:
    """In one step, and whatever is there meanwhile: never through a link that somebody laid."""
    scratch = path.with_suffix(".new")
    scratch.unlink(missing_ok=True)
    scratch.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(scratch, path)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="verify", description="Grades the work of a Harbor trial.")
    for name in ("task", "work", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    return verify(given.task, given.work, given.out)


if __name__ == "__main__":
    sys.exit(main())
