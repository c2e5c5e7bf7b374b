"""What is done outside the database follows what is known of the transaction's end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from shared.infra.db.hooks import after_commit, after_rollback


class Base(DeclarativeBase):
    """Tables of this module."""


class Note(Base):
    """A row that is refused when it is flushed: without a name."""

    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(nullable=False)


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    # The driver begins transactions itself, and knows no savepoints then.
    event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        session.execute(text("SELECT 1"))
        yield session


def hooked(session: Session) -> list[str]:
    """What runs of a session's effects."""
    ran: list[str] = []
    after_commit(session, lambda: ran.append("done"))
    after_rollback(session, lambda: ran.append("undone"))
    return ran


def test_each_end_has_its_effect_once(session: Session) -> None:
    committed = hooked(session)
    session.commit()
    assert committed == ["done"]
    rolled_back = hooked(session)
    session.execute(text("SELECT 1"))
    session.rollback()
    assert (committed, rolled_back) == (["done"], ["undone"])


def test_a_commit_without_an_answer_undoes_nothing(engine: Engine, session: Session) -> None:
    """Nobody knows whether it came about: its rows may name what would be undone."""
    ran = hooked(session)

    @event.listens_for(engine, "commit")
    def unanswered(_connection: object) -> None:
        raise SQLAlchemyError("the connection broke")

    with pytest.raises(SQLAlchemyError):
        session.commit()
    session.rollback()
    assert ran == []


def test_what_fails_before_the_commit_is_sent_is_undone(session: Session) -> None:
    ran = hooked(session)
    session.add(Note(name=None))
    with pytest.raises(IntegrityError):
        session.commit()
    session.rollback()
    assert ran == ["undone"]


def test_the_end_of_a_savepoint_is_not_the_end_of_the_transaction(session: Session) -> None:
    ran = hooked(session)
    with session.begin_nested():
        session.execute(text("SELECT 1"))
    session.begin_nested().rollback()
    assert ran == []
    session.rollback()
    assert ran == ["undone"]
