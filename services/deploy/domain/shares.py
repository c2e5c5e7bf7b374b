"""Counts that are written as a number or as a percentage of the replicas (Kubernetes' IntOrString)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.errors import ValidationFailed

_PERCENT = re.compile(r"([0-9]{1,4})%")
MAX_COUNT = 2**31 - 1
"""Kubernetes keeps counts as int32."""
MAX_SURGE_PERCENT = 1000
"""Kubernetes bounds no surge; ten times the replicas at once is as good as any."""


class InvalidShare(ValidationFailed):
    """Neither a count of at least zero nor a percentage such as 25%, or out of its bounds."""

    code = "invalid_share"


class InvalidRollingBounds(InvalidShare):
    """Surge and unavailable are both zero: no replica could ever be replaced."""

    code = "invalid_rolling_bounds"


@dataclass(frozen=True)
class RollingBounds:
    """How far a rolling update may leave the wanted number of replicas: above by `surge`, below by `unavailable`."""

    surge: int
    unavailable: int


def round_up(percent: int, total: int) -> int:
    """`percent` of `total` in whole replicas, rounded up, in integers only: 15% of 10 is 2."""
    return -(-total * percent // 100)


def round_down(percent: int, total: int) -> int:
    """`percent` of `total` in whole replicas, rounded down: 25% of 10 is 2."""
    return total * percent // 100


def percentage(share: int | str, most: int = 100) -> int | None:
    """The percentage in `share`, or None when it is a plain count. Raises InvalidShare, also above `most` percent."""
    if isinstance(share, int):
        if not 0 <= share <= MAX_COUNT:
            raise InvalidShare(f"a count is from 0 to {MAX_COUNT}, not {share}")
        return None
    match = _PERCENT.fullmatch(share)
    if not match or int(match.group(1)) > most:
        raise InvalidShare(f"{share!r} is neither a count nor a percentage from 0% to {most}%")
    return int(match.group(1))


def check_bounds(max_surge: int | str, max_unavailable: int | str) -> None:
    """Refuse bounds that Kubernetes refuses, as they are written (`ValidateRollingUpdateDeployment`).

    Not both zero (`0` or `0%`), and no more than 100% unavailable; surge may be any percentage. Raises InvalidShare
    or InvalidRollingBounds.
    """
    surge_percent, unavailable_percent = percentage(max_surge, MAX_SURGE_PERCENT), percentage(max_unavailable)
    surge = max_surge if surge_percent is None else surge_percent
    unavailable = max_unavailable if unavailable_percent is None else unavailable_percent
    if surge == 0 and unavailable == 0:
        raise InvalidRollingBounds(
            "max_unavailable may not be 0 when max_surge is 0: no replica could ever be replaced"
        )


def rolling_bounds(replicas: int, max_surge: int | str, max_unavailable: int | str) -> RollingBounds:
    """Surge rounds up and unavailable rounds down, so that the bounds hold and capacity is never given away.

    When both come to zero nothing could ever move, so one replica may be unavailable (`ResolveFenceposts` of the
    Kubernetes deployment controller). Raises InvalidShare.
    """
    surge_percent, unavailable_percent = percentage(max_surge, MAX_SURGE_PERCENT), percentage(max_unavailable)
    surge = int(max_surge) if surge_percent is None else round_up(surge_percent, replicas)
    unavailable = int(max_unavailable) if unavailable_percent is None else round_down(unavailable_percent, replicas)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return RollingBounds(surge, min(unavailable, replicas))
