"""The rollout controller: candidates stand for election, and the elected leader moves rollouts on.

`python -m services.deploy.controller` runs one candidate as a process of its own; every deploy worker runs another.
So rollouts go on when a leader is killed or hangs, whether or not the API is up.
"""

from __future__ import annotations

import signal
import sys
import threading
import time

from psycopg2.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from services.deploy.operations import locking, rollouts
from services.deploy.operations.admissions import ELECTION, Voter
from services.deploy.ports import Ports
from services.deploy.repository import CandidateRepository, FenceRepository, Work, running_deployments
from services.deploy.settings import Settings
from shared.errors import OmniCloudError
from shared.events.commits import CommitListener
from shared.infra.db.sqlalchemy import make_engine, make_session_factory
from shared.infra.election import LeaderElection
from shared.infra.fencing import StaleFencingToken
from shared.infra.periodic import Periodic
from shared.kernel import tracing
from shared.kernel.context import service_context
from shared.kernel.identity import PLATFORM_TENANT
from shared.kernel.logs import configure_logs, logger
from shared.kernel.trace_export import SpanExport
from shared.utils.clock import system_clock
from shared.web.liveness import serve_liveness

log = logger("deploy.controller")

HEARTBEAT = tracing.Work("report as a candidate")
STEP = tracing.Work("move a rollout on")
LOOK_SECONDS = 5.0
"""How often the leader looks at the tables without having been told of a change."""
LOCKED_MS = 100
"""How long a rollout may wait for rows that somebody else holds: all others wait with it."""
LIVENESS_SECONDS = 10.0
"""A candidate that hasn't come round for this long hangs."""


class Controller:
    """One candidate. It says what it believes at every tick, and acts only while it certainly leads."""

    def __init__(self, settings: Settings, ports: Ports) -> None:
        self._settings, self._ports = settings, ports
        self._engine = make_engine(settings.database_url, settings.service_name, pool_size=1)
        lease = settings.controller_lease_seconds
        end_idle_transactions(self._engine, lease)
        self._sessions = make_session_factory(self._engine)
        self._election = LeaderElection(ports.etcd, ELECTION, settings.candidate, ttl=lease, clock=ports.clock)
        self._loop = Periodic(
            "rollout-controller", self._pause, self.tick, retry_seconds=settings.controller_tick_seconds
        )
        self._voter = Voter(ports, settings.candidate)
        self._commits = CommitListener(settings, self._committed)
        self._election.observe(lambda leading: self._look_soon())
        self._busy = False
        self._look_at = 0.0
        self._announced = 0
        self._refused_writes = 0
        self._ticked_at = time.monotonic()

    def start(self) -> None:
        """Stand for election and work while elected."""
        self._election.start()
        self._loop.start()
        self._commits.start()
        self._voter.start()

    def stop(self) -> None:
        """Let the next leader in at once."""
        self._voter.stop()
        self._commits.stop()
        self._loop.stop()
        self._election.stop()
        self._engine.dispose()

    @property
    def alive(self) -> bool:
        """Whether it comes round."""
        return time.monotonic() - self._ticked_at < LIVENESS_SECONDS

    def tick(self) -> None:
        """Say what we believe; as the leader, also move everything one step on."""
        self._ticked_at = time.monotonic()
        token = self._election.fencing_token
        if token > 0 and token != self._announced:
            self._announce(token)
        for work in self._report(token):
            if not self._election.is_leader():
                return
            if self._move_on(work):
                self._loop.poke()  # There may be more to do at once.

    def _look(self, session: Session) -> list[Work]:
        """Free what has ended and find what is due; nothing when that was done and nothing has changed since."""
        if time.monotonic() < self._look_at:
            return []
        # Before looking, so that what is committed meanwhile brings it forward.
        self._look_at = time.monotonic() + LOOK_SECONDS
        locking.free_ended(session, self._ports)
        running = running_deployments(session)
        self._busy = bool(running)
        if running:
            self._look_at = 0.0
        return running

    def _look_soon(self) -> None:
        self._look_at = 0.0
        self._loop.poke()

    def _pause(self) -> float:
        """Seconds until the next tick, if nothing happens: rollouts move by themselves, without them nothing does."""
        return self._settings.controller_tick_seconds if self._busy else self._settings.controller_idle_seconds

    def _committed(self) -> None:
        """Something of deploy's has changed: a rollout to begin, or a lock to free."""
        if self._election.is_leader():
            self._look_soon()

    def _announce(self, token: int) -> None:
        """A new leader's first write: from here on its predecessors are shut out of every rollout."""
        try:
            with self._sessions() as session, session.begin():
                FenceRepository(session).admit(rollouts.FENCE, token)
        except StaleFencingToken as refused:
            self._note_refusal(refused)
        self._announced = token

    def _report(self, token: int) -> list[Work]:
        """Write our heartbeat; what is due, if we lead. Where that fails, nothing counts as looked at."""
        try:
            return self._reported(token)
        except Exception:
            self._look_at = 0.0
            raise

    def _reported(self, token: int) -> list[Work]:
        with (
            service_context("deploy", PLATFORM_TENANT, self._ports.clock, work=HEARTBEAT),
            self._sessions() as session,
            session.begin(),
        ):
            CandidateRepository(session).heartbeat(
                self._settings.candidate,
                leading=token > 0,
                term=self._election.term,
                fencing_token=token,
                refused_writes=self._refused_writes,
                at=self._ports.clock.now(),
            )
            if token == 0:
                self._busy = False
                return []
            return self._look(session)

    def _move_on(self, work: Work) -> bool:
        """One step of one deployment, under this leadership's token; whether it moved."""
        token = self._election.fencing_token
        try:
            with (
                service_context("deploy", work.tenant_id, self._ports.clock, work=STEP),
                self._sessions() as session,
                session.begin(),
            ):
                session.execute(text(f"SET LOCAL lock_timeout = '{LOCKED_MS}ms'"))
                return rollouts.move_on(session, self._ports, work.id, token)
        except StaleFencingToken as refused:
            self._note_refusal(refused)
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable | DeadlockDetected):
                raise
            # It waits for a later round, and keeps no other from going on in this one.
            log.warning("deployment is locked", deployment=work.id)
        except OmniCloudError as error:
            log.error("deployment not moved on", deployment=work.id, error=error.detail)
        return False

    def _note_refusal(self, refused: StaleFencingToken) -> None:
        self._refused_writes += 1
        log.warning("write refused", candidate=self._settings.candidate, reason=refused.detail)


def end_idle_transactions(engine: Engine, seconds: int) -> None:
    """Let the database end a transaction whose process hangs, so that one that is paused doesn't hold rows for ever."""

    def limit(connection: object, _record: object) -> None:
        with connection.cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute(f"SET idle_in_transaction_session_timeout = '{seconds}s'")
        connection.commit()  # type: ignore[attr-defined]

    event.listen(engine, "connect", limit)


def main() -> int:
    """Run a candidate until a signal."""
    settings = Settings()
    configure_logs("deploy-controller", settings.log_level)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    spans = SpanExport(settings, "deploy-controller")
    spans.start()
    controller = Controller(settings, Ports.connect(settings, system_clock(settings.clock_file)))
    server = serve_liveness(lambda: controller.alive, settings.listen())
    controller.start()
    log.info("standing for election", candidate=settings.candidate)
    stopping.wait()
    controller.stop()
    server.server_close()
    spans.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
