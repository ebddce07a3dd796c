// SPDX-License-Identifier: Apache-2.0
#include "apps/ava-worker/monitor.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <utility>

namespace ava {
namespace {

constexpr int kClosingRoundsMax = 100;
constexpr useconds_t kClosingPauseUs = 500;

// The channel's own thread reads the guest's last words; that it has them is a matter of
// microseconds.
std::string WaitForReason(const transport::WorkerChannel& channel) {
  for (int round = 0; round < kClosingRoundsMax && !channel.closed(); ++round) {
    usleep(kClosingPauseUs);
  }
  return channel.reason();
}

[[noreturn]] void EndProcess(const Watched& watched) {
  const std::string reason = WaitForReason(*watched.channel);
  const auto counts = watched.channel->wait_counts();
  wire::LedgerAddShared(watched.ledger.totals.worker_wakeups, counts.worker_wakeups);
  wire::LedgerAddShared(watched.ledger.totals.guest_wakeups, counts.guest_wakeups);
  watched.manager.Send(control::WorkerEnded{reason});
  _exit(0);
}

void Watch(const Watched& watched) {
  std::array<pollfd, 2> sources = {pollfd{watched.manager.fd(), POLLIN, 0},
                                   pollfd{watched.guest.get(), POLLRDHUP, 0}};
  for (;;) {
    if (poll(sources.data(), sources.size(), -1) < 0) continue;
    if (sources[1].revents != 0) EndProcess(watched);
    if (sources[0].revents == 0) continue;
    const auto end = watched.manager.Receive();
    if (!end) _exit(0);
    watched.channel->Close(end->reason.c_str());
    EndProcess(watched);
  }
}

}  // namespace

void StartMonitor(Watched watched) {
  std::thread([watched = std::move(watched)] { Watch(watched); }).detach();
}

}  // namespace ava
