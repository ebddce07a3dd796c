#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Names the platforms and their devices.
exec clinfo -l
