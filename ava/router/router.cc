// SPDX-License-Identifier: Apache-2.0
#include "ava/router/router.h"

#include <algorithm>

#include "ava/base/format.h"

namespace ava::router {
namespace {

constexpr std::uint16_t kKnownFlags = wire::kCommandWaits;
constexpr std::size_t kRecordAlignment = 16;

// The peak follows `now`; another thread may raise it meanwhile.
void RaisePeak(std::uint64_t& peak_word, std::uint64_t now) {
  std::atomic_ref<std::uint64_t> shared(peak_word);
  std::uint64_t peak = shared.load(std::memory_order_relaxed);
  while (peak < now && !shared.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
}

}  // namespace

Router::Router(const Options& options)
    : functions_(options.functions.begin(), options.functions.end()),
      resources_(options.resources.begin(), options.resources.end()),
      allowed_(options.allowed),
      own_ledger_(options.ledger == nullptr ? std::make_unique<wire::Ledger>() : nullptr),
      ledger_(options.ledger == nullptr ? own_ledger_.get() : options.ledger),
      gate_(options.gate, ledger_->watch),
      held_(options.resources.size()) {
  for (const ResourceRule& resource : resources_) {
    const auto rule = std::ranges::find(options.quotas, resource.name, &QuotaRule::resource);
    const bool limited = resource.continuous && rule != options.quotas.end();
    quotas_.push_back(limited ? rule->quota : Quota());
  }
}

Verdict Router::Admit(const wire::CommandHeader& header, std::span<const std::byte> record) {
  std::string reason = Reject(header, record.size());
  if (!reason.empty()) return {.admitted = false, .reason = std::move(reason)};
  ++next_sequence_;
  return {};
}

std::string Router::Reject(const wire::CommandHeader& header, std::size_t bytes) const {
  if (header.bytes != bytes || bytes % kRecordAlignment != 0 || bytes > wire::kRecordBytesMax) {
    return fmt::format("a record of {} bytes says that it has {}", bytes, header.bytes);
  }
  if (header.sequence != next_sequence_) {
    return fmt::format("command {} follows {}", header.sequence, next_sequence_ - 1);
  }
  if ((header.flags & ~kKnownFlags) != 0 || header.reserved != 0) {
    return fmt::format("command {} has unknown flags {:#x}", header.sequence, header.flags);
  }
  if (header.function >= wire::kSessionFunctionFirst) return {};
  if (header.function >= functions_.size()) {
    return fmt::format("function {} of {} does not exist", header.function, functions_.size());
  }
  const FunctionRule& function = functions_[header.function];
  if (!function.served) return fmt::format("'{}' is not served", function.name);
  if (!allowed_.empty() && (header.function >= allowed_.size() || !allowed_[header.function])) {
    return fmt::format("'{}' is not allowed to this session", function.name);
  }
  const std::size_t least = sizeof(wire::CommandHeader) + function.args_bytes;
  if (bytes < least) {
    return fmt::format("'{}' needs a record of {} bytes, this one has {}", function.name, least,
                       bytes);
  }
  return {};
}

void Router::CountCall(std::uint16_t function, const Traffic& traffic) {
  wire::LedgerRow& row = ledger_->by_function[wire::LedgerRowOf(function)];
  wire::LedgerTotals& totals = ledger_->totals;
  wire::LedgerAddShared(row.calls, 1);
  wire::LedgerAddShared(totals.calls, 1);
  wire::LedgerAddShared(row.in_bytes, traffic.in_bytes);
  wire::LedgerAddShared(totals.in_bytes, traffic.in_bytes);
  if (traffic.waited) {
    wire::LedgerAddShared(row.round_trips, 1);
    wire::LedgerAddShared(totals.round_trips, 1);
  }
  if (traffic.out_bytes != 0) {
    wire::LedgerAddShared(row.out_bytes, traffic.out_bytes);
    wire::LedgerAddShared(totals.out_bytes, traffic.out_bytes);
  }
  if (traffic.refused) wire::LedgerAddShared(totals.refused, 1);
}

void Router::CountUpcall(std::uint64_t bytes) {
  wire::LedgerAddShared(ledger_->totals.upcalls, 1);
  wire::LedgerAddShared(ledger_->totals.out_bytes, bytes);
}

// The two resources for which the ledger has a word go by these names in every spec.
std::uint64_t* Router::LedgerWord(std::uint16_t resource) {
  const std::string_view name = resources_[resource].name;
  if (name == "device_memory") return &ledger_->totals.memory_bytes;
  if (name == "kernel_launches") return &ledger_->totals.launches;
  return nullptr;
}

bool Router::Reserve(std::uint16_t resource, std::uint64_t amount) {
  return resource >= quotas_.size() || quotas_[resource].Take(amount);
}

void Router::Unreserve(std::uint16_t resource, std::uint64_t amount) {
  if (resource < quotas_.size()) quotas_[resource].GiveBack(amount);
}

void Router::Account(std::uint16_t resource, std::uint64_t amount, bool reserved) {
  if (resource >= resources_.size()) return;
  if (!reserved) quotas_[resource].Add(amount);
  const std::uint64_t now = held_[resource].fetch_add(amount, std::memory_order_relaxed) + amount;
  if (std::uint64_t* word = LedgerWord(resource)) wire::LedgerAddShared(*word, amount);
  if (resources_[resource].name == "device_memory")
    RaisePeak(ledger_->totals.memory_peak_bytes, now);
}

void Router::Release(std::uint16_t resource, std::uint64_t amount) {
  if (resource >= resources_.size() || !resources_[resource].continuous) return;
  std::uint64_t held = held_[resource].load(std::memory_order_relaxed);
  while (!held_[resource].compare_exchange_weak(held, held - std::min(held, amount),
                                                std::memory_order_relaxed)) {
  }
  quotas_[resource].GiveBack(std::min(held, amount));
  if (std::uint64_t* word = LedgerWord(resource))
    wire::LedgerAddShared(*word, -std::min(held, amount));
}

std::uint64_t Router::held(std::uint16_t resource) const {
  return resource < held_.size() ? held_[resource].load(std::memory_order_relaxed) : 0;
}

}  // namespace ava::router
