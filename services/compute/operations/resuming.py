"""Going on with what a process that died left unfinished, without waiting for its events to come again."""

from __future__ import annotations

import threading

from services.compute.operations import provisioning
from services.compute.ports import Ports
from services.compute.repository import unfinished
from shared.infra.db.sqlalchemy import SessionFactory
from shared.kernel.context import service_context
from shared.kernel.logs import logger

log = logger("services.compute")


class Resumer:
    """Takes up, once at the start of a process, every instance that waits for work.

    The events that asked for the work come again too, but only after the broker has noticed that their consumer died.
    Doing a step twice, even at the same time, has the effect of once.
    """

    def __init__(self, sessions: SessionFactory, ports: Ports) -> None:
        self._sessions = sessions
        self._ports = ports
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread = threading.Thread(target=self._run, name="resumer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, after the instance that is being worked on."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            with self._sessions() as session:
                found = unfinished(session)
        except Exception:
            log.exception("what is unfinished can't be read; its events will come again")
            return
        for tenant_id, instance_id in found:
            if self._stop.is_set():
                return
            try:
                self._resume(tenant_id, instance_id)
            except Exception:
                log.exception("an instance can't be taken up; its events will come again", instance=instance_id)

    def _resume(self, tenant_id: str, instance_id: str) -> None:
        """One instance: a build that hasn't begun begins, work in progress goes on; each in its transaction."""
        with service_context("compute", tenant_id, self._ports.clock):
            for step in (provisioning.begin, provisioning.advance):
                with self._sessions() as session, session.begin():
                    step(session, self._ports, instance_id)
