"""What all sessions of a server share: the grader, the folder, the threads, and the end."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Protocol

from environment.bugs.errors import EpisodeError
from environment.grading import scratch
from environment.grading.grade import Grader, default_grader
from environment.grading.scratch import Scratch
from environment.openenv.turns import Turns

DEFAULT_SESSIONS = 4
DEFAULT_IDLE_MINUTES = 30.0


class Closing(Protocol):
    """Something that has to be closed in the end."""

    def close(self) -> None:
        """Let nothing remain of it. Safe to call twice, from any thread."""


@dataclass
class Door:
    """Made once for a server. `close` must be called in the end; whatever a session left is gone then."""

    make_grader: Callable[[], Grader] = default_grader
    sessions: int = DEFAULT_SESSIONS
    idle_seconds: float = DEFAULT_IDLE_MINUTES * 60
    untrusted: bool = False
    shell_seconds: float = 600.0
    turns: Turns = field(default_factory=Turns, init=False)
    alone: threading.Lock = field(default_factory=threading.Lock, init=False)
    """Held by the one reset at a time that has no session."""
    _open: set[Closing] = field(default_factory=set, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    @cached_property
    def grader(self) -> Grader:
        """Loaded when it is needed first. Raises `EpisodeError` when there is none."""
        return self.make_grader()

    @cached_property
    def threads(self) -> ThreadPoolExecutor:
        """Where steps block. One that started a process stays: what ends with its parent ends with that thread."""
        # One more for a reset without a session.
        return ThreadPoolExecutor(self.sessions + 1, thread_name_prefix="omnicloud-session")

    @property
    def folder(self) -> Path:
        """A folder of its own, in which each session has one. Agents may pass through it, not look around."""
        return self._own.path

    @cached_property
    def _own(self) -> Scratch:
        """What a killed server leaves of it, the next one removes."""
        scratch.sweep()
        return scratch.take("omnicloud-openenv-")

    def prepare(self) -> None:
        """Make what sessions need. Raises `EpisodeError` when this host can't judge and nobody said that it may."""
        holes = self.grader.parties.host.holes
        if holes and not self.untrusted:
            raise EpisodeError(
                f"On this host {'; '.join(holes)}: what an agent is paid for could be copied or forged. "
                "Use another host, or serve with --untrusted."
            )
        _ = self._own, self.threads

    def grader_for(self, ended: threading.Event) -> Grader:
        """The grader of one session, whose gradings wait for their turn and end when `ended` is set. What has been read
        of the reference is shared."""
        grader = self.grader
        return replace(grader, options=replace(grader.options, stop=ended), turn=partial(self.turns.turn, ended))

    def new_folder(self, session: Closing) -> Path:
        """A folder for a session, which is closed with all others from now on."""
        with self._lock:
            self._open.add(session)
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        folder.chmod(0o711)
        return folder

    def forget(self, session: Closing) -> None:
        """A session was closed."""
        with self._lock:
            self._open.discard(session)

    def close(self) -> None:
        """Close every session and remove the folder. Safe to call twice."""
        with self._lock:
            left = list(self._open)
        for session in left:
            session.close()
        if "threads" in self.__dict__:
            self.threads.shutdown()
        if "_own" in self.__dict__:
            self._own.close()
