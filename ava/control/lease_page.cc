// SPDX-License-Identifier: Apache-2.0
#include "ava/control/lease_page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <limits>
#include <utility>

#include "ava/base/system_error.h"

namespace ava::control {
namespace {

constexpr const char* kName = "ava-lease";

}  // namespace

Result<LeasePage> LeasePage::Map(UniqueFd fd, int protection) {
  void* place = mmap(nullptr, sizeof(wire::Lease), protection, MAP_SHARED, fd.get(), 0);
  if (place == MAP_FAILED) return FailSystem("mmap", kName);
  return LeasePage(std::move(fd), static_cast<wire::Lease*>(place));
}

// The seal comes after our own mapping, which it leaves as it is.
Result<LeasePage> LeasePage::Create() {
  UniqueFd fd(memfd_create(kName, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return FailSystem("memfd_create", kName);
  if (ftruncate(fd.get(), sizeof(wire::Lease)) != 0) return FailSystem("ftruncate", kName);
  LeasePage page = AVA_TRY(Map(std::move(fd), PROT_READ | PROT_WRITE));
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
  if (fcntl(page.fd(), F_ADD_SEALS, kSeals) != 0) return FailSystem("fcntl(F_ADD_SEALS)", kName);
  wire::Lease& lease = page.lease();
  lease.magic = wire::kLeaseMagic;
  lease.version = wire::kLeaseVersion;
  lease.state = wire::kLeaseOpen;
  lease.parked = 1;
  lease.commands_limit = std::numeric_limits<std::uint64_t>::max();
  return page;
}

Result<LeasePage> LeasePage::Open(UniqueFd fd) {
  struct stat status{};
  if (fstat(fd.get(), &status) != 0) return FailSystem("fstat", kName);
  if (status.st_size != static_cast<off_t>(sizeof(wire::Lease))) {
    return Fail(ErrorCode::kInvalid, "the session's lease has a wrong size");
  }
  LeasePage page = AVA_TRY(Map(std::move(fd), PROT_READ));
  if (page.lease().magic != wire::kLeaseMagic || page.lease().version != wire::kLeaseVersion) {
    return Fail(ErrorCode::kInvalid, "the session's lease is of another version");
  }
  return page;
}

LeasePage::LeasePage(LeasePage&& other) noexcept
    : fd_(std::move(other.fd_)), lease_(std::exchange(other.lease_, nullptr)) {}

LeasePage::~LeasePage() {
  if (lease_ != nullptr) munmap(lease_, sizeof(wire::Lease));
}

}  // namespace ava::control
