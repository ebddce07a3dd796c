// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>
#include <tally.h>

struct tally {
  size_t capacity;
  size_t count;
  double* values;  // sorted
};

tally_status tally_create(size_t capacity, tally_t* tally) {
  if (tally == NULL || capacity == 0 || capacity > ((size_t)1 << 24)) return TALLY_BAD_VALUE;
  tally_t made = malloc(sizeof *made);
  double* values = malloc(capacity * sizeof *values);
  if (made == NULL || values == NULL) {
    free(made);
    free(values);
    return TALLY_FULL;
  }
  *made = (struct tally){.capacity = capacity, .count = 0, .values = values};
  *tally = made;
  return TALLY_OK;
}

tally_status tally_release(tally_t tally) {
  if (tally == NULL) return TALLY_BAD_TALLY;
  free(tally->values);
  free(tally);
  return TALLY_OK;
}

static int compare(const void* left, const void* right) {
  const double a = *(const double*)left;
  const double b = *(const double*)right;
  return (a > b) - (a < b);
}

tally_status tally_add(tally_t tally, const double* values, size_t count) {
  if (tally == NULL) return TALLY_BAD_TALLY;
  if (values == NULL) return TALLY_BAD_VALUE;
  if (count > tally->capacity - tally->count) return TALLY_FULL;
  memcpy(tally->values + tally->count, values, count * sizeof *values);
  tally->count += count;
  qsort(tally->values, tally->count, sizeof *values, compare);
  return TALLY_OK;
}

tally_status tally_sorted(tally_t tally, double* values, size_t capacity, size_t* count) {
  if (tally == NULL) return TALLY_BAD_TALLY;
  if (values != NULL) {
    const size_t copied = capacity < tally->count ? capacity : tally->count;
    memcpy(values, tally->values, copied * sizeof *values);
  }
  if (count != NULL) *count = tally->count;
  return TALLY_OK;
}

tally_status tally_summarize(tally_t tally, tally_summary* summary) {
  if (tally == NULL) return TALLY_BAD_TALLY;
  if (summary == NULL || tally->count == 0) return TALLY_BAD_VALUE;
  double sum = 0;
  for (size_t i = 0; i < tally->count; ++i) sum += tally->values[i];
  summary->count = tally->count;
  summary->least = tally->values[0];
  summary->most = tally->values[tally->count - 1];
  summary->mean = sum / (double)tally->count;
  return TALLY_OK;
}
