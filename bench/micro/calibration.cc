// SPDX-License-Identifier: Apache-2.0
#include "bench/micro/calibration.h"

#include <sched.h>

#include <atomic>
#include <cstdint>
#include <thread>

#include "bench/micro/samples.h"

namespace bench {
namespace {

constexpr uint32_t kBatches = 30;
constexpr uint32_t kTripsPerBatch = 50;
constexpr int kSpinsBeforeYield =
    10000;  // Where both threads share a core, spinning alone is slow.

class Turn {
 public:
  void Await(uint32_t wanted) const {
    // Partner: Give. Acquire, although nothing but the counter itself is handed over.
    for (int spins = 0; value_.load(std::memory_order_acquire) != wanted; ++spins) {
      if (spins > kSpinsBeforeYield) sched_yield();
    }
  }

  void Give(uint32_t next) { value_.store(next, std::memory_order_release); }

 private:
  alignas(64) std::atomic<uint32_t> value_ = 0;
};

}  // namespace

double PingPongNs() {
  constexpr uint32_t kTrips = kBatches * kTripsPerBatch;
  Turn there;
  Turn back;
  std::thread echo([&] {
    for (uint32_t trip = 1; trip <= kTrips; ++trip) {
      there.Await(trip);
      back.Give(trip);
    }
  });
  uint32_t trip = 0;
  const Samples samples = TimeBatches(kBatches, kTripsPerBatch, [&] {
    there.Give(++trip);
    back.Await(trip);
  });
  echo.join();
  return Quantile(samples, 0.5);
}

}  // namespace bench
