"""What an error of the database means for the request that met it."""

from __future__ import annotations

from typing import Any

import psycopg2
import pytest
from psycopg2 import errors

from shared.infra.db.refusals import refusal_of


class Wrapped(Exception):
    """As SQLAlchemy hands on the driver's error."""

    def __init__(self, orig: BaseException) -> None:
        super().__init__(str(orig))
        self.orig = orig


def coded(code: str) -> Any:
    """The driver's error of a code, as the server's answer makes one."""

    class Coded(errors.lookup(code)):  # type: ignore[misc]
        pgcode = code

    return Coded("as the server says")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (psycopg2.OperationalError("could not connect to server"), 503, "database_unavailable"),
        (psycopg2.InterfaceError("connection already closed"), 503, "database_unavailable"),
        (coded("57P01"), 503, "database_unavailable"),
        (coded("25006"), 503, "database_unavailable"),
        (coded("08006"), 503, "database_unavailable"),
        (coded("53300"), 503, "database_unavailable"),
        (coded("55P03"), 503, "busy"),
        (coded("40P01"), 503, "busy"),
        (coded("40001"), 503, "busy"),
        (coded("57014"), 503, "busy"),
        (coded("22003"), 422, "value_out_of_range"),
        (coded("22008"), 422, "value_out_of_range"),
    ],
)
def test_what_is_nobodys_programming_error_is_a_refusal(error: BaseException, status: int, code: str) -> None:
    for met in (error, Wrapped(error)):
        refusal = refusal_of(met)
        assert refusal is not None
        assert (refusal.status, refusal.code) == (status, code)
        assert (refusal.headers == {"Retry-After": "1"}) == (status == 503)


@pytest.mark.parametrize(
    "error", [coded("42601"), coded("23505"), ValueError("ours"), psycopg2.ProgrammingError("ours")]
)
def test_faults_of_our_own_stay_faults(error: BaseException) -> None:
    assert refusal_of(error) is None


def test_an_error_that_an_orm_raised_from_the_drivers_is_known_by_its_cause() -> None:
    outer = RuntimeError("django.db.OperationalError")
    outer.__cause__ = coded("55P03")
    refusal = refusal_of(outer)
    assert refusal is not None
    assert refusal.code == "busy"
