// SPDX-License-Identifier: Apache-2.0
#include "ava/control/ledger_page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "ava/base/system_error.h"

namespace ava::control {
namespace {

constexpr const char* kName = "ava-ledger";

}  // namespace

Result<LedgerPage> LedgerPage::Map(UniqueFd fd) {
  void* place =
      mmap(nullptr, sizeof(wire::Ledger), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (place == MAP_FAILED) return FailSystem("mmap", kName);
  return LedgerPage(std::move(fd), static_cast<wire::Ledger*>(place));
}

Result<LedgerPage> LedgerPage::Create(std::uint32_t functions) {
  UniqueFd fd(memfd_create(kName, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return FailSystem("memfd_create", kName);
  if (ftruncate(fd.get(), sizeof(wire::Ledger)) != 0) return FailSystem("ftruncate", kName);
  if (fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return FailSystem("fcntl(F_ADD_SEALS)", kName);
  }
  LedgerPage page = AVA_TRY(Map(std::move(fd)));
  page.ledger().magic = wire::kLedgerMagic;
  page.ledger().version = wire::kLedgerVersion;
  page.ledger().functions = std::min(functions, wire::kLedgerFunctions);
  return page;
}

Result<LedgerPage> LedgerPage::Open(UniqueFd fd) {
  struct stat status{};
  if (fstat(fd.get(), &status) != 0) return FailSystem("fstat", kName);
  if (status.st_size != static_cast<off_t>(sizeof(wire::Ledger))) {
    return Fail(ErrorCode::kInvalid, "the session's ledger has a wrong size");
  }
  LedgerPage page = AVA_TRY(Map(std::move(fd)));
  if (page.ledger().magic != wire::kLedgerMagic || page.ledger().version != wire::kLedgerVersion) {
    return Fail(ErrorCode::kInvalid, "the session's ledger is of another version");
  }
  return page;
}

LedgerPage::LedgerPage(LedgerPage&& other) noexcept
    : fd_(std::move(other.fd_)), ledger_(std::exchange(other.ledger_, nullptr)) {}

LedgerPage::~LedgerPage() {
  if (ledger_ != nullptr) munmap(ledger_, sizeof(wire::Ledger));
}

}  // namespace ava::control
