"""Users that exist for the length of a session: a number, without an entry anywhere."""

from __future__ import annotations

import os
import secrets
import signal

FIRST, LAST = 1_500_000_000, 2_000_000_000
"""Beyond what any distribution or container engine gives to people, services or mapped users."""


def draw_user() -> int:
    """The id of a user, and of its group, that nothing on this machine belongs to."""
    return FIRST + secrets.randbelow(LAST - FIRST)


def end_user(user: int) -> None:
    """Kill every process of a user that was drawn here, wherever it hides. Does nothing for others."""
    signal_user(user, signal.SIGKILL)


def signal_user(user: int, number: signal.Signals) -> None:
    """Signal every process of a user that was drawn here. Does nothing for others."""
    if not FIRST <= user < LAST or os.geteuid() != 0:
        return
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
            # In one step, so that no fork escapes between two: -1 is everybody whom this user may signal, itself not.
            os.kill(-1, number)
        except OSError:
            pass
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def give(folder: str, user: int) -> None:
    """Make a folder and all that lies in it a user's own. Links are not followed, whoever puts them there meanwhile."""
    for _, folders, files, descriptor in os.fwalk(folder, follow_symlinks=False):
        os.chown(descriptor, user, user)
        for name in folders + files:
            try:
                os.chown(name, user, user, dir_fd=descriptor, follow_symlinks=False)
            except FileNotFoundError:
                continue
