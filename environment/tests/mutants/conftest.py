from collections.abc import Callable

import pytest

from environment.mutants.sample import Mutant, shuffled
from environment.tests.affected.conftest import _own_state, catalogue, catalogue_folder, measured, reach_map, reference
from environment.workspace.reference import Reference

__all__ = ["_own_state", "catalogue", "catalogue_folder", "measured", "mutant", "reach_map", "reference"]

MakeMutant = Callable[[str, str], Mutant]


class Unshuffled:
    """Dice that leave everything as it is."""

    def shuffle(self, values: list[object]) -> None:
        pass

    def sample(self, values: list[str], count: int) -> list[str]:
        return values[:count]


@pytest.fixture
def mutant(reference: Reference) -> MakeMutant:
    """Makes the mutant of a function of the fake platform in which a line reads so."""

    def make(function: str, after: str) -> Mutant:
        found = shuffled(reference.files, function, Unshuffled())  # type: ignore[arg-type]
        return next(mutant for mutant in found if mutant.change.after == after)

    return make
