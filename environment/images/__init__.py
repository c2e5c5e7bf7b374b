"""Makes the fleet's base images on a machine without an image registry, from `docker/offline/`: `make images-offline`.

Every image gets the name that the compose file and the Dockerfiles use for the original, so that nothing else has to
know. What differs from the originals is told in `docker/offline/README.md`.
"""
