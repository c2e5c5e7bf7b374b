"""`python -m shared.jobs.buckets` makes the buckets that services claim."""

from __future__ import annotations

import logging
import sys

from shared.infra.object_store import BucketClaim, ObjectNotFound, ObjectStore, ObjectStoreUnavailable
from shared.settings import ServiceSettings
from shared.utils.deadline import Deadline
from shared.utils.retry import call_with_retry

log = logging.getLogger(__name__)

CLAIMS = (
    BucketClaim("storage", "terraform-state", versioned=True),
    BucketClaim("deploy", "terraform-state", versioned=True),
    BucketClaim("deploy", "artifacts"),
    BucketClaim("compliance", "artifacts"),
    BucketClaim("storage", "objects"),
    BucketClaim("billing", "invoices"),
    BucketClaim("audit", "audit-checkpoints", versioned=True),
)
"""Who needs which bucket. The state's and the checkpoints' keep every version: neither may be lost by an overwrite."""

PATIENCE_SECONDS = 30.0
"""How long to wait for an object store that has just been started."""

NOT_YET = (ObjectStoreUnavailable, ObjectNotFound)
"""The second happens, too: while one process makes a bucket, another's request can find it taken and not yet there."""


def main() -> int:
    """Make the buckets; the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    store = ObjectStore.from_settings(ServiceSettings(service_name="buckets"))
    try:
        call_with_retry(
            lambda: store.ensure_buckets(CLAIMS),
            retry_on=lambda error: isinstance(error, NOT_YET),
            attempts=1000,
            deadline=Deadline.after(PATIENCE_SECONDS),
        )
    except NOT_YET as error:
        log.error("buckets not made: %s", error.detail)
        return 1
    log.info("buckets ready: %s", ", ".join(sorted({claim.bucket for claim in CLAIMS})))
    return 0


if __name__ == "__main__":
    sys.exit(main())
