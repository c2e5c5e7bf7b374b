"""Every query of monitor. Row locks: rules in order of their ids; a rule's row guards its alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, delete, exists, func, or_, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from services.monitor.domain import expressions
from services.monitor.domain.alerts import AlertState
from services.monitor.domain.errors import RuleExists, TooManySamples
from services.monitor.domain.labels import Labels
from services.monitor.domain.series import Sample
from services.monitor.tables import AlertRow, Rule, SampleCount, SampleRow, Series, Silence, StoppedTenant
from shared.infra.db.sqlalchemy import TenantRepository
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id
from shared.utils.pagination import InvalidCursor, Page, PageRequest

OPEN_STATES = (AlertState.PENDING.value, AlertState.FIRING.value)


class SeriesRepository(TenantRepository[Series]):
    """Series of the tenant and their samples."""

    model = Series

    def ids(self, fingerprints: Collection[str]) -> dict[str, str]:
        """The ids of those series that exist, by fingerprint; none of them is forgotten until the transaction ends."""
        rows = self.session.execute(
            select(Series.fingerprint, Series.id)
            .where(Series.tenant_id == current_tenant(), Series.fingerprint.in_(fingerprints))
            .with_for_update(read=True, key_share=True)
        )
        return {fingerprint: id for fingerprint, id in rows}

    def lock_catalogue(self) -> None:
        """Let nobody else add series to the tenant until the transaction ends, so that limits can be counted."""
        self.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"series:{current_tenant()}"))))

    def counts(self) -> dict[str, int]:
        """How many series each metric has."""
        rows = self.session.execute(
            select(Series.name, func.count()).where(Series.tenant_id == current_tenant()).group_by(Series.name)
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

    def count_in(self, added: int) -> int:
        """Add to how many samples the tenant keeps; the sum. Who adds more waits until the transaction ends."""
        counted = insert(SampleCount).values(tenant_id=current_tenant(), samples=added)
        summed = {"samples": SampleCount.samples + counted.excluded.samples}
        return self.session.execute(
            counted.on_conflict_do_update(index_elements=["tenant_id"], set_=summed).returning(SampleCount.samples)
        ).scalar_one()

    def between(
        self, after: Mapping[str, datetime], until: datetime, limit: int
    ) -> dict[str, list[expressions.Series]]:
        """What `read` gives, unless it is too much. Raises TooManySamples, before any is read, for more than `limit`
        samples."""
        if self.size(after, until, limit) > limit:
            raise TooManySamples(f"more than {limit} samples would be read", limit=limit)
        return self.read(after, until)

    def size(self, after: Mapping[str, datetime], until: datetime, limit: int) -> int:
        """How many samples `read` would give; `limit` and one are counted at most, so that more costs no more."""
        start = case(*((Series.name == name, moment) for name, moment in after.items()))
        # Series by series, each from its index: a plan over the samples of all tenants might look cheaper.
        in_time = and_(SampleRow.series_id == Series.id, SampleRow.at > start, SampleRow.at <= until)
        samples = select(SampleRow.at).where(in_time).limit(limit + 1).correlate(Series).lateral()
        wanted = select(samples.c.at).select_from(Series).join(samples, true())
        wanted = wanted.where(Series.tenant_id == current_tenant(), Series.name.in_(after)).limit(limit + 1)
        return self.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0

    def read(self, after: Mapping[str, datetime], until: datetime) -> dict[str, list[expressions.Series]]:
        """The series of metrics, by name, with their samples after a time of each metric's own and up to another.

        Two queries, of any size: what is read was counted before.
        """
        found = self.session.scalars(self.scoped().where(Series.name.in_(after)).order_by(Series.id)).all()
        samples: dict[str, list[Sample]] = {series.id: [] for series in found}
        if found:
            for series_id, at, value in self._samples(found, after, until):
                samples[series_id].append(Sample(at, value))
        by_name: dict[str, list[expressions.Series]] = {name: [] for name in after}
        for series in found:
            by_name[series.name].append(expressions.Series(series.name, series.labels, samples[series.id]))
        return by_name

    def _samples(self, series: Sequence[Series], after: Mapping[str, datetime], until: datetime) -> Sequence[Any]:
        ids: dict[datetime, list[str]] = {}
        for each in series:
            ids.setdefault(after[each.name], []).append(each.id)
        wanted = or_(*(and_(SampleRow.series_id.in_(some), SampleRow.at > start) for start, some in ids.items()))
        query = select(SampleRow.series_id, SampleRow.at, SampleRow.value).where(wanted, SampleRow.at <= until)
        return self.session.execute(query.order_by(SampleRow.at)).all()


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

    def count(self) -> int:
        """How many there are, let nobody else add one until the transaction ends."""
        self.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"rules:{current_tenant()}"))))
        return self.session.scalar(select(func.count()).where(Rule.tenant_id == current_tenant())) or 0

    def all_locked(self, *, wait: bool = True) -> Sequence[Rule]:
        """All rules, held until the transaction ends. Without `wait`, only those that nobody else holds."""
        return self.session.scalars(self.scoped().order_by(Rule.id).with_for_update(skip_locked=not wait)).all()

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

    def of_rule(self, rule: Rule) -> Sequence[AlertRow]:
        """The pending and firing alerts of a rule that the caller holds."""
        query = self.scoped().where(AlertRow.rule_id == rule.id, AlertRow.state.in_(OPEN_STATES))
        return self.session.scalars(query).all()

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

    def count_after(self, moment: datetime) -> int:
        """How many end after a time. Nobody else adds one until the transaction ends."""
        self.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"silences:{current_tenant()}"))))
        query = select(func.count()).where(Silence.tenant_id == current_tenant(), Silence.ends_at > moment)
        return self.session.scalar(query) or 0

    def remove(self, silence: Silence) -> None:
        """Delete a silence."""
        self.session.delete(silence)
        self.session.flush()


def forget_samples_of_tenant(session: Session, limit: int) -> bool:
    """Delete samples of the context's tenant, at most `limit` at once; whether some are left.

    It is looked: somebody else may have deleted some of the same, so how many went doesn't tell.
    """
    some = select(SampleRow.series_id, SampleRow.at).where(SampleRow.series_id == Series.id)
    each = some.limit(limit).correlate(Series).lateral()
    rows = select(each.c.series_id, each.c.at).select_from(Series).join(each, true())
    _forget(session, rows.where(Series.tenant_id == current_tenant()).limit(limit))
    kept = exists(select(SampleRow.at).where(SampleRow.series_id == Series.id))
    return (
        session.scalars(select(Series.id).where(Series.tenant_id == current_tenant(), kept).limit(1)).first()
        is not None
    )


def forget_tenant(session: Session) -> None:
    """Delete the series, with the samples that are left, and the silences of the context's tenant."""
    for table in (Series, Silence, SampleCount):
        session.execute(delete(table).where(table.tenant_id == current_tenant()))


