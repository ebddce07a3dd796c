// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/api.h"
#include "ava/transport/guest_channel.h"

namespace ava::guest {

const Connector kTransportConnector = {
    .connect = &transport::Connect,
    .abandon_after_fork = &transport::AbandonAfterFork,
};

}  // namespace ava::guest
