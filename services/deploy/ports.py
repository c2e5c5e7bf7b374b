"""What the operations of deploy need from outside, made once in the composition root."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.deploy.providers import Provider, make_providers
from services.deploy.settings import Settings
from shared.infra import etcd
from shared.infra.coordination import Coordination
from shared.infra.object_store import ObjectStore
from shared.infra.state_index import EtcdStateIndex
from shared.infra.state_lock import StateLocks
from shared.infra.state_store import StateStore
from shared.utils.clock import Clock, system_clock


@dataclass(frozen=True)
class Ports:
    """Coordination, state documents, the providers of resources and the clock."""

    settings: Settings
    clock: Clock
    etcd: Coordination
    locks: StateLocks
    states: StateStore
    providers: Mapping[str, Provider]


def make_ports(settings: Settings) -> Ports:
    """The ports of a process; nothing is connected yet."""
    clock = system_clock(settings.clock_file)
    session = etcd.connect(settings)
    return Ports(
        settings=settings,
        clock=clock,
        etcd=session,
        locks=StateLocks(session),
        states=StateStore(EtcdStateIndex(session), ObjectStore.from_settings(settings), clock),
        providers=make_providers(settings, clock),
    )
