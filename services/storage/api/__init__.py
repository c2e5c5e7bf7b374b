"""End points of storage."""

from services.storage.api import buckets, objects, presigned_urls, snapshots, uploads, usage, volumes

ROUTERS = [
    buckets.router,
    objects.router,
    uploads.router,
    presigned_urls.router,
    volumes.router,
    snapshots.router,
    usage.router,
]
