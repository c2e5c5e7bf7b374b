"""The compose file as typed values."""

from environment.fleet.compose.model import ComposeFile, Condition, HealthCheck, Mount, Port, Service
from environment.fleet.compose.reader import read_compose

__all__ = ["ComposeFile", "Condition", "HealthCheck", "Mount", "Port", "Service", "read_compose"]
