// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a compiler in this process reads in place of the machine's own files: the guest's.
//
//   <root>/home/u/x.h       the guest's /home/u/x.h, which its library has sent (Put)
//   Compile                 while one lives, its thread's file calls see the guest's files at the
//                           guest's own paths: the program catches them (Setup::compiling) and asks
//                           Resolve where each leads
//   own                     directories of the vendor library and of its caches: a path that is not
//                           the guest's leads there, and nowhere else
//
// Nothing is ever written outside the root, whatever a path says: each directory is opened below
// the one before, symbolic links are not followed. Files are replaced, never changed, so a build
// in another thread goes on with what it has opened.

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"

namespace ava::worker {

// What a session holds at one time.
inline constexpr std::size_t kGuestFilesMax = std::size_t{1} << 14;         // directories included
inline constexpr std::size_t kGuestFilesBytesMax = std::size_t{128} << 20;  // may be memory

class GuestFiles {
 public:
  struct Limits {
    std::size_t files = kGuestFilesMax;
    std::size_t bytes = kGuestFilesBytesMax;
  };
  struct Setup {
    std::string root;  // exists; empty: there are no files, and each Put is refused
    std::vector<std::string> own;
    // A thread begins to compile, or ends (null).
    void (*compiling)(const GuestFiles* files) = nullptr;
    Limits limits;
  };

  explicit GuestFiles(Setup setup);
  GuestFiles(const GuestFiles&) = delete;
  GuestFiles& operator=(const GuestFiles&) = delete;

  // The guest's file as it is now. Of these three the arguments are as the guest sent them, NULL
  // perhaps.
  Result<void> Put(const char* path, const void* data, std::size_t bytes);
  // Files that the guest does not have, or no longer. `paths`: each ends with a NUL.
  void Remove(const char* paths, std::size_t bytes);
  // Where the guest works, and from now on this process.
  Result<void> Enter(const char* directory);

  // The path to open for what a compiler calls `path`; none if there is no such file for it.
  std::optional<std::string> Resolve(const char* path) const;

  // This thread compiles for the guest.
  class Compile {
   public:
    explicit Compile(const GuestFiles& files) : files_(files) { files_.Tell(&files_); }
    ~Compile() { files_.Tell(nullptr); }
    Compile(const Compile&) = delete;
    Compile& operator=(const Compile&) = delete;

   private:
    const GuestFiles& files_;
  };

 private:
  void Tell(const GuestFiles* files) const {
    if (setup_.compiling != nullptr) setup_.compiling(files);
  }
  bool IsOwn(const char* path) const;
  // With mutex_ held. Names are normalised.
  Result<void> Replace(const std::string& name, std::span<const std::byte> content);
  Result<void> CheckLimits(const std::string& name, std::size_t bytes) const;
  Result<UniqueFd> OpenDirectory(const std::string& name);
  void Drop(const std::string& name);

  Setup setup_;
  mutable std::mutex mutex_;
  std::string directory_ = "/";
  std::map<std::string, std::size_t, std::less<>> files_;  // normalised name to bytes
  std::size_t entries_ = 0;                                // files and directories
  std::size_t bytes_ = 0;
};

// Says on standard error, which is the guest's, what went wrong; but not that there is no place,
// which no guest can mend. True when nothing did.
bool Told(const Result<void>& result);

}  // namespace ava::worker
