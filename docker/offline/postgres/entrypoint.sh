#!/bin/bash
# Makes the cluster on the first start, from POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB, then runs the server.
set -euo pipefail

[ "${1:0:1}" = "-" ] && set -- postgres "$@"

if [ "$1" = postgres ] && [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA" /var/run/postgresql
    chown -R postgres:postgres "$PGDATA" /var/run/postgresql
    chmod 700 "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

# The server of the first start listens on its socket only: over TCP nobody sees a half-made database.
initialise() {
    if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
        echo "set POSTGRES_PASSWORD: a superuser without a password is refused" >&2
        exit 1
    fi
    local user=${POSTGRES_USER:-postgres} method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
    local database=${POSTGRES_DB:-$user}
    # shellcheck disable=SC2086
    initdb --username="$user" --pwfile=<(printf '%s\n' "${POSTGRES_PASSWORD:-}") ${POSTGRES_INITDB_ARGS:-}
    echo "host all all all $method" >> "$PGDATA/pg_hba.conf"
    pg_ctl --wait -o "-c listen_addresses=''" start
    local query=(psql --username "$user" --no-password --no-psqlrc -v ON_ERROR_STOP=1)
    if [ "$database" != postgres ]; then
        "${query[@]}" --dbname postgres -v name="$database" <<< 'CREATE DATABASE :"name";'
    fi
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
            *.sh) bash "$file" ;;
            *.sql) "${query[@]}" --dbname "$database" --file "$file" ;;
        esac
    done
    pg_ctl --wait --mode fast stop
}

if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
    initialise
fi
exec "$@"
