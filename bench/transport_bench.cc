// SPDX-License-Identifier: Apache-2.0
//
// What the shared-memory transport costs, between two processes and without any API on top:
// build/release/bench/ transport_bench. The worker is a forked child that answers at once.
//
// Each run also measures how long a cache line takes between two threads ("line_ns"): on virtual
// machines that changes by the minute, and with it everything that crosses cores. Compare only runs
// whose line_ns agree.

#include <benchmark/benchmark.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "ava/base/check.h"
#include "ava/base/clock.h"
#include "ava/base/spin.h"
#include "ava/base/unique_fd.h"
#include "ava/transport/guest_channel.h"
#include "ava/transport/session_mapping.h"
#include "ava/transport/session_memory.h"
#include "ava/transport/shm_guest_channel.h"
#include "ava/transport/worker_channel.h"
#include "ava/wire/abi.h"

namespace {

using ava::transport::GuestChannel;
using ava::transport::ShmGuestChannel;
using ava::transport::WorkerChannel;
namespace transport = ava::transport;
namespace wire = ava::wire;

constexpr std::uint16_t kNothing = 1;
constexpr std::uint16_t kUpcall = 2;     // answered by an upcall
constexpr std::uint16_t kBlockDone = 3;  // the argument is a blob

double MedianLineNs() {
  constexpr int kTrips = 400;
  constexpr int kRounds = 9;
  alignas(64) std::atomic<int> turn{0};
  std::thread other([&] {
    for (int trip = 0; trip < kTrips * kRounds; ++trip) {
      while (turn.load(std::memory_order_acquire) != 1) ava::SpinPause();
      turn.store(0, std::memory_order_release);
    }
  });
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const std::int64_t start = ava::MonotonicNanoseconds();
    for (int trip = 0; trip < kTrips; ++trip) {
      turn.store(1, std::memory_order_release);
      while (turn.load(std::memory_order_acquire) != 0) ava::SpinPause();
    }
    rounds.push_back(static_cast<double>(ava::MonotonicNanoseconds() - start) / kTrips);
  }
  other.join();
  std::ranges::sort(rounds);
  return rounds[kRounds / 2];
}

void Serve(WorkerChannel& channel) {
  std::vector<std::byte> buffer(wire::kRecordBytesMax);
  while (channel.Receive(buffer, std::chrono::nanoseconds::max()) ==
         WorkerChannel::Next::kCommand) {
    wire::CommandHeader header;
    memcpy(&header, buffer.data(), sizeof header);
    if (header.function == kUpcall) {
      channel.Upcall({.bytes = 0, .kind = wire::kUpcallCallback, .callback = 0, .target = 0}, {});
    } else if (header.function == kBlockDone) {
      wire::Blob blob;
      memcpy(&blob, buffer.data() + sizeof header, sizeof blob);
      channel.MarkBlockDone(blob);
    }
    if (header.slot != wire::kNoSlot) channel.Reply(header.slot, {});
  }
}

class Events final : public transport::GuestChannelEvents {
 public:
  void OnUpcall(const wire::UpcallHeader&, std::span<const std::byte>) override {
    upcalls.fetch_add(1, std::memory_order_release);
  }
  void OnEnding(const char* /*reason*/) override {}
  void OnLost(const char* reason) override { std::fprintf(stderr, "session lost: %s\n", reason); }
  std::atomic<std::uint64_t> upcalls{0};
};

// A guest here, a worker in a child.
class Session {
 public:
  explicit Session(const transport::WorkerChannelOptions& options = {}) {
    ava::UniqueFd memory = *transport::CreateSessionMemory({});
    std::array<int, 2> ends = {};
    AVA_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    child_ = fork();
    if (child_ == 0) {
      close(ends[0]);
      auto channel = transport::OpenWorkerChannel(memory.Release(), ends[1], options);
      if (channel.has_value()) Serve(**channel);
      _exit(0);
    }
    close(ends[1]);
    transport::SessionMapping mapping;
    int error = 0;
    AVA_CHECK(mapping.Map(memory.get(), error) == nullptr);
    std::array<char, 256> text = {};
    guest_ = ShmGuestChannel::Attach(std::move(mapping), ava::UniqueFd(ends[0]), events_, text);
    AVA_CHECK(guest_ != nullptr);
    Call(kNothing);
  }
  ~Session() {
    guest_->Disconnect();
    waitpid(child_, nullptr, 0);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  GuestChannel& guest() { return *guest_; }
  Events& events() { return events_; }

  void Submit(std::uint16_t function, std::span<const std::byte> part,
              std::uint32_t slot = wire::kNoSlot) {
    wire::CommandHeader header = {};
    header.function = function;
    header.slot = slot;
    header.flags = slot == wire::kNoSlot ? 0 : wire::kCommandWaits;
    guest_->Submit(header, std::span(&part, 1));
  }
  void Call(std::uint16_t function) {
    const transport::Slot slot = guest_->AcquireSlot();
    Submit(function, {}, slot.index);
    guest_->Await(slot);
    guest_->ReleaseSlot(slot);
  }

 private:
  Events events_;
  pid_t child_ = -1;
  ShmGuestChannel* guest_ = nullptr;
};

transport::WorkerChannelOptions OptionsOf(const benchmark::State& state) {
  return {.yield_min = std::chrono::microseconds(state.range(1)),
          .yield_max = std::chrono::microseconds(state.range(1)),
          .reply_yield = std::chrono::microseconds(state.range(0))};
}

// Latencies one by one, for the median and the 99th percentile.
class Latencies {
 public:
  explicit Latencies(benchmark::State& state) : state_(state) { line_ns_ = MedianLineNs(); }
  ~Latencies() {
    if (times_.empty()) return;
    std::ranges::sort(times_);
    state_.counters["p50_ns"] = static_cast<double>(times_[times_.size() / 2]);
    state_.counters["p99_ns"] = static_cast<double>(times_[times_.size() * 99 / 100]);
    state_.counters["line_ns"] = line_ns_;
  }
  template <class Action>
  void Measure(Action&& action) {
    const std::int64_t start = ava::MonotonicNanoseconds();
    action();
    times_.push_back(ava::MonotonicNanoseconds() - start);
    state_.SetIterationTime(static_cast<double>(times_.back()) / 1e9);
  }

