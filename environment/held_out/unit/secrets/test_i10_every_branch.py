"""A revocation reaches the whole tree below."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.secrets.domain.leases import with_descendants


@settings(derandomize=True, deadline=None)
@given(above=st.lists(st.integers(0, 1000), min_size=2, max_size=30), root=st.integers(0, 3))
def test_what_is_below_is_reached_and_nothing_else(above: list[int], root: int) -> None:
    parents: dict[str, str | None] = {"t0": None, "apart": None}
    parents |= {f"t{place}": f"t{number % place}" for place, number in enumerate(above, 1)}
    token = f"t{root % len(above)}"

    def below(name: str | None) -> bool:
        return name is not None and (name == token or below(parents[name]))

    assert with_descendants(parents, token) == {name for name in parents if below(name)}
