// SPDX-License-Identifier: Apache-2.0
#pragma once

// A player in a process of its own, started again when it has died.

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace random_test {

class PlayerProcess {
 public:
  explicit PlayerProcess(std::vector<std::string> command) : command_(std::move(command)) {}
  PlayerProcess(const PlayerProcess&) = delete;
  PlayerProcess& operator=(const PlayerProcess&) = delete;
  ~PlayerProcess() { Stop(); }

  // The transcript, or how the player ended instead of giving one.
  std::string Play(std::string_view sequence);

  // The next sequence meets a fresh process.
  void Stop();

  // Ends of players, since the beginning.
  unsigned deaths() const { return deaths_; }

 private:
  void Start();
  std::string End(bool is_late);

  std::vector<std::string> command_;
  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
  unsigned deaths_ = 0;
};

// Such an end, as Play() returns it.
bool IsDeath(std::string_view transcript);

}  // namespace random_test