 private:
  benchmark::State& state_;
  double line_ns_ = 0;
  std::vector<std::int64_t> times_;
};

void RoundTrip(benchmark::State& state) {
  Session session(OptionsOf(state));
  Latencies latencies(state);
  for (auto _ : state) latencies.Measure([&] { session.Call(kNothing); });
}

void RoundTripAfterSleep(benchmark::State& state) {
  Session session(OptionsOf(state));
  Latencies latencies(state);
  for (auto _ : state) {
    usleep(1000);
    latencies.Measure([&] { session.Call(kNothing); });
  }
}

// The guest thread's share of a command that nobody waits for: 48 bytes of arguments, as of a
// launch.
void SubmitOnly(benchmark::State& state) {
  Session session;
  Latencies latencies(state);
  const std::array<std::byte, 48> arguments = {};
  constexpr int kBatch = 100;
  for (auto _ : state) {
    const std::int64_t start = ava::MonotonicNanoseconds();
    for (int i = 0; i < kBatch; ++i) session.Submit(kNothing, arguments);
    const auto elapsed = static_cast<double>(ava::MonotonicNanoseconds() - start);
    state.SetIterationTime(elapsed / 1e9 / kBatch);
    state.PauseTiming();
    session.Call(kNothing);  // Lets the worker catch up: this is not about back-pressure.
    state.ResumeTiming();
  }
}

// Commands for as long as it takes the worker to receive them all.
void Throughput(benchmark::State& state) {
  Session session;
  const std::array<std::byte, 48> arguments = {};
  constexpr int kBatch = 10000;
  for (auto _ : state) {
    for (int i = 0; i < kBatch; ++i) session.Submit(kNothing, arguments);
    session.Call(kNothing);
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}

void UpcallLatency(benchmark::State& state) {
  Session session;
  Latencies latencies(state);
  std::uint64_t expected = 0;
  for (auto _ : state) {
    latencies.Measure([&] {
      session.Submit(kUpcall, {});
      ++expected;
      while (session.events().upcalls.load(std::memory_order_acquire) != expected) sched_yield();
    });
  }
}

// Allocating a block, handing it over, and having it freed when the worker is done.
void BlockCycle(benchmark::State& state) {
  Session session;
  const auto bytes = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    const transport::Block block = session.guest().Allocate(bytes);
    session.guest().MarkInFlight(block);
    const wire::Blob blob = {.place = static_cast<std::uint32_t>(wire::Place::kArena),
                             .segment = block.segment,
                             .offset = block.offset,
                             .bytes = block.bytes};
    session.Submit(kBlockDone, std::as_bytes(std::span(&blob, 1)));
    session.guest().FreeWhenDone(block);
  }
}

void AllocateFree(benchmark::State& state) {
  Session session;
  const auto bytes = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) session.guest().Free(session.guest().Allocate(bytes));
}

const std::vector<std::vector<std::int64_t>> kWaits = {{0, 50}, {0, 50, 500}};

BENCHMARK(RoundTrip)
    ->ArgNames({"guest_yield_us", "worker_yield_us"})
    ->ArgsProduct(kWaits)
    ->UseManualTime();
BENCHMARK(RoundTripAfterSleep)
    ->ArgNames({"guest_yield_us", "worker_yield_us"})
    ->Args({50, 50})
    ->Args({50, 5000})
    ->UseManualTime()
    ->Iterations(1000);
BENCHMARK(SubmitOnly)->UseManualTime();
BENCHMARK(Throughput);
BENCHMARK(UpcallLatency)->UseManualTime();
BENCHMARK(BlockCycle)
    ->ArgName("bytes")
    ->Arg(16 << 10)
    ->Arg(256 << 10)
    ->Arg(16 << 20)
    ->Arg(17 << 20);
BENCHMARK(AllocateFree)->ArgName("bytes")->Arg(16 << 10)->Arg(1 << 20)->Arg(32 << 20);

}  // namespace

BENCHMARK_MAIN();
