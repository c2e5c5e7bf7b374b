"""Settings of the storage service."""

from __future__ import annotations

from pydantic import Field, model_validator

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Where the bytes lie, and how often background work is done."""

    service_name: str = "storage"
    listen_address: str = "0.0.0.0:8005"
    advertise_address: str = "storage:8005"
    object_bucket: str = "objects"
    """The object store's bucket that holds the content of every tenant's objects, one immutable blob a version."""
    store_rooms: int = Field(default=32, ge=1)
    """Requests that may use the object store at once: of the forty threads of end points the others serve what doesn't
    need it, however silent it is."""
    store_rooms_of_one_tenant: int = Field(default=16, ge=1)
    """How many of them may be one tenant's: clients that send parts beside each other take four to ten."""
    presign_secret: str = ""
    """HMAC key of presigned URLs; the identity key when it isn't set, so that one fleet needs one secret."""
    public_url: str = "/api/storage"
    """What presigned URLs begin with: the gateway's path of this service, or its full address."""
    metering_interval_seconds: float = Field(default=3600.0, gt=0)
    """How often the volumes that exist are metered; what is deleted is metered at once."""
    sweep_interval_seconds: float = Field(default=5.0, gt=0)
    """How often it is looked what is to be deleted from the object store."""
    read_seconds: float = Field(default=21_600.0, gt=0)
    """How long the content of an object may take on its way to a client; a longer answer breaks off before its end, and
    the client goes on with a range."""
    garbage_rest_seconds: float = Field(default=25_200.0, gt=0)
    """How long the content of a replaced or deleted version stays in the object store: longer than a read may take, so
    that who began to read it comes to its end. What nobody could read goes at once."""
    orphan_interval_seconds: float = Field(default=21_600.0, gt=0)
    """How often the object store is looked through for content that no row names; it goes at the second look."""
    lifecycle_interval_seconds: float = Field(default=5.0, gt=0)
    """How often it is looked whether a bucket's rules weren't followed today: one statement while there is none."""
    quota_sweep_interval_seconds: float = Field(default=600.0, gt=0)
    """How often reservations of quota are compared with what exists: what no event settled stays wrong that long."""

    @model_validator(mode="after")
    def _rests_longer_than_it_is_read(self) -> Settings:
        if self.garbage_rest_seconds < self.read_seconds + self.request_timeout_seconds:
            raise ValueError("garbage_rest_seconds is longer than a read and its request may take")
        return self

    @property
    def signing_secret(self) -> str:
        """The key under which presigned URLs are signed."""
        return self.presign_secret or self.identity_signing_key
