#!/bin/sh
# Runs a command in the verifier's container. The tour needs a fleet: one is started for it and taken down after it.
if [ "$1 $2" != "omnicloud tour" ]; then
    exec "$@"
fi
omnicloud up || exit 1
"$@"
status=$?
omnicloud down
exit $status
