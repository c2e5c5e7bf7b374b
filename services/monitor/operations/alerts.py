"""Alerts as they are shown: with their rules' names, and silenced or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from services.monitor.domain.labels import Labels, grouping_key, matches
from services.monitor.ports import Ports
from services.monitor.repository import OPEN_STATES, AlertRepository, SilenceRepository
from services.monitor.tables import AlertRow
from shared.utils.pagination import MAX_LIMIT, Page, PageRequest, decode_cursor


@dataclass(frozen=True)
class AlertView:
    """An alert as it is shown: with its rule's name, and whether a silence matches it now."""

    row: AlertRow
    silenced: bool

    def __getattr__(self, name: str) -> object:
        return getattr(self.row, name)

    @property
    def rule_name(self) -> str:
        """The name of its rule."""
        return self.row.rule.name


def list_alerts(session: Session, ports: Ports, page: PageRequest, states: Sequence[str]) -> Page[AlertView]:
    """A page of alerts, those of all states unless some are named."""
    found = AlertRepository(session).history(page, states)
    silences = SilenceRepository(session).at(ports.clock.now())
    views = [AlertView(row, any(matches(each.matchers, row.labels) for each in silences)) for row in found.items]
    return Page(views, found.next_cursor)


@dataclass(frozen=True)
class AlertGroup:
    """Open alerts with equal values of the labels that they are grouped by: one notification."""

    labels: Labels
    alerts: Sequence[AlertView]


def group_alerts(session: Session, ports: Ports, by: Sequence[str]) -> list[AlertGroup]:
    """Open alerts, grouped by labels; groups in order of the labels' values."""
    groups: dict[tuple[str, ...], list[AlertView]] = {}
    for alert in _all_open(session, ports):
        groups.setdefault(grouping_key(alert.row.labels, tuple(by)), []).append(alert)
    return [AlertGroup(dict(zip(by, key, strict=True)), members) for key, members in sorted(groups.items())]


def _all_open(session: Session, ports: Ports) -> Iterator[AlertView]:
    page = PageRequest(MAX_LIMIT)
    while True:
        found = list_alerts(session, ports, page, OPEN_STATES)
        yield from found.items
        if found.next_cursor is None:
            return
        page = PageRequest(MAX_LIMIT, decode_cursor(found.next_cursor))
