"""Error budgets and their burn rates (Google, The Site Reliability Workbook, chapter 5)."""

from __future__ import annotations

import sys
from datetime import timedelta
from decimal import Decimal

PAGE_BURN_RATE = 14.4
"""Burns 2% of the budget of 30 days in an hour."""
LONG_WINDOW = timedelta(hours=1)
SHORT_WINDOW = timedelta(minutes=5)
"""A twelfth of the long one: the alert ends soon after the errors do."""
RATE_DIGITS = 9
"""Behind the point of a burn rate: more than any threshold has, and fewer than binary fractions get wrong."""


def burn_rate(errors: float, total: float, objective: float) -> float | None:
    """How many times faster than allowed the error budget is spent. None when there were no events.

    1 spends exactly the budget `1 - objective` over the period of the objective. The budget is that of the decimal
    number that was written, and the rate is rounded to nine digits, so that one that is the threshold equals it. One
    that no double holds is the largest there is: JSON has no infinity to tell of it.
    """
    if total <= 0:
        return None
    budget = 1 - Decimal(repr(objective))
    burnt = round(errors / total / float(budget), RATE_DIGITS)
    return max(-sys.float_info.max, min(burnt, sys.float_info.max))


def multiwindow(long: float | None, short: float | None) -> float | None:
    """The rate that both windows show at least: above a threshold only if both are. None when one has no events."""
    if long is None or short is None:
        return None
    return min(long, short)
