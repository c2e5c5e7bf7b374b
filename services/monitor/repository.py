"""Every query of monitor. Row locks: rules in order of their ids; a rule's row guards its alerts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from services.monitor.domain import expressions
from services.monitor.domain.alerts import AlertState
from services.monitor.domain.errors import RuleExists
from services.monitor.domain.labels import Labels
from services.monitor.domain.series import Sample
from services.monitor.tables import AlertRow, Rule, SampleRow, Series, Silence
from shared.infra.db.sqlalchemy import TenantRepository
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id
from shared.utils.pagination import InvalidCursor, Page, PageRequest

OPEN_STATES = (AlertState.PENDING.value, AlertState.FIRING.value)


class SeriesRepository(TenantRepository[Series]):
    """Series of the tenant and their samples."""

    model = Series

    def ids(self, fingerprints: Collection[str]) -> dict[str, str]:
        """The ids of those series that exist, by fingerprint."""
        rows = self.session.execute(
            select(Series.fingerprint, Series.id).where(
                Series.tenant_id == current_tenant(), Series.fingerprint.in_(fingerprints)
            )
        )
        return {fingerprint: id for fingerprint, id in rows}

    def lock_catalogue(self) -> None:
        """Let nobody else add series to the tenant until the transaction ends, so that limits can be counted."""
        self.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"series:{current_tenant()}"))))

    def counts(self, names: Collection[str]) -> dict[str, int]:
        """How many series each metric has."""
        rows = self.session.execute(
            select(Series.name, func.count())
            .where(Series.tenant_id == current_tenant(), Series.name.in_(names))
            .group_by(Series.name)
        )
        return {name: count for name, count in rows}

    def create(self, new: Mapping[str, tuple[str, Labels]]) -> dict[str, str]:
        """Insert series given as (name, labels) by fingerprint; their ids."""
        rows = [
            {
                "id": new_id("series"),
                "tenant_id": current_tenant(),
                "version": 1,
                "name": name,
                "labels": dict(labels),
                "fingerprint": fingerprint,
            }
            for fingerprint, (name, labels) in new.items()
        ]
        self.session.execute(insert(Series).values(rows))
        return {str(row["fingerprint"]): str(row["id"]) for row in rows}

    def record(self, samples: Mapping[tuple[str, datetime], float]) -> int:
        """Insert samples by series and time; how many were new. The first value of a time stays."""
        rows = [{"series_id": series, "at": at, "value": value} for (series, at), value in samples.items()]
        stored = self.session.execute(
            insert(SampleRow).values(rows).on_conflict_do_nothing().returning(SampleRow.series_id)
        )
        return len(stored.all())

    def between(self, names: Collection[str], after: datetime, until: datetime) -> list[expressions.Series]:
        """The series of metrics with their samples in (after, until], in two queries."""
        found = self.session.scalars(self.scoped().where(Series.name.in_(names)).order_by(Series.id)).all()
        samples: dict[str, list[Sample]] = {series.id: [] for series in found}
        rows = self.session.execute(
            select(SampleRow.series_id, SampleRow.at, SampleRow.value)
            .where(SampleRow.series_id.in_(samples), SampleRow.at > after, SampleRow.at <= until)
            .order_by(SampleRow.at)
        )
        for series_id, at, value in rows:
            samples[series_id].append(Sample(at, value))
        return [expressions.Series(series.name, series.labels, samples[series.id]) for series in found]


class RuleRepository(TenantRepository[Rule]):
    """Alert rules of the tenant."""

    model = Rule

    @property
    def noun(self) -> str:
        return "alert rule"

    def create(self, rule: Rule) -> Rule:
        """Insert a rule. Raises RuleExists."""
        try:
            with self.session.begin_nested():
                self.session.add(rule)
        except IntegrityError as error:
            raise RuleExists(f"there is an alert rule {rule.name}", name=rule.name) from error
        return rule

    def all_locked(self) -> Sequence[Rule]:
        """All rules, held until the transaction ends."""
        return self.session.scalars(self.scoped().order_by(Rule.id).with_for_update()).all()

    def remove(self, rule: Rule) -> None:
        """Delete a rule and its alerts."""
        self.session.delete(rule)
        self.session.flush()


class AlertRepository(TenantRepository[AlertRow]):
    """Alerts of the tenant."""

    model = AlertRow

    def open(self, rules: Collection[str]) -> dict[tuple[str, str], AlertRow]:
        """Pending and firing alerts of the rules, by rule and fingerprint."""
        query = self.scoped().where(AlertRow.rule_id.in_(rules), AlertRow.state.in_(OPEN_STATES))
        return {(row.rule_id, row.fingerprint): row for row in self.session.scalars(query)}

    def history(self, request: PageRequest, states: Collection[str]) -> Page[AlertRow]:
        """A page of alerts with their rules, by when they began; many begin at one evaluation, so the id decides."""
        query = self.scoped().options(joinedload(AlertRow.rule)).order_by(AlertRow.active_at, AlertRow.id)
        if states:
            query = query.where(AlertRow.state.in_(states))
        if request.after:
            query = query.where(tuple_(AlertRow.active_at, AlertRow.id) > _position(request.after))
        rows = self.session.scalars(query.limit(request.limit + 1)).all()
        return Page.of(rows, request, lambda row: (row.active_at.isoformat(), row.id))

    def remove(self, alert: AlertRow) -> None:
        """Forget an alert that never fired."""
        self.session.delete(alert)


def _position(after: tuple[str, ...]) -> Any:
    """The time and id in a cursor. Raises InvalidCursor."""
    try:
        begun, id = after
        return tuple_(datetime.fromisoformat(begun), id)
    except ValueError as error:
        raise InvalidCursor("the cursor is not one of this list's") from error


class SilenceRepository(TenantRepository[Silence]):
    """Silences of the tenant."""

    model = Silence

    def at(self, moment: datetime) -> Sequence[Silence]:
        """Those that hold at a time; they end before `ends_at`."""
        return self.session.scalars(self.scoped().where(Silence.starts_at <= moment, Silence.ends_at > moment)).all()

    def remove(self, silence: Silence) -> None:
        """Delete a silence."""
        self.session.delete(silence)
        self.session.flush()


def forget_tenant(session: Session) -> None:
    """Delete the samples, series and silences of the context's tenant."""
    for table in (Series, Silence):
        session.execute(delete(table).where(table.tenant_id == current_tenant()))


def tenants_with_rules(session: Session) -> Sequence[str]:
    """Every tenant that has rules to evaluate."""
    return session.scalars(select(Rule.tenant_id).distinct().order_by(Rule.tenant_id)).all()
