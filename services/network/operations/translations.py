"""NAT gateways at work: connections are translated, followed, and forgotten.

Packets are traffic, not configuration, so they make no events. The gateway's row is locked by whatever makes or ends a
connection, so that no two get one port towards the same other side.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from services.network.domain.cidr import parse_address
from services.network.domain.errors import NotRoutedHere
from services.network.domain.packets import Protocol
from services.network.domain.routes import TargetKind
from services.network.domain.translations import Flow, check_flow, choose_port, idle_at
from services.network.models import NatGateway, Translation
from services.network.operations.routes import look_up
from services.network.operations.vpcs import ranges_of
from services.network.ports import Ports
from services.network.repository import (
    NatGatewayRepository,
    SubnetRepository,
    TranslationRepository,
    forget_ended_translations,
)
from shared.errors import NotFound
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id

SWEEP_BATCH = 5000
"""Ended connections that are dropped in one transaction."""


def translate(ports: Ports, gateway_id: str, packet: Mapping[str, Any]) -> Translation:
    """A packet on its way out: the connection that it belongs to, kept for another idle time, or a new one.

    Raises NotFound, InvalidAddress, NotTranslated, NotRoutedHere or NatPortsExhausted.
    """
    flow = Flow(
        Protocol(packet["protocol"]),
        parse_address(packet["source"]),
        packet["source_port"],
        parse_address(packet["destination"]),
        packet["destination_port"],
    )
    gateway = NatGatewayRepository().get(gateway_id, lock=True)
    check_flow(flow, ranges_of(gateway.subnet.vpc))
    _check_route(gateway, flow)
    translations, now = TranslationRepository(), ports.clock.now()
    translations.forget_ended(gateway, flow, now)
    known = translations.of_flow(gateway, flow)
    if known is not None:
        return _kept(known, flow.protocol, now)
    port = choose_port(flow.source_port, partial(translations.first_free_port, gateway, flow))
    return translations.add(
        Translation(
            id=new_id("natx"),
            tenant_id=current_tenant(),
            gateway=gateway,
            protocol=flow.protocol.value,
            source=str(flow.source),
            source_port=flow.source_port,
            destination=str(flow.destination),
            destination_port=flow.destination_port,
            port=port,
            expires_at=idle_at(flow.protocol, now),
        )
    )


def _check_route(gateway: NatGateway, flow: Flow) -> None:
    """Only what the source's own route table sends to the gateway comes to it. Raises NotRoutedHere."""
    vpc_id = gateway.subnet.vpc_id
    subnet = SubnetRepository().holding(vpc_id, flow.source)
    try:
        route = look_up(vpc_id, str(flow.destination), subnet.id if subnet else None)
    except NotFound:
        raise NotRoutedHere(f"there is no route from {flow.source} to {flow.destination}") from None
    if (route.target_kind, route.target) != (TargetKind.NAT_GATEWAY.value, gateway.id):
        raise NotRoutedHere(f"the route from {flow.source} to {flow.destination} leads to {route.target_kind}")


def accept(ports: Ports, gateway_id: str, packet: Mapping[str, Any]) -> Translation:
    """A packet that comes back: the connection that it belongs to, kept for another idle time.

    What belongs to none is dropped. Raises NotFound or InvalidAddress.
    """
    gateway = NatGatewayRepository().get(gateway_id, lock=True)
    remote, now = parse_address(packet["source"]), ports.clock.now()
    found = TranslationRepository().of_port(
        gateway, packet["protocol"], str(remote), packet["source_port"], packet["port"], now
    )
    if found is None:
        raise NotFound(f"no connection from port {packet['port']} to {remote} port {packet['source_port']}: dropped")
    return _kept(found, Protocol(found.protocol), now)


def _kept(translation: Translation, protocol: Protocol, now: datetime) -> Translation:
    translation.expires_at = idle_at(protocol, now)
    return TranslationRepository().save(translation)


def end_translation(gateway_id: str, translation_id: str) -> None:
    """A connection has ended; its port is free. Raises NotFound."""
    gateway = NatGatewayRepository().get(gateway_id, lock=True)
    TranslationRepository().of_gateway(gateway, translation_id).delete()


def sweep(ports: Ports) -> bool:
    """Drop connections of all tenants that have idled for too long, some at a time; whether there may be more."""
    return forget_ended_translations(ports.clock.now(), SWEEP_BATCH) == SWEEP_BATCH
