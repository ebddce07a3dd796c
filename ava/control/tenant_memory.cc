// SPDX-License-Identifier: Apache-2.0
#include "ava/control/tenant_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "ava/base/format.h"
#include "ava/base/system_error.h"

namespace ava::control {
namespace {

constexpr const char* kName = "ava-tenant";

}  // namespace

Result<TenantMemory> TenantMemory::Map(UniqueFd fd) {
  void* place =
      mmap(nullptr, sizeof(wire::TenantPage), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (place == MAP_FAILED) return FailSystem("mmap", kName);
  return TenantMemory(std::move(fd), static_cast<wire::TenantPage*>(place));
}

Result<TenantMemory> TenantMemory::Create(std::uint32_t slots) {
  UniqueFd fd(memfd_create(kName, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return FailSystem("memfd_create", kName);
  if (ftruncate(fd.get(), sizeof(wire::TenantPage)) != 0) return FailSystem("ftruncate", kName);
  if (fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return FailSystem("fcntl(F_ADD_SEALS)", kName);
  }
  TenantMemory memory = AVA_TRY(Map(std::move(fd)));
  memory.slots_ = std::min(slots, wire::kTenantSlotsMax);
  memory.page_->magic = wire::kTenantMagic;
  memory.page_->version = wire::kTenantVersion;
  memory.page_->slots = static_cast<std::uint32_t>(memory.slots_);
  return memory;
}

Result<TenantMemory> TenantMemory::Open(UniqueFd fd) {
  struct stat status{};
  if (fstat(fd.get(), &status) != 0) return FailSystem("fstat", kName);
  if (status.st_size != static_cast<off_t>(sizeof(wire::TenantPage))) {
    return Fail(ErrorCode::kInvalid, "the tenant's page has a wrong size");
  }
  TenantMemory memory = AVA_TRY(Map(std::move(fd)));
  if (memory.page_->magic != wire::kTenantMagic || memory.page_->version != wire::kTenantVersion) {
    return Fail(ErrorCode::kInvalid, "the tenant's page is of another version");
  }
  memory.slots_ = std::min(std::atomic_ref(memory.page_->slots).load(), wire::kTenantSlotsMax);
  return memory;
}

TenantMemory::TenantMemory(TenantMemory&& other) noexcept
    : fd_(std::move(other.fd_)),
      page_(std::exchange(other.page_, nullptr)),
      slots_(std::exchange(other.slots_, 0)) {}

TenantMemory::~TenantMemory() {
  if (page_ != nullptr) munmap(page_, sizeof(wire::TenantPage));
}

Result<TenantMemories::Slot> TenantMemories::Take(uid_t uid) {
  auto found = tenants_.find(uid);
  if (found == tenants_.end()) {
    TenantMemory memory = AVA_TRY(TenantMemory::Create(slots_));
    const std::size_t slots = memory.held().size();
    found = tenants_.emplace(uid, Tenant{std::move(memory), std::vector<bool>(slots)}).first;
  }
  Tenant& tenant = found->second;
  const auto free = std::ranges::find(tenant.taken, false);
  if (free == tenant.taken.end()) {
    return Fail(ErrorCode::kExhausted,
                fmt::format("user {} has {} sessions already, some of them about to end", uid,
                            tenant.taken.size()));
  }
  *free = true;
  return Slot(*this, uid, static_cast<std::size_t>(free - tenant.taken.begin()),
              tenant.memory.fd());
}

void TenantMemories::Give(uid_t uid, std::size_t index) {
  const auto found = tenants_.find(uid);
  std::atomic_ref(found->second.memory.held()[index]).store(0);
  found->second.taken[index] = false;
  if (std::ranges::none_of(found->second.taken, [](bool taken) { return taken; }))
    tenants_.erase(found);
}

TenantMemories::Slot::Slot(Slot&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)),
      tenant_(other.tenant_),
      index_(other.index_),
      fd_(other.fd_) {}

TenantMemories::Slot::~Slot() {
  if (owner_ != nullptr) owner_->Give(tenant_, index_);
}

}  // namespace ava::control
