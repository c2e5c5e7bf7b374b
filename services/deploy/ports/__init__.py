"""What the operations of deploy need from outside, made once in each process's composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.deploy.ports.providers import Provider, make_providers
from services.deploy.settings import Settings
from shared.infra import etcd
from shared.infra.cache import Cache
from shared.infra.coordination import Coordination
from shared.infra.intents import IntentLog
from shared.infra.object_store import ObjectStore
from shared.infra.state_index import EtcdStateIndex
from shared.infra.state_lock import StateLocks
from shared.infra.state_store import StateStore
from shared.utils.clock import Clock

STATE_CACHE_SECONDS = 5
"""How old a state that is only shown may be where Redis wasn't there to be told of the next one."""


def _no_dispatcher() -> None:
    """For processes that accept no applies: there is nothing to be handed to the workers."""


@dataclass(frozen=True)
class Ports:
    """Coordination, state documents, the providers of resources and the clock."""

    settings: Settings
    clock: Clock
    etcd: Coordination
    locks: StateLocks
    states: StateStore
    intents: IntentLog
    providers: Mapping[str, Provider]
    hand_over: Callable[[], object]
    """Asks the dispatcher to hand queued applies to the workers now, rather than at its next round."""

    @classmethod
    def connect(cls, settings: Settings, clock: Clock, *, hand_over: Callable[[], object] = _no_dispatcher) -> Ports:
        """The ports of a process with this clock; nothing is connected before it is used."""
        session = etcd.connect(settings)
        return cls(
            settings=settings,
            clock=clock,
            etcd=session,
            locks=StateLocks(session),
            states=StateStore(
                EtcdStateIndex(session),
                ObjectStore.from_settings(settings),
                clock,
                Cache.from_settings(settings, STATE_CACHE_SECONDS),
            ),
            intents=IntentLog(session, settings.service_name),
            providers=make_providers(settings, clock),
            hand_over=hand_over,
        )
