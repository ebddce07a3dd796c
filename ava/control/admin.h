// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a manager answers to `ava`: JSON lines on the guests' own socket, told from a guest's
// message by their first byte, '{'. One request a packet; the answer is any number of packets and a
// last one with "end".
//
//   {"request": "ping"}                       {"manager": {...}}
//   {"request": "ps", "from": 0}              one line a session; root and the manager's owner see
//   everybody's
//   {"request": "stats", "run_id": "..."}     one line a session of that run, with rows by function
//   {"request": "policy"}                     {"policy": "fair", "tenants": [...], ...}
//   {"request": "policy", "name": "file", "text": "[scheduler]..."}
//                                             the same, afterwards: what a settings file of this
//                                             text says of the scheduler; root and the owner
//   {"request": "shutdown"}                   root and the owner
//                                             {"end": true, "next": 17}: ask again, from 17; null:
//                                             that was all
//                                             {"error": "..."}
//
// As long as a connection is open that has asked something, its manager does not end for want of
// work.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ava/base/result.h"
#include "ava/control/session_record.h"
#include "ava/control/socket.h"

namespace ava::control {

inline constexpr std::size_t kRequestBytesMax = std::size_t{32} * 1024;
// Of one answer; what is more is asked for again. Both fit a socket's buffer before the first line
// is read, since nobody waits for a reader.
inline constexpr std::size_t kAnswerBytesMax = std::size_t{64} * 1024;
inline constexpr std::size_t kAnswerLinesMax = 64;

// What the answers are made of.
class AdminSource {
 public:
  virtual ~AdminSource() = default;
  virtual uid_t owner() const = 0;
  virtual std::string DescribeManager() const = 0;  // a JSON object
  virtual std::vector<SessionRecord> Sessions() const = 0;
  virtual const EndedSessions& Ended() const = 0;
  virtual std::string DescribePolicy() const = 0;  // a JSON object
  virtual Result<void> ChangePolicy(std::string_view text, std::string_view name) = 0;
  virtual void Shutdown(const std::string& reason) = 0;
};

// The lines to send back, in order.
std::vector<std::string> AnswerUntrusted(std::string_view request, const Peer& peer,
                                         AdminSource& source);

}  // namespace ava::control
