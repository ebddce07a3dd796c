// SPDX-License-Identifier: Apache-2.0
#pragma once

// A callback of the program's for which something is kept until it has run: the API is given
// another one in its place. What is kept goes once: behind the callback, or when the call that was
// to set it has failed. Of such a call the callback may come all the same (the worker was lost, or
// the vendor library had called it before); then it is too late.

#include <atomic>

namespace ava::guest {

template <class Handle, class Status, void (*kLetGo)(Handle)>
class KeptCallback {
 public:
  using Notify = void (*)(Handle, Status, void*);

  // `set` is given the data for Run, and returns 0 if Run will come.
  template <class Set>
  static auto Keep(Handle handle, Notify notify, void* user_data, Set set) {
    auto* const kept = new KeptCallback(notify, user_data);
    const auto code = set(static_cast<void*>(kept));
    if (code != 0 && !kept->over_.exchange(true)) kLetGo(handle);
    // What Run would have freed stays, in case it still comes.
    kept->Drop();
    return code;
  }

  static void Run(Handle handle, Status status, void* data) {
    auto* const kept = static_cast<KeptCallback*>(data);
    if (!kept->over_.exchange(true)) {
      kept->notify_(handle, status, kept->user_data_);
      kLetGo(handle);
    }
    kept->Drop();
  }

 private:
  KeptCallback(Notify notify, void* user_data) : notify_(notify), user_data_(user_data) {}
  void Drop() {
    if (owners_.fetch_sub(1) == 1) delete this;
  }

  const Notify notify_;
  void* const user_data_;
  std::atomic<int> owners_ = 2;  // Keep and Run
  std::atomic<bool> over_ = false;
};

}  // namespace ava::guest
