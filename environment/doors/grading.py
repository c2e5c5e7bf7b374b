"""From a task and what is handed in for it to a reward: the one way for all doors."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from environment.doors.handed_in import Fate, Submission, lay
from environment.doors.prepared import prepared
from environment.doors.tasks import Task
from environment.grading.grade import Grader
from environment.reward.score import Score, to_document
from environment.workspace.errors import SubmissionRejected


@dataclass(frozen=True)
class Graded:
    """A submission's score, and what became of the submission itself."""

    task: Task
    score: Score
    fate: Fate
    words: str = ""
    """Why it wasn't applied, if it wasn't. What was refused has a void score, else it is the untouched workspace's."""

    @property
    def reward(self) -> Fraction:
        """What every door pays: the score minus the untouched workspace's, exact. It is the sum of the rewards of a
        Gymnasium episode."""
        return self.score.reward

    @property
    def document(self) -> dict[str, Any]:
        """The score in its documented form, with `task`, and `submission` as {"fate": …, "words": …}."""
        submission = {"fate": self.fate.value, "words": self.words}
        return {**to_document(self.score), "task": self.task.id, "submission": submission}


def grade_patch(grader: Grader, task: Task, submission: Submission) -> Graded:
    """Grade a diff against the task's workspace, or the folder or archive that a workspace has become.

    A diff that doesn't fit is graded as the untouched workspace, and `words` say so; what holds links or too much is
    void, as in every episode. Raises `NotDelivered` when there is nothing to grade, and `InfrastructureError` when the
    environment fails.
    """
    with prepared(grader.reference, grader.catalogue, task) as (workspace, _):
        try:
            fate, words = lay(submission, workspace)
        except SubmissionRejected as error:
            # What is no folder is graded as nothing, whatever it was that made it so.
            shutil.rmtree(workspace)
            result = replace(grader.grade(workspace), void=f"rejected: {error}")
            return Graded(task, result, Fate.REFUSED, str(error))
        return Graded(task, grader.grade(workspace), fate, words)
