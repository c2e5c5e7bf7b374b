"""Strategies and releases as JSON, made into the domain's own types."""

from __future__ import annotations

from datetime import timedelta

from services.deploy.domain.canary import CanaryRules, check_room
from services.deploy.domain.runtime import Release
from services.deploy.domain.shares import check_bounds
from services.deploy.domain.strategies import BlueGreen, Canary, RollingUpdate, Strategy
from services.deploy.tables import Json


def check_strategy(value: Json, replicas: int) -> None:
    """Refuse what could never be rolled out. Raises InvalidShare, InvalidRollingBounds or InvalidCanarySteps."""
    match strategy_of(value):
        case RollingUpdate(max_surge, max_unavailable):
            check_bounds(max_surge, max_unavailable)
        case Canary(rules):
            check_room(rules, replicas)


def strategy_of(value: Json) -> Strategy:
    """The strategy. Raises InvalidShare, InvalidRollingBounds or InvalidCanarySteps."""
    match value["type"]:
        case "rolling":
            return RollingUpdate(value["max_surge"], value["max_unavailable"])
        case "canary":
            bake_time = timedelta(seconds=value["bake_seconds"])
            rules = CanaryRules(
                tuple(value["steps"]),
                value["minimum_samples"],
                bake_time,
                value["max_error_percent"],
                value["max_surge"],
                value["max_unavailable"],
            )
            return Canary(rules)
        case _:
            return BlueGreen(timedelta(seconds=value["keep_old_seconds"]))


def release_of(value: Json) -> Release:
    """The release as the runtime sees it."""
    return Release(value["image"], timedelta(seconds=value["startup_seconds"]), value["starts"])
