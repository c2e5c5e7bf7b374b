"""SQLAlchemy for the FastAPI services: engine, session, declarative base and tenant scope."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

import psycopg2
from sqlalchemy import DateTime, MetaData, Select, Text, create_engine, event, func, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from shared.errors import NotFound
from shared.infra.db.dsn import connect_arguments
from shared.infra.db.liveness import has_ended
from shared.kernel.context import current_or_none, current_tenant, current_time
from shared.kernel.preconditions import EntityTags, ensure_version
from shared.settings import ServiceSettings
from shared.utils.pagination import Page, PageRequest

KEPT = "kept"
"""Under this name a pool's connection notes that it was used before."""
POOL_SECONDS = 10.0
"""A request that waits longer than this for a connection is better refused, as with a lock."""

T = TypeVar("T", bound="TenantRow")
R = TypeVar("R")


class Base(DeclarativeBase):
    """Declarative base. Each service subclasses it once, so that no two services share metadata."""

    __abstract__ = True
    metadata = MetaData()


class TenantRow:
    """Columns that every tenant-owned table has. `version` rises by one with each update (optimistic concurrency)."""

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[str] = mapped_column(Text, nullable=False, index=True)
    version: Mapped[int] = mapped_column(nullable=False, default=1)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=current_time, server_default=func.now(), nullable=False
    )
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True),
        default=current_time,
        onupdate=current_time,
        server_default=func.now(),
        nullable=False,
    )


def make_engine(url: str, schema: str, pool_size: int) -> Engine:
    """An engine whose connections see one schema. Connections are opened on first use, so it may be made before."""
    arguments = connect_arguments(url, schema)
    engine = create_engine(
        "postgresql+psycopg2://",
        creator=lambda: psycopg2.connect(**arguments),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=POOL_SECONDS,
        pool_use_lifo=True,
        hide_parameters=True,  # In the text of errors, which is logged.
    )
    event.listen(engine, "checkout", _refuse_ended)
    event.listen(engine, "before_cursor_execute", _count_query)
    return engine


def _refuse_ended(connection: Any, record: Any, *_: Any) -> None:
    """Have the pool open its connections anew where a kept one has ended: the server was restarted, most likely."""
    if record.info.setdefault(KEPT, False) and has_ended(connection):
        raise InvalidatePoolError
    record.info[KEPT] = True


def _count_query(*_: Any) -> None:
    context = current_or_none()
    if context is not None:
        context.queries.count += 1


SessionFactory = Callable[[], Session]


def make_session_factory(engine: Engine) -> SessionFactory:
    """Sessions that keep objects readable after commit, because answers are made from them."""
    return sessionmaker(engine, expire_on_commit=False)


def make_sessions(settings: ServiceSettings, pool_size: int | None = None) -> SessionFactory:
    """Sessions of a service's own schema, from a pool of connections of their own."""
    size = pool_size or settings.database_pool_size
    return make_session_factory(make_engine(settings.database_url, settings.service_name, size))


class SqlAlchemyTransactions:
    """Transactions of a FastAPI service, for what runs outside of requests; the work gets the session."""

    def __init__(self, sessions: SessionFactory) -> None:
        self._sessions = sessions

    def run(self, work: Callable[[Any], R]) -> R:
        """`work(session)` in one transaction: committed when it returns, rolled back when it raises."""
        with self._sessions() as session, session.begin():
            return work(session)


class TenantRepository(Generic[T]):
    """Queries over one tenant-owned table. All are scoped to the tenant of the context, here and only here."""

    model: type[T]

    def __init__(self, session: Session) -> None:
        self.session = session

    def scoped(self) -> Select[T]:
        """All rows of the tenant."""
        return select(self.model).where(self.model.tenant_id == current_tenant())

    def get(self, id: str, *, lock: bool = False) -> T:
        """One row. With `lock` it is held until the transaction ends. Raises NotFound for another tenant's too."""
        query = self.scoped().where(self.model.id == id)
        row = self.session.scalars(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise NotFound(f"there is no {self.noun} {id}")
        return row

    def page(self, request: PageRequest, *conditions: Any) -> Page[T]:
        """One page in order of creation (identifiers are time-ordered and unique: the keyset)."""
        query = self.scoped().where(*conditions).order_by(self.model.id)
        if position := request.position():
            query = query.where(self.model.id > position[0])
        rows = self.session.scalars(query.limit(request.limit + 1)).all()
        return Page.of(rows, request, lambda row: (row.id,))

    def add(self, row: T) -> T:
        """Insert a row now, so that constraint errors show here."""
        self.session.add(row)
        self.session.flush()
        return row

    def remove(self, row: T) -> None:
        """Delete a row now, so that constraint errors show here."""
        self.session.delete(row)
        self.session.flush()

    @property
    def noun(self) -> str:
        """What a row is called in messages."""
        return self.model.__name__.lower()


def check_version(row: TenantRow, expected: EntityTags | None) -> None:
    """Raise VersionConflict when the caller read another version than the present one."""
    ensure_version(row.version, expected)


def touch(row: TenantRow) -> None:
    """Note a change: the version rises by one."""
    row.version += 1
