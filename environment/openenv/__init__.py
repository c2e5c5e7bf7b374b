"""The door for OpenEnv: a server whose sessions are episodes, and a client.

Needs the package `openenv` (`pip install omnicloud[environment,openenv]`); who only plays needs the client alone.
"""

from environment.openenv.client import OmniCloudEnv
from environment.openenv.models import OmniCloudAction, OmniCloudObservation, OmniCloudState

__all__ = ["OmniCloudAction", "OmniCloudEnv", "OmniCloudObservation", "OmniCloudState"]
