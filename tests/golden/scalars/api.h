// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

extern "C" {
int scalarAdd(int a, int b);
double scalarMix(uint8_t a, int16_t b, uint64_t c, float d, double e);
void scalarNothing(void);
}
