from collections.abc import Mapping

import pytest

from environment.reach.instrument import function_names
from environment.reach.reach_map import ReachMap, module_imports
from environment.reach.recording import Recording, TestReach
from environment.tests.episode_fixtures import (
    _own_state,
    catalogue,
    catalogue_folder,
    grader,
    measured,
    reference,
)
from environment.workspace.reference import Reference

__all__ = ["_own_state", "catalogue", "catalogue_folder", "grader", "measured", "reach_map", "reference"]

CAPACITY, PRORATION = "services/compute/capacity.py", "services/billing/proration.py"
UNIT, BILLING = "tests/unit/compute/test_capacity.py", "tests/unit/billing/test_proration.py"
CLAIMS, BORDERS = "tests/integration/compute/test_claims.py", "tests/chaos/compute/test_borders.py"
REACHED: Mapping[str, tuple[tuple[str, ...], float]] = {
    f"{UNIT}::test_what_fits[1]": (("fits", "total"), 0.2),
    f"{UNIT}::test_what_fits[2]": (("fits",), 0.3),
    f"{UNIT}::test_what_does_not_fit": (("fits",), 0.1),
    f"{UNIT}::test_total": (("total",), 0.1),
    f"{UNIT}::TestRelease::test_release": (("release",), 0.1),
    f"{UNIT}::TestRelease::test_nothing_below_zero": (("release",), 0.1),
    f"{BILLING}::test_january": (("days",), 0.1),
    f"{BILLING}::test_february": (("days",), 0.1),
    f"{CLAIMS}::test_a_claim_up_to_the_last_unit": (("fits",), 1.0),
    f"{CLAIMS}::test_release_ends_at_zero": (("release",), 1.0),
    f"{BORDERS}::test_a_claim_beyond_the_last_unit": (("fits",), 0.5),
}
"""What each test of the fake platform reaches and how many seconds it took."""


@pytest.fixture
def reach_map(reference: Reference) -> ReachMap:
    """The fake platform's reach, as a recording would have it."""
    names = function_names(reference.files)
    bits = {name.partition("::")[2]: 1 << place for place, name in enumerate(names)}
    tests = {
        test_id: TestReach(sum(bits[name] for name in reached), seconds)
        for test_id, (reached, seconds) in REACHED.items()
    }
    modules = {test_id.partition("::")[0] for test_id in tests}
    return ReachMap(Recording(names, tests), module_imports(reference.files, modules))
