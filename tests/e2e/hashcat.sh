#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# hashcat cracks known hashes of three kinds by a mask on the OpenCL device, its self-tests on, and the words must be
# right. The first run of all compiles hashcat's kernels, which takes a minute or more for each kind.
#
#   hashcat.sh                                natively
#   hashcat.sh build/release/bin/ava run --   under a launcher
#   E2E_COLD=1 hashcat.sh ...                 with empty caches, hashcat's and PoCL's
set -euo pipefail

readonly word=cafe
readonly mask='?l?l?l?l'
launcher=("$@")

private=$(mktemp --directory)
trap 'rm --recursive --force "$private"' EXIT
export XDG_DATA_HOME=$private/data  # Sessions and logs; the kernel cache is in XDG_CACHE_HOME.
if [[ -n ${E2E_COLD:-} ]]; then
  export XDG_CACHE_HOME=$private/cache POCL_CACHE_DIR=$private/pocl
  mkdir "$XDG_CACHE_HOME" "$POCL_CACHE_DIR"
fi
mkdir "$XDG_DATA_HOME"

# crack KIND NAME HASH: prints what hashcat found; its own output is shown only when it fails.
crack() {
  local kind=$1 name=$2 hash=$3 found=$private/$2.found log=$private/$2.log status=0
  "${launcher[@]}" hashcat --attack-mode 3 --hash-type "$kind" --opencl-device-types 1 \
    --potfile-disable --session "e2e-$name-$$" --restore-disable --outfile "$found" --outfile-format 2 \
    "$hash" "$mask" >"$log" 2>&1 </dev/null || status=$?
  if [[ $status -ne 0 || "$(cat "$found" 2>/dev/null)" != "$word" ]]; then
    echo "$name: FAILED with status $status"
    tail --lines 40 "$log"
    return 1
  fi
  echo "$name: $(cat "$found")"
}

digest() { printf %s "$word" | "$1" | cut --delimiter ' ' --fields 1; }

crack 0 md5 "$(digest md5sum)"
crack 100 sha1 "$(digest sha1sum)"
crack 1400 sha256 "$(digest sha256sum)"
echo "all right"
