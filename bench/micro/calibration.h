// SPDX-License-Identifier: Apache-2.0
#pragma once

// On a virtual machine whatever crosses cores costs 2.5 times as much in one minute as in the next,
// by what the outer host does. A ping-pong between two threads tells which it is, and only figures
// of the same state may be compared.

namespace bench {

// Nanoseconds for a round trip of a cache line between two threads: the median of some batches.
double PingPongNs();

}  // namespace bench
