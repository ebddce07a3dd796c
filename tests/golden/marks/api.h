// SPDX-License-Identifier: Apache-2.0
#pragma once

#define SINCE_1_0
#define SINCE_1_2 __attribute__((nothrow))
#define SINCE_1_1_DEPRECATED

extern "C" {
int marOld(int x) SINCE_1_0;
SINCE_1_2 int marNew(int x,  // SINCE_9_9 is in a comment
                     int y) SINCE_1_2;
int marGone(int x) SINCE_1_1_DEPRECATED;
int marPlain(int x);
}
