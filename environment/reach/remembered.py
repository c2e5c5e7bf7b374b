"""What outlives the test in whose time it was made, so that measuring alone would give it to one test.

`LASTING`: functions of the tests' support that keep what they make for later tests. What happens while they run is
noted in a row of its own, shared by every test that calls them.

`REMEMBERED`: a function of the platform that reads what is remembered in a process for longer than a test, and the
functions that fetch it. Whoever reaches the reader counts as reaching those. What is fetched while a fleet starts, or
by one that nobody asks for anything, need not be named here, nor what is remembered for one tenant only: a test's
tenants are its own. Every function under a cache decorator is a reader.
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
    "services/config/domain/patterns.py::_compiled": (),
    **{
        f"services/compliance/domain/globs.py::{reader}": (
            "services/compliance/domain/globs.py::_parts",
            "services/compliance/domain/globs.py::_end_of_run",
            "services/compliance/domain/globs.py::_close",
            "services/compliance/domain/globs.py::_one_of",
        )
        for reader in ("_short_parts", "_long_parts")
    },
    "services/compliance/operations/audits.py::_audit.<locals>.concerned": (),  # For the length of one audit.
    "shared/web/django_openapi.py::_document": ("shared/web/openapi.py::completed",),
    "shared/kernel/identity.py::_signed": (),
    "shared/kernel/identity.py::_verified": (),
    # A property that is worked out once for an object; those of the flavors live as long as the process.
    "services/compute/domain/resources.py::Resources.units": (
        "services/compute/domain/resources.py::Resources._units",
        "services/compute/domain/resources.py::Resources.amounts",
        "services/compute/domain/resources.py::to_units",
    ),
    # The gateway keeps auth's key set for minutes, and may keep what a token says.
    "services/gateway/ports/tokens.py::TokenVerifier.verify": (
        "services/gateway/ports/tokens.py::TokenVerifier._decode",
        "services/gateway/ports/tokens.py::TokenVerifier._identity",
    ),
    "services/gateway/ports/tokens.py::TokenVerifier._key": (
        "services/gateway/ports/tokens.py::SigningKeys.fetch",
        "services/auth/api/signing_keys.py::PublicKeys.get",
        "services/auth/operations/signing_keys.py::key_set",
        "services/auth/operations/signing_keys.py::public_keys",
        "services/auth/repository.py::SigningKeyRows.published",
        "services/auth/domain/tokens.py::key_set",
    ),
}


def readers_of(function: str) -> list[str]:
    """The functions whose tests count as reaching this one."""
    return [reader for reader, fetchers in REMEMBERED.items() if function in fetchers]
