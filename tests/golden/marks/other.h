// SPDX-License-Identifier: Apache-2.0
#pragma once

#define SINCE_2_0

extern "C" {
int marOther(int x) SINCE_2_0;
int marUnnamed(int x) SINCE_2_0;
}
