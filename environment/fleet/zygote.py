"""The parent of every Python process of a fleet. Run as a script; knows nothing of the package around it.

It imports third-party libraries once and nothing of the project, and forks a child for each `python -m MODULE`: the
libraries' memory is shared and a service starts in the time that its own modules take. A fork copies only the calling
thread, so there must be one thread; that is asserted before every fork. No connection and no producer exists here: a
Kafka producer made before a fork silently delivers nothing.

It is also the supervisor's guardian: when the supervisor is gone (end of file on the socket), it ends every process of
the fleet, those that the supervisor started itself included, and removes the fleet's folder.

Protocol: JSON lines over an inherited socket, whose descriptor is the first argument. The second, where there is one,
is that of the Landlock rules by which every child restricts itself.
  <- {"op": "spawn", "id", "name", "module", "argv", "env", "cwd", "log", "user", "trace", "nursery"}
  -> {"event": "spawned", "id", "pid"}    the answer
  <- {"op": "nursery", "module", "cwd", "log", "user"}   import what `module` imports first (see `nursery`)
  -> {"event": "nursery", "trouble"}      the answer; children are forked from the zygote as ever if there is any
  <- {"op": "retire"}                     do without the nursery from now on
  <- {"op": "guard", "pid", "signal"}     a process group to end, too, and how
  <- {"op": "unguard", "pid"}             which is gone
  <- {"op": "folder", "path"}             to be removed at the end
  -> {"event": "ready", "seconds"}        all libraries are imported
  -> {"event": "exit", "pid", "status"}   exit code, or minus the signal
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import select
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterable
from typing import Any, NoReturn

# Only modules that read no settings and start no thread at import. What the one-shot jobs need comes first: they can be
# forked while the rest is still being imported.
JOB_LIBRARIES = (
    "argparse", "concurrent.futures", "decimal", "hashlib", "http.client", "ipaddress", "logging.config",
    "multiprocessing.connection", "ssl", "uuid", "zoneinfo",
    "pydantic", "pydantic_settings", "structlog", "tenacity", "httpx", "httpcore", "hvac", "minio",
    "confluent_kafka.admin", "jsonschema", "psycopg2.extras",
    "sqlalchemy.orm", "sqlalchemy.dialects.postgresql.psycopg2", "alembic.command", "alembic.config",
    "django.apps", "django.conf", "django.core.management", "django.core.management.commands.migrate",
    "django.db.models", "django.db.migrations.executor", "django.db.backends.postgresql.base",
)  # fmt: skip
SERVICE_LIBRARIES = (
    "asyncio", "email.message", "unittest.mock", "prometheus_client", "jwt", "rfc8785", "redis.exceptions", "consul",
    "grpc", "etcd3", "aiohttp", "opentelemetry.trace", "opentelemetry.sdk.trace.export",
    "opentelemetry.propagate", "opentelemetry.trace.propagation.tracecontext",
    "cryptography.hazmat.primitives.asymmetric.rsa", "argon2",
    "dns.zone", "dns.name", "dns.rdatatype", "limits.aio.strategies", "limits.storage", "wrapt", "deprecated",
    "anyio._backends._asyncio", "fastapi.routing", "fastapi.openapi.utils", "pydantic.v1", "starlette.middleware.cors",
    "starlette.middleware.trustedhost", "uvloop", "httptools", "h11", "uvicorn.config", "uvicorn.main",
    "uvicorn.protocols.http.httptools_impl", "uvicorn.lifespan.on",
    "uvicorn.loops.auto", "uvicorn.loops.uvloop", "uvicorn.protocols.http.auto", "uvicorn.protocols.websockets.auto",
    "waitress.server",
    "django.core.wsgi", "django.core.checks", "django.core.handlers.asgi", "django.core.servers.basehttp",
    "django.http", "django.urls", "django.views", "django.shortcuts", "django.middleware.csrf",
    "django.middleware.cache",
    "django.utils.timezone", "django.views.static", "django.contrib.postgres.fields", "django.contrib.admin",
    "django.contrib.admindocs.views", "django.test", "django.views.i18n", "pydantic.functional_serializers",
    "rest_framework.serializers", "rest_framework.request", "rest_framework.response", "rest_framework.metadata",
    "drf_spectacular.utils", "drf_spectacular.apps", "uritemplate", "inflection",
    "celery.app.base", "celery.bin.celery", "celery.apps.worker", "celery.worker", "celery.backends.redis",
    "celery.concurrency.thread", "celery.worker.consumer", "celery.worker.components", "celery.worker.autoscale",
    "celery.app.control", "celery.app.log", "celery.app.events", "celery.fixups.django", "celery.worker.loops",
    "celery.worker.pidbox", "celery.worker.strategy", "kombu.pidbox", "kombu.transport.redis",
)  # fmt: skip

HERE = os.path.dirname(os.path.abspath(__file__))
PR_SET_PDEATHSIG, PR_SET_NAME, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 15, 36, 38
LANDLOCK_RESTRICT_SELF = 446
RULES = 2
"""Of the arguments: the rules' descriptor."""
FIT = "fit"
"""What a nursery says once it may fork services."""
NURSERY_SECONDS = 5.0
"""For a nursery to fork a child, which takes it some milliseconds."""
GRACE_SECONDS = 3.0
"""How long the processes of an orphaned fleet get between the polite signal and SIGKILL."""

