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

typedef struct point {
  int x, y;
} point;
typedef struct label {
  const char* text;
  void* next;
  void* tag;
  buffer_t all[2];
  point at;
} label;

extern "C" {
int structMove(point where, point by);
int structWrite(const label* what);
int structUse(const description* what, unsigned num_more, const description* more);
description structGet(int which);
}
