#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# clFFT's client, which checks what it computes. Times differ from run to run.
set -euo pipefail

for arguments in "-x 64" "-x 128 -y 32 -o --double" "-x 4 -y 4 -z 16 -b 8" "-x 1000 --inv"; do
  read -ra words <<<"$arguments"
  echo "clFFT-client $arguments"
  clFFT-client "${words[@]}" 2>/dev/null | grep 'Internal Client Test'
done
