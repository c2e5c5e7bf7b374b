"""The clouds behind the provider port, and where the simulated ones keep what they hold."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.compute.domain.cloud.driver import Node, NodeDriver, NodeState
from services.compute.domain.cloud.simulated import Fault, FaultKind, FaultSource, SeededFaults, SimulatedDriver
from services.compute.domain.errors import UnknownProvider
from services.compute.domain.instances import tenant_of
from services.compute.domain.zones import PROVIDERS
from services.compute.settings import Settings
from services.compute.tables import SimulatedFault, SimulatedNode
from shared.infra.db.sqlalchemy import SessionFactory, make_engine, make_session_factory

CONNECTIONS = 4
"""For the threads that ask a provider, each for a moment only, and for whoever looks; twice as many when it matters."""


class SqlNodeStore:
    """Nodes in a table, each change in a transaction of its own: a provider commits apart from the platform."""

    def __init__(self, sessions: SessionFactory) -> None:
        self._sessions = sessions

    def add(self, node: Node) -> Node:
        values = {**node.__dict__, "state": node.state.value}
        with self._sessions() as session, session.begin():
            session.execute(insert(SimulatedNode).values(values).on_conflict_do_nothing())
        kept = self.by_token(node.provider, node.client_token)
        assert kept is not None, "a node that was just added is there"
        return kept

    def get(self, provider: str, node_id: str) -> Node | None:
        with self._sessions() as session:
            row = session.get(SimulatedNode, (provider, node_id))
            return _node(row) if row else None

    def by_token(self, provider: str, client_token: str) -> Node | None:
        query = select(SimulatedNode).where(
            SimulatedNode.provider == provider, SimulatedNode.client_token == client_token
        )
        with self._sessions() as session:
            row = session.scalars(query).one_or_none()
            return _node(row) if row else None

    def put(self, node: Node) -> None:
        with self._sessions() as session, session.begin():
            session.execute(
                update(SimulatedNode)
                .where(SimulatedNode.provider == node.provider, SimulatedNode.id == node.id)
                .values(state=node.state.value, host=node.host, extra=node.extra)
            )

    def remove(self, provider: str, node_id: str) -> bool:
        with self._sessions() as session, session.begin():
            removed = session.scalars(
                delete(SimulatedNode)
                .where(SimulatedNode.provider == provider, SimulatedNode.id == node_id)
                .returning(SimulatedNode.id)
            ).all()
        return bool(removed)

    def all(self, provider: str) -> Sequence[Node]:
        query = select(SimulatedNode).where(SimulatedNode.provider == provider).order_by(SimulatedNode.id)
        with self._sessions() as session:
            return [_node(row) for row in session.scalars(query)]


def _node(row: SimulatedNode) -> Node:
    return Node(
        id=row.id,
        name=row.name,
        state=NodeState(row.state),
        provider=row.provider,
        location=row.location,
        host=row.host,
        image=row.image,
        client_token=row.client_token,
        extra=row.extra,
    )


class DrillFaults:
    """Faults that drills planned, before the ones that follow from the seed."""

    def __init__(self, sessions: SessionFactory, seeded: FaultSource) -> None:
        self._sessions = sessions
        self._seeded = seeded

    def next_fault(self, provider: str, operation: str, owner: str) -> Fault | None:
        return self._planned(provider, operation, tenant_of(owner)) or self._seeded.next_fault(
            provider, operation, owner
        )

    def _planned(self, provider: str, operation: str, tenant_id: str) -> Fault | None:
        """The oldest planned fault that matches, used up by one in a transaction of its own."""
        query = (
            select(SimulatedFault)
            .where(SimulatedFault.operation == operation, SimulatedFault.remaining > 0)
            .where(SimulatedFault.provider.is_(None) | (SimulatedFault.provider == provider))
            .where(SimulatedFault.tenant_id.is_(None) | (SimulatedFault.tenant_id == tenant_id))
            .order_by(SimulatedFault.id)
            .limit(1)
            .with_for_update()
        )
        with self._sessions() as session, session.begin():
            fault = session.scalars(query).one_or_none()
            if fault is None:
                return None
            fault.remaining -= 1
            fault.version += 1
            return Fault(FaultKind(fault.kind), fault.latency_ms)


class FaultRepository:
    """Faults that drills ask for: the simulated cloud's own records, seen from the platform's transactions."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def all(self) -> Sequence[SimulatedFault]:
        """All planned faults, oldest first."""
        return self.session.scalars(select(SimulatedFault).order_by(SimulatedFault.id)).all()

    def add(self, fault: SimulatedFault) -> SimulatedFault:
        """Plan a fault."""
        self.session.add(fault)
        self.session.flush()
        return fault

    def find(self, fault_id: str, *, lock: bool = False) -> SimulatedFault | None:
        """A planned fault, or None. With `lock` it is held until the transaction ends."""
        query = select(SimulatedFault).where(SimulatedFault.id == fault_id)
        return self.session.scalars(query.with_for_update() if lock else query).one_or_none()

    def remove(self, fault: SimulatedFault) -> None:
        """Call a fault off."""
        self.session.delete(fault)
        self.session.flush()


@dataclass(frozen=True)
class Clouds:
    """Every provider's driver by its name."""

    drivers: Mapping[str, NodeDriver]

    def driver(self, provider: str) -> NodeDriver:
        """A provider's driver. Raises UnknownProvider."""
        try:
            return self.drivers[provider]
        except KeyError:
            raise UnknownProvider(f"there is no provider {provider}") from None


def simulated_clouds(settings: Settings) -> Clouds:
    """The three simulated providers. No connection is opened before the first request."""
    sessions = make_session_factory(make_engine(settings.database_url, settings.service_name, CONNECTIONS))
    store = SqlNodeStore(sessions)
    seed = settings.simulation_seed
    faults = DrillFaults(sessions, SeededFaults(seed, settings.simulation_failures_per_mille))
    return Clouds({name: SimulatedDriver(spec, seed, store, faults, time.sleep) for name, spec in PROVIDERS.items()})
