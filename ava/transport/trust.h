// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whose manager is that? Anybody can make a socket in /tmp, and who speaks to it hands over output,
// kernels and data. So a socket counts only when root or this process's user owns it: its file, the
// directory in which it lies, and, what decides, the process that listens.
//
// A user that this user namespace does not know is neither: root's manager outside a container that
// maps users is not trusted inside.

#include <span>

#include "ava/transport/address.h"

namespace ava::transport {

// Before connect(). What does not exist passes: connect() says so. False, with a line in `error`:
// it is somebody else's.
bool IsTrustedPlace(const UnixAddress& address, std::span<char> error);

// After connect(): who called listen(), from the kernel.
bool IsTrustedPeer(int socket, const UnixAddress& address, std::span<char> error);

}  // namespace ava::transport
