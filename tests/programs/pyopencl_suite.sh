#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
#     pyopencl_suite.sh install DIRECTORY        pyopencl from PyPI, with the ICD loader that it brings, and its own tests
#     pyopencl_suite.sh run DIRECTORY FILE...    one line for each test: how it ended
#
# Left out: test_xdg_cache_home, which asks where a folder is and nothing of OpenCL, and test_fine_grain_svm, which a virtual
# device makes skip itself, as its mask of fine-grained memory should.
set -euo pipefail

directory=$2
tests=$directory/tests

case $1 in
  install)
    [[ -d $tests ]] && exit 0
    python3 -m venv "$directory"
    "$directory/bin/pip" install --quiet pyopencl pytest mako
    version=$("$directory/bin/python" -c 'import pyopencl; print(pyopencl.VERSION_TEXT)')
    "$directory/bin/pip" download --quiet --no-deps --no-binary pyopencl --dest "$directory/source" "pyopencl==$version"
    mkdir "$directory/unpacked"
    tar --extract --gzip --directory "$directory/unpacked" --strip-components 1 --file "$directory/source/pyopencl-$version.tar.gz"
    mv "$directory/unpacked/test" "$tests"
    ;;
  run)
    cd "$tests"
    # Without its cache of binaries, so that each program is built.
    PYOPENCL_NO_CACHE=1 PYOPENCL_TEST=portable "$directory/bin/python" -m pytest --quiet -p no:cacheprovider -W ignore -rA \
      --deselect test_array.py::test_xdg_cache_home "${@:3}" | grep -E '^(PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS) ' |
      grep -v fine.grain | sort
    exit "${PIPESTATUS[0]}"
    ;;
esac
