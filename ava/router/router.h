// SPDX-License-Identifier: Apache-2.0
#pragma once

// The first code on the host that a command meets: is it one that this session may send, and what
// did it use?
//
// Admit runs on the thread that holds the session's consumer role, before anything looks into the
// command; what it refuses ends the session, because no honest guest library sends it. The counting
// verbs run on any thread. Everything counted lands in the ledger (ava/wire/ledger.h), which the
// manager reads as a claim.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ava/router/gate.h"
#include "ava/router/quota.h"
#include "ava/wire/ledger.h"
#include "ava/wire/record.h"

namespace ava::router {

// One function of the API, by id.
struct FunctionRule {
  std::string_view name;
  std::uint32_t args_bytes = 0;  // fixed argument structure
  bool served = false;           // the worker has code for it
};

struct ResourceRule {
  std::string_view name;
  bool continuous = false;  // held until its owner dies; otherwise counted as events
};

// Of a continuous resource; one that the API does not have limits nothing.
struct QuotaRule {
  std::string_view resource;
  Quota quota;
};

struct Verdict {
  bool admitted = true;
  std::string reason;  // why the session ends
};

class Router {
 public:
  struct Options {
    std::span<const FunctionRule> functions;
    std::span<const ResourceRule> resources;
    std::span<const QuotaRule> quotas;
    // Which functions this session may call, by id; empty: all that are served.
    std::vector<bool> allowed;
    // The session's ledger; null: a private one.
    wire::Ledger* ledger = nullptr;
    // What holds its commands back.
    Gate::Options gate;
  };
  explicit Router(const Options& options);

  // `record`: header and payload, a private copy. Commands must come in the order of their numbers.
  Verdict Admit(const wire::CommandHeader& header, std::span<const std::byte> record);

  struct Traffic {
    std::uint64_t in_bytes = 0;
    std::uint64_t out_bytes = 0;
    bool waited = false;
    bool refused = false;  // answered without the vendor library
  };
  void CountCall(std::uint16_t function, const Traffic& traffic);
  void CountUpcall(std::uint64_t bytes);

  // Takes `amount` of a resource from the session's quota before a call that would hold it. False:
  // beyond the quota, and nothing was taken. Then either Account with `reserved`, or Unreserve.
  bool Reserve(std::uint16_t resource, std::uint64_t amount);
  void Unreserve(std::uint16_t resource, std::uint64_t amount);
  // Uses `amount` of a resource; of a continuous one until Release.
  void Account(std::uint16_t resource, std::uint64_t amount, bool reserved = false);
  void Release(std::uint16_t resource, std::uint64_t amount);
  std::uint64_t held(
      std::uint16_t resource) const;  // continuous: held now; otherwise: events so far

  // The most that the session can hold; Quota::kNoLimit without a quota.
  std::uint64_t limit(std::uint16_t resource) const { return quotas_[resource].limit(); }

  std::span<const FunctionRule> functions() const { return functions_; }
  const wire::Ledger& ledger() const { return *ledger_; }
  wire::LedgerTotals& totals() { return ledger_->totals; }
  wire::LedgerWatch& watch() { return ledger_->watch; }
  Gate& gate() { return gate_; }

 private:
  std::string Reject(const wire::CommandHeader& header, std::size_t bytes) const;
  std::uint64_t* LedgerWord(std::uint16_t resource);

  const std::vector<FunctionRule> functions_;
  const std::vector<ResourceRule> resources_;
  std::vector<Quota> quotas_;  // by resource
  const std::vector<bool> allowed_;
  std::unique_ptr<wire::Ledger> own_ledger_;
  wire::Ledger* const ledger_;
  Gate gate_;
  std::uint64_t next_sequence_ = 1;
  std::vector<std::atomic<std::uint64_t>> held_;
};

}  // namespace ava::router
