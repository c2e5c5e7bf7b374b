"""The object store seen from behind: what lies there for a tenant, and damage done to it."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass

from minio import Minio

from tests.support.fleet import FleetControl

BUCKET = "objects"


@dataclass
class Blobs:
    """The contents of one tenant's objects, under the names that the storage service gave them."""

    client: Minio
    tenant_id: str

    @classmethod
    def of(cls, fleet: FleetControl, tenant_id: str) -> Blobs:
        """Through the store's own API."""
        host, port = fleet.address("minio:9000")
        access = os.environ.get("S3_ACCESS_KEY", "omnicloud")
        secret = os.environ.get("S3_SECRET_KEY", "omnicloud-object-store")
        return cls(Minio(f"{host}:{port}", access, secret, secure=False, region="us-east-1"), tenant_id)

    def names(self) -> list[str]:
        """All of them."""
        listed = self.client.list_objects(BUCKET, prefix=f"{self.tenant_id}/", recursive=True)
        return [str(each.object_name) for each in listed]

    def damage_last_byte(self, name: str) -> None:
        """One byte is another one from now on; the size stays."""
        answer = self.client.get_object(BUCKET, name)
        content = answer.read()
        answer.close()
        answer.release_conn()
        changed = content[:-1] + bytes([content[-1] ^ 1])
        self.client.put_object(BUCKET, name, io.BytesIO(changed), len(changed))
