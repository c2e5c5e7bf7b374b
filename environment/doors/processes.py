"""Workers that are processes of this machine."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from environment.doors.playing import Environments, Lost, Played, Policy, Task, play_or_tell
from environment.fleet.walls.kernel import PR_SET_PDEATHSIG, prctl
from environment.grading import scratch

END_SECONDS = 30.0
"""How long a worker that is dismissed may take to leave nothing behind."""


@dataclass(frozen=True, eq=False)
class Worker:
    """A process, and the way to it."""

    process: SpawnProcess
    channel: Connection


class Processes:
    """A crew of them. They begin anew, without a copy of this process's memory, and end with it."""

    def __init__(self, policy: Policy, environments: Environments, steps: int) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._order = pickle.dumps((policy, environments, steps))

    def hire(self) -> Worker:
        ours, theirs = self._context.Pipe()
        with theirs:
            process = self._context.Process(target=serve, args=(theirs, self._order), name="omnicloud-episodes")
            process.start()
        return Worker(process, ours)

    def give(self, worker: Worker, task: Task) -> None:
        try:
            worker.channel.send(task)
        except OSError:
            return  # It is dead already, which `wait` tells.

    def wait(self, workers: Sequence[Worker]) -> list[tuple[Worker, Played | Lost]]:
        by_channel = {worker.channel: worker for worker in workers}
        return [(by_channel[found], _heard(by_channel[found])) for found in wait(by_channel) if found in by_channel]

    def dismiss(self, worker: Worker) -> None:
        worker.channel.close()
        worker.process.terminate()
        worker.process.join(END_SECONDS)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.process.close()
        scratch.sweep()


def _heard(worker: Worker) -> Played | Lost:
    try:
        heard: Played | Lost = worker.channel.recv()
    except (EOFError, OSError):
        worker.process.join(END_SECONDS)
        code = worker.process.exitcode
        return Lost(f"a worker died ({'signal' if code and code < 0 else 'status'} {abs(code or 0)})")
    return heard


def serve(channel: Connection, order: bytes) -> None:
    """Play what comes over the channel until it is closed."""
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Of Ctrl-C the process hears that started this one.
    policy, environments, steps = pickle.loads(order)
    env = environments()
    try:
        while True:
            task: Task = channel.recv()
            channel.send(play_or_tell(policy, task, env, steps))
    except (EOFError, BrokenPipeError):
        return
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        env.close()


def _end(number: int, frame: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + number)
