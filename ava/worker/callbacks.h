// SPDX-License-Identifier: Apache-2.0
#pragma once

// The guest's callbacks that the vendor library knows through trampolines of ours. What a
// trampoline gets as its user data is a key into this table and never a pointer, so that a library
// that calls too often, or too late, finds nothing.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "ava/worker/handle_table.h"

namespace ava::worker {

struct Callback {
  std::uint64_t guest_id = 0;
  bool once = false;
  bool early = false;           // Call::CallbacksComeEarly
  std::vector<HandleId> holds;  // kept known until it has fired
  // What the call that takes the callback will return: the library may show it here before that.
  HandleId result = 0;  // 0: the callback does not hold it
  TypeId result_type = 0;
};

class Callbacks {
 public:
  // The key for the trampoline, never 0; 0: too many are registered.
  std::uintptr_t Register(Callback callback);
  // An object that the call itself has created, or one of its parameters. False: it has fired
  // already.
  bool AddHold(std::uintptr_t key, HandleId id);
  void SetEarly(std::uintptr_t key);
  // The call failed: the library will not call. Returns what it held.
  std::vector<HandleId> Cancel(std::uintptr_t key);
  // The library calls. Null: unknown or fired before. Else Fired follows, when the call is done
  // with.
  std::unique_ptr<Callback> Fire(std::uintptr_t key);
  void Fired();
  // None is registered and none is being called: the library has no reason to call any more.
  bool quiet() const;
  bool Has(std::uintptr_t key) const;
  // True also of one that has fired: nothing else is forgotten.
  bool IsOnce(std::uintptr_t key) const;
  std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::uintptr_t next_key_ = 1;
  std::size_t running_ = 0;  // between Fire and Fired
  std::unordered_map<std::uintptr_t, Callback> callbacks_;
};

}  // namespace ava::worker
