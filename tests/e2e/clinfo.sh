#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# clinfo in its forms; 'ava diff -- clinfo' says what may differ between native and virtual, and why.
#
#   clinfo.sh                                natively
#   clinfo.sh build/release/bin/ava run --   under a launcher
set -euo pipefail

"$@" clinfo --list
"$@" clinfo --raw | grep --extended-regexp \
  'CL_(PLATFORM_(NAME|VENDOR|PROFILE)|DEVICE_(NAME|TYPE|PROFILE|AVAILABLE|MAX_COMPUTE_UNITS|MAX_WORK_GROUP_SIZE)) '
echo "all right"
