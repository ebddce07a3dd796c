// SPDX-License-Identifier: Apache-2.0

// A program that knows nothing of AvA: every error that the library has, and all that it can do.

#include <stdio.h>
#include <stdlib.h>
#include <tally.h>

enum { kMany = 100000, kShown = 4 };

static double* random_numbers(size_t count) {
  double* numbers = malloc(count * sizeof *numbers);
  unsigned state = 1;
  for (size_t i = 0; numbers != NULL && i < count; ++i) {
    state = state * 1103515245U + 12345U;
    numbers[i] = (double)(state >> 8U) / 1000.0;
  }
  return numbers;
}

int main(void) {
  tally_t tally = NULL;
  tally_summary summary;
  double shown[kShown] = {0};
  size_t count = 0;
  double* numbers = random_numbers(kMany);
  if (numbers == NULL) return 1;

  printf("create 0: %d\n", tally_create(0, &tally));
  printf("create: %d\n", tally_create(kMany + 2, &tally));
  printf("summarize nothing: %d\n", tally_summarize(tally, &summary));
  printf("add: %d\n", tally_add(tally, (const double[]){2.5, -1.0}, 2));
  printf("add many: %d\n", tally_add(tally, numbers, kMany));
  printf("add one too many: %d\n", tally_add(tally, numbers, 1));
  printf("add to none: %d\n", tally_add(NULL, numbers, 1));
  printf("sorted: %d\n", tally_sorted(tally, shown, kShown, &count));
  printf("of %zu: %.3f %.3f %.3f %.3f\n", count, shown[0], shown[1], shown[2], shown[3]);
  printf("sorted, count only: %d\n", tally_sorted(tally, NULL, 0, &count));
  printf("summarize: %d\n", tally_summarize(tally, &summary));
  printf("%zu from %.3f to %.3f, %.6f in the mean\n", summary.count, summary.least, summary.most,
         summary.mean);
  printf("release: %d\n", tally_release(tally));
  free(numbers);
  return 0;
}