Request = dict[str, Any]


def prctl(option: int, argument: Any) -> None:
    """Raises OSError when the kernel refuses."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(option, argument, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def assert_single_thread() -> None:
    """Raises RuntimeError when another thread exists: forking then would copy locks that nobody releases."""
    threads = os.listdir("/proc/self/task")
    if len(threads) != 1:
        raise RuntimeError(f"{len(threads)} threads before a fork; a library in LIBRARIES starts one at import")


def import_library(name: str) -> None:
    """What isn't installed is left out: the service that needs it says so itself."""
    with contextlib.suppress(ModuleNotFoundError):
        importlib.import_module(name)


def descendants(root: int) -> list[int]:
    """Every living process below `root`, itself left out."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", "rb") as stat:
                    fields = stat.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if fields[0] != b"Z":
                children.setdefault(int(fields[1]), []).append(int(entry))
    found: list[int] = []
    pending = [root]
    while pending:
        below = children.get(pending.pop(), [])
        found += below
        pending += below
    return found


OUTSIDE = "outside"
"""In a fleet's folder: a list, a path a line, of files elsewhere that go with it."""


def remove_folder(folder: str) -> None:
    """Remove a fleet's folder and what it lists as outside, and the folder of fleets when this was the last."""
    with contextlib.suppress(OSError), open(os.path.join(folder, OUTSIDE)) as listed:
        for path in listed.read().splitlines():
            with contextlib.suppress(OSError):
                os.unlink(path)
    shutil.rmtree(folder, ignore_errors=True)
    parent = os.path.dirname(folder)
    with contextlib.suppress(OSError):
        if set(os.listdir(parent)) <= {".gitignore"}:
            shutil.rmtree(parent, ignore_errors=True)


