#!/bin/sh
# 100,000 flipped bits and 10,000 cuts; carry_isolated_test tries a twentieth of them.
set -eu
PANNIER_FLIPS=100000 PANNIER_CUTS=10000 exec "$PANNIER_BUILD_DIR/carry_isolated_test" --gtest_filter='BundleFlips.*'
