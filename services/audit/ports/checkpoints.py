"""Signed checkpoints in the object store, out of reach of who can edit the database."""

from __future__ import annotations

import json

from services.audit.domain.chain import Head, record_time
from services.audit.domain.checkpoints import Checkpoint, is_authentic, sign
from services.audit.settings import Settings
from shared.errors import OmniCloudError
from shared.infra.object_store import ObjectStore
from shared.utils.clock import Clock

PAGE = 1000


class ForgedCheckpoint(OmniCloudError):
    """A checkpoint in the object store doesn't carry our signature."""

    code = "forged_checkpoint"


class CheckpointStore:
    """Checkpoints as objects: `<tenant>/<sequence>.json`, in order by name."""

    def __init__(self, settings: Settings, objects: ObjectStore, clock: Clock) -> None:
        self._settings = settings
        self._objects = objects
        self._clock = clock

    def write(self, tenant_id: str, head: Head) -> Checkpoint:
        """Sign a head and keep it."""
        checkpoint = sign(tenant_id, head, record_time(self._clock.now()), self._settings.signing_key())
        body = {
            "tenant_id": tenant_id,
            "sequence": head.sequence,
            "hash": head.hash,
            "time": checkpoint.time,
            "signature": checkpoint.signature,
        }
        self._objects.put(
            self._settings.checkpoint_bucket,
            f"{tenant_id}/{head.sequence:020d}.json",
            json.dumps(body, sort_keys=True).encode(),
            content_type="application/json",
        )
        return checkpoint

    def newest(self, tenant_id: str) -> Checkpoint | None:
        """The tenant's newest checkpoint. Raises ForgedCheckpoint when it isn't ours."""
        names = self._names(tenant_id)
        if not names:
            return None
        body = json.loads(self._objects.get(self._settings.checkpoint_bucket, names[-1]))
        checkpoint = Checkpoint(
            body["tenant_id"], Head(body["sequence"], body["hash"]), body["time"], body["signature"]
        )
        if checkpoint.tenant_id != tenant_id or not is_authentic(checkpoint, self._settings.signing_key()):
            raise ForgedCheckpoint(f"checkpoint {names[-1]} is not authentic")
        return checkpoint

    def _names(self, tenant_id: str) -> list[str]:
        names: list[str] = []
        while True:
            after = names[-1] if names else ""
            found = [
                entry.name
                for entry in self._objects.list(
                    self._settings.checkpoint_bucket, prefix=f"{tenant_id}/", start_after=after, limit=PAGE
                )
            ]
            names.extend(found)
            if len(found) < PAGE:
                return names
