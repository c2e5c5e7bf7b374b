"""End points of storage."""

from services.storage.api import buckets, objects, signed, uploads, volumes

ROUTERS = [buckets.router, objects.router, uploads.router, signed.router, volumes.router]
