"""How many workers share a long run: each is a process with a fleet of its own, so no test can disturb another's.

Whoever runs whole folders gets as many as the machine bears: the suite, its categories, the environment's tests. Single
files and ids, and whatever looks like debugging (`--pdb`, `-x`, `-s`, `-k`), run in one process. `-n NUMBER` says it
otherwise, 0 for none, and OMNICLOUD_WORKERS does where no option can be given.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
ENVIRONMENT_TESTS = TESTS.parent / "environment" / "tests"
VARIABLE = "OMNICLOUD_WORKERS"
MOST = 8
FLEET_MIB = 1200
"""What a worker and its fleet take."""
CGROUP = Path("/sys/fs/cgroup")


def share_out(config: pytest.Config) -> None:
    """Choose the number of workers where nobody has; to be called before the command line is acted upon.

    Raises UsageError for workers that would have to share the one fleet of OMNICLOUD_URL.
    """
    option = config.option
    if not config.pluginmanager.hasplugin("xdist") or hasattr(config, "workerinput"):
        return
    if "OMNICLOUD_URL" in os.environ:
        if option.numprocesses:
            raise pytest.UsageError("-n: every worker has a fleet of its own, and OMNICLOUD_URL names a single one")
        option.numprocesses = 0
    elif option.numprocesses is None and option.dist == "no" and not option.tx:
        option.numprocesses = wished(config)
    if option.maxschedchunk is None:
        # One test after another, so that a worker with a long test keeps no short ones waiting behind it.
        option.maxschedchunk = 1


def wished(config: pytest.Config) -> int:
    """How many workers fit what the command line asks for; 0 for none.

    Raises UsageError when the variable holds no number.
    """
    if text := os.environ.get(VARIABLE, ""):
        if not text.isdecimal():
            raise pytest.UsageError(f"{VARIABLE}={text}: a number of workers is expected, 0 for none")
        return int(text)
    option = config.option
    debugging = option.usepdb or option.maxfail or option.capture == "no" or option.keyword or option.collectonly
    if debugging or not all(_is_whole_folder(config.invocation_params.dir / word) for word in config.args):
        return 0
    number = affordable()
    return number if number > 1 else 0


def affordable() -> int:
    """As many workers as cores and free memory bear, at least one."""
    return max(1, min(MOST, cores(), free_mib() // FLEET_MIB))


def cores() -> int:
    """Processors that this process may use."""
    allowed = len(os.sched_getaffinity(0))
    quota, _, period = _cgroup("cpu.max").partition(" ")
    return min(allowed, max(1, int(quota) // int(period))) if quota.isdecimal() else allowed


def free_mib() -> int:
    """Memory that new processes can have without swapping."""
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    free = int(fields["MemAvailable"].split()[0]) >> 10
    limit, used = _cgroup("memory.max"), _cgroup("memory.current")
    return min(free, (int(limit) - int(used)) >> 20) if limit.isdecimal() and used.isdecimal() else free


def _cgroup(name: str) -> str:
    """What the container's control group says; nothing when there is none."""
    try:
        return (CGROUP / name).read_text().strip()
    except OSError:
        return ""


def _is_whole_folder(path: Path) -> bool:
    """Whether it is the suite, a category or the environment's tests."""
    path = path.resolve()
    return path in (TESTS, ENVIRONMENT_TESTS) or (path.parent == TESTS and path.is_dir())
