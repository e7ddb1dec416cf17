#!/bin/sh
# Downloads killed at 200 seeded points and run again; tests/hub_kill_test.py says what must hold.
set -eu
PANNIER_KILLS=200 exec python3 -B "$(dirname "$0")/hub_kill_test.py"
