// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who makes and who maps a session's lease (ava/wire/lease.h).

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"
#include "ava/wire/lease.h"

namespace ava::control {

// A mapping of a lease, and its memfd.
class LeasePage {
 public:
  // By the manager, open and parked. Nobody who gets the descriptor can write there.
  static Result<LeasePage> Create();
  // By the worker, of the descriptor that it was given. Takes it over.
  static Result<LeasePage> Open(UniqueFd fd);

  LeasePage(LeasePage&& other) noexcept;
  LeasePage& operator=(LeasePage&&) = delete;
  ~LeasePage();

  int fd() const { return fd_.get(); }
  // Of one that was made with Open, to read only.
  wire::Lease& lease() const { return *lease_; }

 private:
  static Result<LeasePage> Map(UniqueFd fd, int protection);
  LeasePage(UniqueFd fd, wire::Lease* lease) : fd_(std::move(fd)), lease_(lease) {}

  UniqueFd fd_;
  wire::Lease* lease_;
};

}  // namespace ava::control
