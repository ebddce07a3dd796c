// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who makes and who maps a session's ledger (ava/wire/ledger.h).

#include <cstdint>

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"
#include "ava/wire/ledger.h"

namespace ava::control {

// A mapping of a ledger, and its memfd.
class LedgerPage {
 public:
  // By the manager: a sealed memfd, so that no worker can take it away under us.
  static Result<LedgerPage> Create(std::uint32_t functions);
  // By the worker, of the descriptor that it was given. Takes it over.
  static Result<LedgerPage> Open(UniqueFd fd);

  LedgerPage(LedgerPage&& other) noexcept;
  LedgerPage& operator=(LedgerPage&&) = delete;
  ~LedgerPage();

  int fd() const { return fd_.get(); }
  wire::Ledger& ledger() const { return *ledger_; }

 private:
  static Result<LedgerPage> Map(UniqueFd fd);
  LedgerPage(UniqueFd fd, wire::Ledger* ledger) : fd_(std::move(fd)), ledger_(ledger) {}

  UniqueFd fd_;
  wire::Ledger* ledger_;
};

}  // namespace ava::control