class Zygote:
    """Serves requests until the supervisor is gone. `serve` returns a request in the child that is to carry it out."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self.buffer = b""
        self.over = False
        self.guarded: dict[int, int] = {}
        self.folders: list[str] = []
        self.ballast: list[object] = []
        self.nursery: socket.socket | None = None
        self.nursery_pid = 0
        self.nursery_ready = False
        self.wake_read, self.wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def serve(self, libraries: Iterable[str]) -> Request | None:
        """Import the libraries, carrying out requests in between; then serve until the supervisor is gone.

        Returns the request in a child that is to carry it out, None in the parent when all is over.
        """
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wake_write, warn_on_full_buffer=False)
        started = time.monotonic()
        for name in libraries:
            import_library(name)
            while self._readable(0):
                if (request := self._turn()) is not None:
                    return request
            if self.over:
                return None
        self.ballast.append(share_memory())
        self.send({"event": "ready", "seconds": round(time.monotonic() - started, 3)})
        while not self.over:
            self._readable(None)
            if (request := self._turn()) is not None:
                return request
        return None

    def _readable(self, timeout: float | None) -> bool:
        """Wait until there is something to do."""
        sources = [self.channel.fileno(), self.wake_read]
        if self.nursery is not None and not self.nursery_ready:
            sources.append(self.nursery.fileno())
        return not self.over and bool(select.select(sources, [], [], timeout)[0])

    def _turn(self) -> Request | None:
        """Reap what ended, carry out what is asked; the request in a new child."""
        with contextlib.suppress(BlockingIOError):
            os.read(self.wake_read, 4096)
            self._reap()
        if self.nursery is not None and not self.nursery_ready and select.select([self.nursery], [], [], 0)[0]:
            self._hear_nursery(self.nursery)
        if not select.select([self.channel.fileno()], [], [], 0)[0]:
            return None
        data = self.channel.recv(65536)
        if not data:
            self.over = True
            self._end_fleet()
            return None
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        for line in lines:
            request: Request = json.loads(line)
            if (own := self._handle(request)) is not None:
                return own
        return None

    def _handle(self, request: Request) -> Request | None:
        """The request in a new child that is to carry it out."""
        if request["op"] == "guard":
            self.guarded[request["pid"]] = request["signal"]
        elif request["op"] == "unguard":
            self.guarded.pop(request["pid"], None)
        elif request["op"] == "folder":
            self.folders.append(request["path"])
        elif request["op"] == "retire":
            self._retire()
        elif request["op"] == "nursery":
            return self._make_nursery(request)
        elif request["op"] == "spawn":
            pid = self._ask_nursery(request) if request.get("nursery") else 0
            if pid == 0 and (pid := self._fork()) == 0:
                return request
            self.send({"event": "spawned", "id": request["id"], "pid": pid})
        return None

    def _fork(self) -> int:
        """The pid of a new child, 0 in it."""
        assert_single_thread()
        gc.freeze()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            stand_alone(parent)
            self._leave_parents_things()
        return pid

    def _make_nursery(self, request: Request) -> Request | None:
        """In the nursery's children the request that they are to carry out."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        parent = os.getpid()
        pid = self._fork()
        if pid:
            theirs.close()
            self.nursery, self.nursery_pid, self.nursery_ready = ours, pid, False
            return None
        ours.close()
        output = enter(request)
        nursery = runpy.run_path(os.path.join(HERE, "nursery.py"))
        try:
            known = nursery["preload"](request["module"], request["cwd"], output)
        except nursery["Unfit"] as trouble:
            theirs.send(str(trouble).encode())
            os._exit(0)
        theirs.send(FIT.encode())
        found = nursery["serve"](theirs, parent, known)
        if found is None:
            os._exit(0)
        stand_alone(parent)
        own: Request = {**found[0], "log": found[1], "user": None}
        return own

    def _hear_nursery(self, nursery: socket.socket) -> None:
        """Its word on how the imports went; none when it died."""
        try:
            word = nursery.recv(4096).decode("utf-8", "replace")
        except OSError as error:
            word = str(error)
        if word == FIT:
            self.nursery_ready = True
        else:
            self._retire()
        self.send({"event": "nursery", "trouble": "" if word == FIT else word or "it died"})

    def _ask_nursery(self, request: Request) -> int:
        """The pid of a child that the nursery made; 0, and the nursery's end, when it doesn't."""
        if self.nursery is None or not self.nursery_ready:
            return 0
        log = open_log(request["log"])
        try:
            socket.send_fds(self.nursery, [json.dumps(request).encode()], [log])
            if select.select([self.nursery], [], [], NURSERY_SECONDS)[0]:
                pid = int(self.nursery.recv(64) or b"0")
                # The nursery runs the project's code: what it says is believed as far as it can be seen.
                if pid and self._adopted(pid):
                    return pid
        except (OSError, ValueError):
            pass
        finally:
            os.close(log)
        self._retire()
        return 0

    def _adopted(self, pid: int) -> bool:
        """Whether the process is a child of this one before long."""
        deadline = time.monotonic() + NURSERY_SECONDS
        while time.monotonic() < deadline:
            try:
                with open(f"/proc/{pid}/stat", "rb") as stat:
                    if int(stat.read().rpartition(b")")[2].split()[1]) == os.getpid():
                        return pid != self.nursery_pid
            except OSError:
                return False
            time.sleep(0.0005)
        return False

    def _retire(self) -> None:
        if self.nursery is not None:
            self.nursery.close()
            _kill(self.nursery_pid, signal.SIGKILL)
            self.nursery, self.nursery_ready = None, False

    def _leave_parents_things(self) -> None:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        # As in any Python process: Ctrl-C raises, a closed pipe is an error of the call.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        if self.nursery is not None:
            self.nursery.close()
            self.nursery = None
        self.channel.close()
        os.close(self.wake_read)
        os.close(self.wake_write)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.send({"event": "exit", "pid": pid, "status": os.waitstatus_to_exitcode(status)})

    def send(self, message: Request) -> None:
        """A supervisor that is gone is noticed by the next read."""
        with contextlib.suppress(OSError):
            self.channel.sendall(json.dumps(message).encode() + b"\n")

    def _end_fleet(self) -> None:
        """Everything of an orphaned fleet ends: politely, then not."""
        for pid, number in self.guarded.items():
            _kill_group(pid, number)
        mine = descendants(os.getpid())
        for pid in mine:
            _kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < deadline and any(os.path.exists(f"/proc/{pid}") for pid in self.guarded):
            time.sleep(0.02)
        for pid in self.guarded:
            _kill_group(pid, signal.SIGKILL)
        for pid in descendants(os.getpid()):
            _kill(pid, signal.SIGKILL)
        for folder in self.folders:
            remove_folder(folder)


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _kill_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGCONT)
        os.killpg(pid, number)


