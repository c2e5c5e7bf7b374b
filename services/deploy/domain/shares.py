"""Counts that are written as a number or as a percentage of the replicas (Kubernetes' IntOrString)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.errors import ValidationFailed

_PERCENT = re.compile(r"(\d{1,3})%")


class InvalidShare(ValidationFailed):
    """Neither a count of at least zero nor a percentage from 0% to 100%."""

    code = "invalid_share"


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


def percentage(share: int | str) -> int | None:
    """The percentage in `share`, or None when it is a plain count. Raises InvalidShare."""
    if isinstance(share, int):
        if share < 0:
            raise InvalidShare(f"a count can't be negative: {share}")
        return None
    match = _PERCENT.fullmatch(share)
    if not match or int(match.group(1)) > 100:
        raise InvalidShare(f"{share!r} is neither a count nor a percentage from 0% to 100%")
    return int(match.group(1))


def rolling_bounds(replicas: int, max_surge: int | str, max_unavailable: int | str) -> RollingBounds:
    """Surge rounds up and unavailable rounds down, so that the bounds hold and capacity is never given away.

    When both come to zero nothing could ever move, so one replica may be unavailable (`ResolveFenceposts` of the
    Kubernetes deployment controller). Raises InvalidShare.
    """
    surge_percent, unavailable_percent = percentage(max_surge), percentage(max_unavailable)
    surge = int(max_surge) if surge_percent is None else round_up(surge_percent, replicas)
    unavailable = int(max_unavailable) if unavailable_percent is None else round_down(unavailable_percent, replicas)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return RollingBounds(surge, min(unavailable, replicas))
