"""What monitor refuses, with permanent machine codes."""

from __future__ import annotations

from shared.errors import Conflict, ValidationFailed


class InvalidSample(ValidationFailed):
    """A metric or label name that isn't one, or a sample from the future."""

    code = "invalid_sample"


class CardinalityExceeded(ValidationFailed):
    """More series than a tenant, or labels than a series, may have."""

    code = "cardinality_exceeded"


class RuleLimitReached(ValidationFailed):
    """The tenant has as many alert rules as it may have."""

    code = "rule_limit_reached"


class SilenceLimitReached(ValidationFailed):
    """The tenant has as many silences that haven't ended as it may have."""

    code = "silence_limit_reached"


class TooManySamples(ValidationFailed):
    """A query or a rule would read, or a tenant keep, more samples than it may; the limit is in the answer."""

    code = "too_many_samples"


class InvalidQuery(ValidationFailed):
    """A query whose parts don't fit together, or that would answer with too many points."""

    code = "invalid_query"


class InvalidRule(ValidationFailed):
    """An alert rule whose parts don't fit together."""

    code = "invalid_alert_rule"


class RuleExists(Conflict):
    """The tenant has an alert rule of that name."""

    code = "rule_exists"
