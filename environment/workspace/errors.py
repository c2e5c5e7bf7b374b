"""What can be wrong with a workspace."""

from __future__ import annotations

from environment.bugs.errors import EpisodeError
from environment.workspace.text import encodable


class WorkspaceError(EpisodeError):
    """A workspace can't be made or found."""


class SubmissionRejected(EpisodeError):
    """The agent's files can't be laid over the reference: a link, a device, too many or too large files.

    This is the agent's fault: the grading goes on and no test counts as passed. The message may hold names that the
    agent gave.
    """

    def __init__(self, message: str) -> None:
        super().__init__(encodable(message))
