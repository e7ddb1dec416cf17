#!/bin/sh
# 200 seeds of kill -9 during a download; download_kill_test.py runs ten.
set -eu
PANNIER_KILLS=200 exec python3 -B "$PANNIER_SOURCE_DIR/tests/download_kill_test.py"
