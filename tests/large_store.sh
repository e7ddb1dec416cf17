#!/bin/sh
# Eight processes of 1,000 operations each on one store; store_processes_test.py runs two hundred.
set -eu
PANNIER_STORE_OPERATIONS=1000 exec python3 -B "$PANNIER_SOURCE_DIR/tests/store_processes_test.py"
