// SPDX-License-Identifier: Apache-2.0
#include "ava/base/check.h"

#include <stdio.h>
#include <stdlib.h>

namespace ava {

void CheckFailed(const char* file, int line, const char* condition) {
  // dprintf, since the program's stdio may be locked by the thread that got us here.
  dprintf(2, "ava: %s:%d: internal error: '%s' does not hold; please report this\n", file, line,
          condition);
  abort();
}

}  // namespace ava
