"""Writes of several leaders come to a fence in any order: none gets in behind one of a later leader."""

from collections.abc import Iterator
from typing import cast

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Table, create_engine
from sqlalchemy.orm import Session

from services.deploy.repository import FenceRepository
from services.deploy.tables import Fence
from shared.infra.fencing import StaleFencingToken


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    made = create_engine("sqlite://")
    Fence.metadata.create_all(made, tables=[cast(Table, Fence.__table__)])
    yield made
    made.dispose()


@settings(derandomize=True, phases=[Phase.generate], max_examples=80, deadline=None)
@given(tokens=st.lists(st.sampled_from([0, 1, 2, 3, 9, 10, 11, 2**40]), min_size=1, max_size=10))
def test_what_is_older_than_the_newest_write_is_refused(engine: Engine, tokens: list[int]) -> None:
    with Session(engine) as session:
        fences = FenceRepository(session)
        highest = 0
        for token in tokens:
            if token < highest:
                with pytest.raises(StaleFencingToken) as refused:
                    fences.admit("rollouts", token)
                assert refused.value.extra == {"token": token, "highest": highest}
            else:
                fences.admit("rollouts", token)
            session.flush()
            highest = max(highest, token)
            assert fences.highest("rollouts") == highest
        # Another resource knows nothing of them
        fences.admit("something-else", 1)
        session.rollback()


def test_a_resource_has_its_own_newest_token(engine: Engine) -> None:
    with Session(engine) as session:
        fences = FenceRepository(session)
        fences.admit("a", 7)
        fences.admit("b", 3)
        fences.admit("b", 4)
        for name, token in (("a", 6), ("b", 3)):
            with pytest.raises(StaleFencingToken):
                fences.admit(name, token)
        session.flush()
        assert (fences.highest("a"), fences.highest("b")) == (7, 4)
        session.rollback()
