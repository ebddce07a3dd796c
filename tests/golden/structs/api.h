// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct buffer_object* buffer_t;
typedef struct description {
  unsigned width;
  unsigned height;
  union {
    buffer_t buffer;
    buffer_t object;
  };
} description;

extern "C" {
int structUse(const description* what, unsigned num_more, const description* more);
description structGet(int which);
}
