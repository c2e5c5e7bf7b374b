"""End points of storage."""

from services.storage.api import buckets, deletions, objects, presigned_urls, snapshots, uploads, usage, volumes

ROUTERS = [
    buckets.router,
    objects.router,
    deletions.router,
    uploads.router,
    presigned_urls.router,
    volumes.router,
    snapshots.router,
    usage.router,
]
