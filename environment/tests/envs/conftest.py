from environment.tests.episode_fixtures import (
    _own_state,
    catalogue,
    catalogue_folder,
    grader,
    measured,
    measured_folder,
    reference,
)

__all__ = ["_own_state", "catalogue", "catalogue_folder", "grader", "measured", "measured_folder", "reference"]
