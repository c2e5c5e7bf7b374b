"""Metering: what a resource used, told while it lives and once more when it ends, in the same way in every service."""

from shared.metering.meter import usage_meter
from shared.metering.published import record_usage
from shared.metering.usage import Usage, seconds_between, usage_between, windows

__all__ = ["Usage", "record_usage", "seconds_between", "usage_between", "usage_meter", "windows"]
