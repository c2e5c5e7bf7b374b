#!/bin/sh
# As the original: anything but `minio` and options is an argument of minio.
set -e

case $1 in
    minio | sh | bash | mc | weed) exec "$@" ;;
    *) exec minio "$@" ;;
esac