def share_memory() -> object:
    """Prepare for having children; what must be kept for that."""
    memory = runpy.run_path(os.path.join(HERE, "zygote_memory.py"))
    memory["widen_interned"]()
    return memory["fill_holes"]()


def stand_alone(parent: int) -> None:
    """Lead a session of one's own that ends with the parent."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    os.setsid()


def open_log(path: str) -> int:
    """A descriptor that appends to a log."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)


def enter(request: Request) -> int:
    """Take on the name, standard streams, user and folder of a request; the descriptor of standard output."""
    log = request["log"] if isinstance(request["log"], int) else open_log(request["log"])
    null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(log)
    os.close(null)
    prctl(PR_SET_NAME, request["name"].encode()[:15])
    if request.get("user"):
        uid, gid = request["user"]
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
        # A change of users takes it away.
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if len(sys.argv) > RULES:
        restrict(int(sys.argv[RULES]))
    os.chdir(request["cwd"])
    if sys.path[0] != request["cwd"]:
        sys.path.insert(0, request["cwd"])
    return 1


def restrict(rules: int) -> None:
    """Go behind Landlock's rules for good; nothing happens to a child of a process that is there already."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    library = ctypes.CDLL(None, use_errno=True)
    if library.syscall(LANDLOCK_RESTRICT_SELF, rules, 0) != 0:
        raise OSError(ctypes.get_errno(), "landlock_restrict_self")
    os.close(rules)
    # A child of the nursery, which forks once it is restricted, has no rules any more and needs none.
    del sys.argv[RULES:]


def run_child(request: Request) -> None:
    """Become `python -m MODULE ARGS`: standard streams, environment, folder, import path, arguments, name."""
    trace = None
    if request.get("trace"):
        trace = os.open(request["trace"], os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    enter(request)
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    sys.argv[:] = [request["module"], *request["argv"]]
    gc.enable()
    if trace is not None:
        fleet, passing = os.path.dirname(request["trace"]), [os.environ.get("TMPDIR", "/tmp"), "/tmp", "/dev", "/proc"]
        runpy.run_path(os.path.join(HERE, "job_trace.py"))["install"](trace, request["cwd"], fleet, passing)
    try:
        runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = exit_status(end)
    except BaseException as error:  # noqa: BLE001 - told as the interpreter tells it
        sys.excepthook(type(error), error, error.__traceback__)
        status = -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    leave(status)


def exit_status(end: SystemExit) -> int:
    """The status that the interpreter makes of it; what isn't a number is printed."""
    if end.code is None or isinstance(end.code, int):
        return (end.code or 0) & 0xFF
    print(end.code, file=sys.stderr)
    return 1


def leave(status: int) -> NoReturn:
    """End as the interpreter does: threads are waited for, what is registered is called, output is written.

    That it then takes every module apart is left out: it would copy nearly all pages that the fleet shares.
    """
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        if status < 0:
            signal.signal(-status, signal.SIG_DFL)
            os.kill(os.getpid(), -status)
        os._exit(status)


def main() -> Request | None:
    """Import what the first children need, then serve."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    channel.set_inheritable(False)
    if len(sys.argv) > RULES:
        os.set_inheritable(int(sys.argv[RULES]), False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    prctl(PR_SET_NAME, b"omnicloud-zyg")
    # No collection while modules are made; before a fork everything is frozen, so that the child's collector leaves the
    # shared pages alone.
    gc.disable()
    zygote = Zygote(channel)
    for name in JOB_LIBRARIES:
        import_library(name)
    return zygote.serve(SERVICE_LIBRARIES)


if __name__ == "__main__":
    _request = main()
    if _request is not None:
        run_child(_request)
