#!/bin/sh
# Runs `consul agent` as its own user, configured by CONSUL_LOCAL_CONFIG and /consul/config.
set -e

case $1 in
    -*) set -- agent "$@" ;;
esac
if [ "$1" = agent ]; then
    shift
    if [ -n "$CONSUL_LOCAL_CONFIG" ]; then
        # Consul 1.11 renamed the management token of a configuration; this one knows the old name.
        printf '%s\n' "$CONSUL_LOCAL_CONFIG" | sed 's/"initial_management"/"master"/g' > /consul/config/local.json
    fi
    set -- consul agent -data-dir=/consul/data -config-dir=/consul/config "$@"
    if [ "$(id -u)" = 0 ]; then
        chown -R consul:consul /consul/data /consul/config
        exec setpriv --reuid=consul --regid=consul --clear-groups "$@"
    fi
    exec "$@"
fi
exec consul "$@"
