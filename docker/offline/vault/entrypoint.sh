#!/bin/sh
# Runs `vault server` as its own user, configured by VAULT_LOCAL_CONFIG and /vault/config.
set -e

if [ "$1" = server ]; then
    shift
    if [ -n "$VAULT_LOCAL_CONFIG" ]; then
        # OpenBao has no `file` storage; PebbleDB keeps its files in the same directory.
        printf '%s\n' "$VAULT_LOCAL_CONFIG" | sed -E 's/"file"([[:space:]]*:[[:space:]]*\{)/"pebbledb"\1/' \
            > /vault/config/local.json
    fi
    set -- vault server -config=/vault/config "$@"
    if [ "$(id -u)" = 0 ]; then
        chown -R vault:vault /vault/file /vault/config
        exec setpriv --reuid=vault --regid=vault --clear-groups "$@"
    fi
    exec "$@"
fi
exec vault "$@"
