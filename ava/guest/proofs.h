// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the vendor library has accepted, so that the like of it need not be waited for:
// docs/decisions/0002-wait-until-proven.md.
//
// A proof is a hash of a function and of everything in its arguments that decides whether the
// vendor library accepts the call. It is kept with one object, the owner, and says something about
// calls with that owner alone. Proofs of calls that depend on what the owner's setters have set
// have the owner's state in the hash: it is another one as soon as a setter has succeeded with
// another proof.
//
// Everything here errs to one side: what is forgotten costs a round trip, and never an answer.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace ava::guest {

// One word of many, never 0.
inline std::uint64_t ProofOf(std::initializer_list<std::uint64_t> words) {
  std::uint64_t hash = 0;
  for (const std::uint64_t word : words) {
    hash ^= word + 0x9e3779b97f4a7c15U + (hash << 6U) + (hash >> 2U);
    hash *= 0xff51afd7ed558ccdU;
    hash ^= hash >> 32U;
  }
  return hash == 0 ? 1 : hash;
}
// Of an array's contents; NULL is like no contents.
std::uint64_t ProofOf(const void* data, std::size_t bytes);

class ProofSet {
 public:
  // 0 is no proof and never there.
  bool Has(std::uint64_t proof) const {
    return proof != 0 && proofs_[proof % kProofs].load(std::memory_order_acquire) == proof;
  }
  // May push out another one.
  void Add(std::uint64_t proof) {
    if (proof != 0) proofs_[proof % kProofs].store(proof, std::memory_order_release);
  }

  // What the owner's setters have set.
  std::uint64_t state() const { return state_.load(std::memory_order_acquire); }
  // The setter that `setter` names has succeeded with this proof; 0: a value like no other.
  void Set(std::uint64_t setter, std::uint64_t proof);

 private:
  static constexpr std::size_t kProofs = 61;
  static constexpr std::size_t kSetters = 64;

  struct Value {
    std::atomic<std::uint64_t> setter{0};
    std::atomic<std::uint64_t> proof{0};
  };

  std::array<std::atomic<std::uint64_t>, kProofs> proofs_ = {};
  std::array<Value, kSetters> values_ = {};  // open addressing; setters never leave
  std::atomic<std::uint64_t> state_{0};      // all values, each hashed, by exclusive or
};

// The spec's metadata of a type whose objects own proofs.
template <class Metadata>
struct WithProofs : Metadata {
  ProofSet ava_proofs;
};

}  // namespace ava::guest
