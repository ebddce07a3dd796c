// SPDX-License-Identifier: Apache-2.0
#pragma once

// Asks a manager (admin.h).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"

namespace ava::control {

class AdminClient {
 public:
  static Result<AdminClient> Connect(const std::string& socket);

  // All lines of the answer but the last. `members`: of the request besides its name, as JSON:
  // "\"run_id\":\"r\"".
  Result<std::vector<std::string>> Ask(std::string_view request, std::string_view members = "");

  // Waits until the manager has ended. False: it has not, for so long.
  bool WaitForEnd(std::int64_t patience_ns);

  // While this descriptor is open, also in another process, the manager does not end for want of
  // work.
  int fd() const { return socket_.get(); }

 private:
  explicit AdminClient(UniqueFd socket) : socket_(std::move(socket)) {}
  Result<std::string> Receive();

  UniqueFd socket_;
};

}  // namespace ava::control
