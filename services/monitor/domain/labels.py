"""Labels: what makes a series or an alert itself, and how they are matched."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from services.monitor.domain.errors import CardinalityExceeded, InvalidSample

METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
RESERVED_PREFIX = "__"
MAX_LABELS = 30
MAX_VALUE_LENGTH = 2048
"""As Prometheus-compatible stores limit them (Grafana Mimir's defaults)."""

Labels = Mapping[str, str]


def check_series(name: str, labels: Labels) -> None:
    """Raise InvalidSample for names that aren't allowed and CardinalityExceeded for too many or too long labels."""
    if not METRIC_NAME.fullmatch(name):
        raise InvalidSample(f"{name!r} is not the name of a metric")
    for label, value in labels.items():
        if not LABEL_NAME.fullmatch(label) or label.startswith(RESERVED_PREFIX):
            raise InvalidSample(f"{label!r} is not the name of a label")
        if len(value) > MAX_VALUE_LENGTH:
            raise CardinalityExceeded(f"the value of {label} is longer than {MAX_VALUE_LENGTH} characters")
    if len(labels) > MAX_LABELS:
        raise CardinalityExceeded(f"a series has at most {MAX_LABELS} labels", limit=MAX_LABELS)


def fingerprint(name: str, labels: Labels) -> str:
    """What a series or an alert is recognised by: its name and its labels, in whatever order, and nothing else.

    Neither value nor time belong to it, nor for an alert what its rule adds (a severity that was changed): the same
    trouble a minute later is the same alert. An empty label is none.
    """
    present = {label: value for label, value in labels.items() if value}
    text = json.dumps([name, sorted(present.items())], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def matches(matchers: Labels, labels: Labels) -> bool:
    """Whether all matchers equal the labels; a missing label equals the empty text."""
    return all(labels.get(label, "") == value for label, value in matchers.items())


def grouping_key(labels: Labels, by: tuple[str, ...]) -> tuple[str, ...]:
    """The values of the labels that alerts or series are grouped by."""
    return tuple(labels.get(label, "") for label in by)
