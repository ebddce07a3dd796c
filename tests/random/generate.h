// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rapidcheck.h>

#include "tests/random/sequence.h"

namespace random_test {

// Sequences of up to about `size` operations; they shrink to shorter ones and to smaller operands.
rc::Gen<Sequence> Sequences();

}  // namespace random_test
