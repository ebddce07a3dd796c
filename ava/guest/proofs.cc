// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/proofs.h"

#include <cstring>

namespace ava::guest {
namespace {

// A value that no other call has given.
std::uint64_t Unlike() {
  static std::atomic<std::uint64_t> next{1};
  return ProofOf({~std::uint64_t{0}, next.fetch_add(1, std::memory_order_relaxed)});
}

}  // namespace

std::uint64_t ProofOf(const void* data, std::size_t bytes) {
  if (data == nullptr) return 1;
  std::uint64_t hash = ProofOf({bytes});
  const auto* from = static_cast<const unsigned char*>(data);
  for (std::size_t at = 0; at < bytes; at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    const std::size_t left = bytes - at;
    std::memcpy(&word, from + at, left < sizeof(word) ? left : sizeof(word));
    hash = ProofOf({hash, word});
  }
  return hash;
}

void ProofSet::Set(std::uint64_t setter, std::uint64_t proof) {
  if (proof == 0) proof = Unlike();
  for (std::size_t i = 0; i < kSetters; ++i) {
    Value& value = values_[(setter + i) % kSetters];
    std::uint64_t found = value.setter.load(std::memory_order_acquire);
    if (found == 0 && value.setter.compare_exchange_strong(found, setter)) found = setter;
    if (found != setter) continue;
    if (value.proof.load(std::memory_order_relaxed) == proof) return;
    const std::uint64_t before = value.proof.exchange(proof);
    const std::uint64_t gone = before == 0 ? 0 : ProofOf({setter, before});
    state_.fetch_xor(gone ^ ProofOf({setter, proof}), std::memory_order_acq_rel);
    return;
  }
  // More setters than there is room for: from now on nothing is like anything before.
  state_.fetch_xor(Unlike(), std::memory_order_acq_rel);
}

}  // namespace ava::guest
