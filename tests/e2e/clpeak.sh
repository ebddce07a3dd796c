#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# clpeak's kernel latency and one compute test. Its figures differ from run to run, so each is printed as '#', and what
# remains can be compared with a native run's.
#
#   clpeak.sh                                natively
#   clpeak.sh build/release/bin/ava run --   under a launcher
set -euo pipefail

for test in --kernel-latency --compute-integer; do
  "$@" timeout 300 clpeak "$test" | sed --regexp-extended 's/ : [0-9]+(\.[0-9]+)?( us)?$/ : #\2/'
done
echo "all right"
