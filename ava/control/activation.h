// SPDX-License-Identifier: Apache-2.0
#pragma once

// A socket that systemd, or whoever speaks its protocol, opened before it started this program:
// descriptor 3, announced by LISTEN_PID and LISTEN_FDS (sd_listen_fds(3)).

#include <string>

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"

namespace ava::control {

struct ActivatedSocket {
  UniqueFd socket;      // none: nobody passed one to this process
  std::string address;  // as in Config::socket
};

// Removes the variables, which are meant for this process alone. kInvalid: what was passed is not
// one socket that a manager can listen on.
Result<ActivatedSocket> TakeActivatedSocket();

}  // namespace ava::control
