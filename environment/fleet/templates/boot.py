"""One fleet's dealings with templates: it begins on one, or makes one of what its jobs did."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from environment.fleet.errors import FleetError
from environment.fleet.keeping import Mode, mode
from environment.fleet.plan import Plan
from environment.fleet.project import cache_dir
from environment.fleet.servers import ServerError
from environment.fleet.templates.inputs import Untraceable, questions
from environment.fleet.templates.key import Scope, key
from environment.fleet.templates.snapshot import copy, held
from environment.fleet.templates.store import Damaged, TemplateStore

log = logging.getLogger(__name__)

NOTE = "from template"
TRACE = "jobs.trace"


class TemplateBoot:
    """Asked by the supervisor: whether a job's work is there already, and whether services may start yet."""

    def __init__(self, plan: Plan, user: tuple[int, int] | None) -> None:
        self._plan = plan
        self._user = user
        self._mode = mode(os.environ)
        self._scope: Scope | None = None
        self._store: TemplateStore | None = None
        self._prepared = asyncio.Event()
        self._released = asyncio.Event()
        self.used = False
        """Whether the fleet began on a template."""
        self.recording = False
        """Whether it is making one."""
        self._making: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        """Lay a template's data into the fleet's folder, if one fits. Never fails: without one, the jobs run."""
        try:
            await asyncio.to_thread(self._prepare)
        except (OSError, FleetError, ServerError) as error:
            log.warning("no templates: %s", error)
        if not self.recording:
            self._released.set()
        self._prepared.set()

    def _prepare(self) -> None:
        if self._mode is Mode.OFF or shutil.which("tar") is None:
            return
        scope = Scope(self._plan)
        if not scope.usable:
            return
        paths = self._plan.paths
        store = TemplateStore(cache_dir(), key(self._plan, scope, self._user))
        self._scope, self._store = scope, store
        while (template := store.find(paths.project)) is not None:
            try:
                template.unpack(paths.root)
            except Damaged as error:
                log.warning("%s: thrown away, the jobs run", error)
                store.discard(template)
                continue
            self.used = True
            return
        self.recording = self._mode is Mode.WRITE

    async def data_is_there(self) -> None:
        """Returns when a server may start."""
        await self._prepared.wait()

    def did(self, job: str) -> bool:
        """Whether a job's work is in the data already."""
        return self.used and self._scope is not None and job in self._scope.jobs and job not in self._scope.replayed

    async def may_start(self) -> None:
        """Returns when a service that is no job may start: while a template is made, nothing but jobs may change
        what the servers hold."""
        await self._released.wait()

    def trace(self, job: str) -> Path | None:
        """Where a job is to write down what it reads; None when nobody wants to know."""
        scope = self._scope
        return self._plan.paths.root / TRACE if self.recording and scope is not None and job in scope.jobs else None

    def jobs_ended(self, well: bool, pids: Mapping[str, int]) -> None:
        """Every job has ended: take the copy if all went `well`, and let the services start. `pids` are those of the
        servers, by name. Only the first call counts."""
        if not self.recording:
            return
        self.recording = False
        if not well:
            self._released.set()
            return
        self._making = asyncio.get_running_loop().create_task(self._make(pids))

    async def _make(self, pids: Mapping[str, int]) -> None:
        assert self._scope is not None
        assert self._store is not None
        workplace: Path | None = None
        try:
            try:
                inputs = await asyncio.to_thread(self._inputs)
                workplace = await asyncio.to_thread(self._store.workplace)
                copies = await asyncio.to_thread(self._copy, workplace, [pids[name] for name in pids])
            finally:
                self._released.set()
            await asyncio.to_thread(self._keep, workplace, copies, inputs)
        except Untraceable as reason:
            log.info("no template is made: %s", reason)
        except (OSError, subprocess.SubprocessError, ServerError) as error:
            log.warning("no template is made: %s", error)
        finally:
            if workplace is not None:
                shutil.rmtree(workplace, ignore_errors=True)

    def _inputs(self) -> dict[str, str]:
        text = (self._plan.paths.root / TRACE).read_text()
        return questions(text.splitlines(), self._plan.paths.project)

    def _copy(self, workplace: Path, pids: Iterable[int]) -> dict[str, Path]:
        assert self._scope is not None
        paths = self._plan.paths
        folders = {f"data/{name}": paths.data / name for name in self._scope.servers}
        folders |= {f"volumes/{name}": paths.volumes / name for name in self._scope.volumes}
        with held(pids):
            return copy(folders, workplace)

    def _keep(self, workplace: Path, copies: Mapping[str, Path], inputs: Mapping[str, str]) -> None:
        assert self._scope is not None
        assert self._store is not None
        for name in self._scope.servers:
            if (folder := copies.get(f"data/{name}")) is not None:
                self._plan.servers[name].settle(folder)
        self._store.keep(workplace, copies, inputs)

    @property
    def servers(self) -> list[str]:
        """Those whose data a template holds."""
        return self._scope.servers if self._scope is not None else []

    @property
    def jobs(self) -> list[str]:
        """Those whose work a template holds."""
        return self._scope.jobs if self._scope is not None else []

    async def end(self) -> None:
        """Give up what is in the making."""
        if self._making is not None:
            self._making.cancel()
            await asyncio.wait({self._making})
