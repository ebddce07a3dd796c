// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who makes and who maps the page on which a tenant's sessions say what they hold
// (ava/wire/tenant_page.h).

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"
#include "ava/wire/tenant_page.h"

namespace ava::control {

// A mapping of a tenant's page, and its memfd.
class TenantMemory {
 public:
  // By the manager, sealed. `slots`: sessions at once, at most wire::kTenantSlotsMax.
  static Result<TenantMemory> Create(std::uint32_t slots);
  // By the worker, of the descriptor that it was given. Takes it over.
  static Result<TenantMemory> Open(UniqueFd fd);

  TenantMemory(TenantMemory&& other) noexcept;
  TenantMemory& operator=(TenantMemory&&) = delete;
  ~TenantMemory();

  int fd() const { return fd_.get(); }
  // A word for each session; a worker may have written anything.
  std::span<std::uint64_t> held() const { return {page_->held, slots_}; }

 private:
  static Result<TenantMemory> Map(UniqueFd fd);
  TenantMemory(UniqueFd fd, wire::TenantPage* page) : fd_(std::move(fd)), page_(page) {}

  UniqueFd fd_;
  wire::TenantPage* page_;
  std::size_t slots_ = 0;
};

// The pages of all tenants that have a session, by user. One thread.
class TenantMemories {
 public:
  explicit TenantMemories(std::uint32_t slots) : slots_(slots) {}
  TenantMemories(const TenantMemories&) = delete;
  TenantMemories& operator=(const TenantMemories&) = delete;

  // A session's word on its tenant's page, cleared and free again when this ends: keep it until the
  // session's worker is dead.
  class Slot {
   public:
    Slot(TenantMemories& owner, uid_t tenant, std::size_t index, int fd)
        : owner_(&owner), tenant_(tenant), index_(index), fd_(fd) {}
    Slot(Slot&& other) noexcept;
    Slot& operator=(Slot&&) = delete;
    ~Slot();

    std::size_t index() const { return index_; }
    int fd() const { return fd_; }

   private:
    TenantMemories* owner_;
    uid_t tenant_;
    std::size_t index_;
    int fd_;
  };
  // Fails when as many sessions as there are slots have one.
  Result<Slot> Take(uid_t tenant);

 private:
  struct Tenant {
    TenantMemory memory;
    std::vector<bool> taken;
  };
  void Give(uid_t tenant, std::size_t index);

  const std::uint32_t slots_;
  std::map<uid_t, Tenant> tenants_;
};

}  // namespace ava::control