def stop_tenant(session: Session, closed_at: datetime | None = None) -> None:
    """Note that the context's tenant is suspended or, since a time, closed."""
    noted = insert(StoppedTenant).values(tenant_id=current_tenant(), closed_at=closed_at)
    session.execute(noted.on_conflict_do_update(index_elements=["tenant_id"], set_={"closed_at": closed_at}))


def resume_tenant(session: Session) -> None:
    """Note that the context's tenant is not stopped any more, or that nothing of it can be left."""
    session.execute(delete(StoppedTenant).where(StoppedTenant.tenant_id == current_tenant()))


def closed_tenants(session: Session) -> Mapping[str, datetime]:
    """When tenants were closed that may have something left."""
    closed = select(StoppedTenant.tenant_id, StoppedTenant.closed_at).where(StoppedTenant.closed_at.is_not(None))
    return {tenant_id: at for tenant_id, at in session.execute(closed.order_by(StoppedTenant.closed_at)) if at}


def tenants_with_rules(session: Session) -> Sequence[str]:
    """Every tenant that has rules to evaluate and isn't stopped."""
    stopped = exists().where(StoppedTenant.tenant_id == Rule.tenant_id)
    return session.scalars(select(Rule.tenant_id).where(~stopped).distinct().order_by(Rule.tenant_id)).all()


def forget_samples(session: Session, before: datetime, limit: int) -> int:
    """Delete samples of all tenants that are older than a time, at most `limit` at once; how many there were."""
    gone = _forget(session, select(SampleRow.series_id, SampleRow.at).where(SampleRow.at < before).limit(limit))
    owners = session.execute(select(Series.id, Series.tenant_id).where(Series.id.in_(gone.keys()))).all()
    fewer: Counter[str] = Counter()
    for series_id, tenant_id in owners:
        fewer[tenant_id] += gone[series_id]
    for tenant_id, count in sorted(fewer.items()):  # In one order, as others may count at the same time.
        kept = update(SampleCount).where(SampleCount.tenant_id == tenant_id)
        session.execute(kept.values(samples=SampleCount.samples - count))
    return gone.total()


def _forget(session: Session, rows: Any) -> Counter[str]:
    """Delete samples by series and time; how many there were of each series."""
    gone = delete(SampleRow).where(tuple_(SampleRow.series_id, SampleRow.at).in_(rows))
    return Counter(session.scalars(gone.returning(SampleRow.series_id)))


def forget_empty_series(session: Session, before: datetime, limit: int) -> int:
    """Delete series of all tenants, made before a time, that have no samples; how many there were.

    One that gets a sample at this moment is left alone: it is locked first, and looked at afterwards.
    """
    empty = ~exists().where(SampleRow.series_id == Series.id)
    query = select(Series.id).where(Series.created_at < before, empty).limit(limit)
    ids = session.scalars(query.with_for_update(skip_locked=True)).all()
    return len(session.scalars(delete(Series).where(Series.id.in_(ids), empty).returning(Series.id)).all())
