"""Memory that is written with a unit is counted in whole MiB, rounded up."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.compute.schemas import Size
from shared.utils.units import parse_mib


@settings(derandomize=True, deadline=None)
@given(number=st.integers(1, 5_000))
def test_binary_units_are_exact_and_bytes_are_rounded_up(number: int) -> None:
    assert parse_mib(f"{number}MiB") == number
    assert parse_mib(f"{number}GiB") == 1_024 * number
    assert parse_mib(f"{number}KiB") == -(-number // 1_024)
    assert parse_mib(f"{number * 2**20}B") == number
    assert parse_mib(f"{number * 2**20 + 1}B") == number + 1


@pytest.mark.parametrize(
    ("memory", "mib"), [("512MiB", 512), ("0.5GiB", 512), ("2GiB", 2_048), ("2GB", 1_908), ("500MB", 477), ("1MB", 1)]
)
def test_a_size_holds_what_was_asked_for(memory: str, mib: int) -> None:
    size = Size.model_validate({"vcpus": "1", "memory": memory})

    assert (size.memory_mib, size.resources().memory_mib) == (mib, mib)
