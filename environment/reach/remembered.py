"""What outlives the test in whose time it was made, so that measuring alone would give it to one test.

`LASTING`: functions of the tests' support that keep what they make for later tests. What happens while they run is
noted in a row of its own, shared by every test that calls them.

`REMEMBERED`: functions of the platform whose result is remembered, and those that read what is remembered. Whoever
reaches a reader counts as reaching the fetcher and all that the fetcher was seen to reach within its own file.
"""

from __future__ import annotations

from collections.abc import Mapping

LASTING = ("tests/support/identities.py::OperatorSession.api",)

REMEMBERED: Mapping[str, tuple[str, ...]] = {
    "shared/events/schema.py::validator_for": (
        "shared/events/schema.py::schema_name",
        "shared/events/schema.py::compile_schema",
    ),
    "shared/clients/errors.py::error_class": (),
}


def readers_of(function: str) -> list[str]:
    """The functions whose tests count as reaching this one."""
    return [reader for reader, fetchers in REMEMBERED.items() if function in fetchers]
