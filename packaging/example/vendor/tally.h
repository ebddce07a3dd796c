// SPDX-License-Identifier: Apache-2.0
#pragma once

// A small library, such as a vendor may ship: it sorts numbers that it is given.

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  TALLY_OK = 0,
  TALLY_BAD_TALLY = -1,  // not a tally, or one that is released
  TALLY_BAD_VALUE = -2,
  TALLY_FULL = -3,
  TALLY_LOST = -4,  // the device is gone
} tally_status;

typedef struct tally* tally_t;

typedef struct {
  size_t count;
  double least;
  double most;
  double mean;
} tally_summary;

// With room for so many numbers.
tally_status tally_create(size_t capacity, tally_t* tally);
tally_status tally_release(tally_t tally);
// All of them, or none: TALLY_FULL.
tally_status tally_add(tally_t tally, const double* values, size_t count);
// At most `capacity` numbers, the least first; `count` says how many there are.
tally_status tally_sorted(tally_t tally, double* values, size_t capacity, size_t* count);
// TALLY_BAD_VALUE: there is none yet.
tally_status tally_summarize(tally_t tally, tally_summary* summary);

#ifdef __cplusplus
}
#endif
