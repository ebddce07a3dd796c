// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a tenant's workers have compiled, as layers that nobody changes once they are there.
//
//   <directory>/<generation>/<layer>/...   files of the manager's, 0644 or 0755; directories 0777
//
// `directory` itself is the manager's alone, so the modes below it only count for who is given a
// layer: below an overlay mount a worker reads the files, cannot write them, and makes new ones
// beside them, in a layer of its own. What a session has built becomes the next layer. When a
// generation has too many, or too much, the next one has all that is worth keeping in one layer, as
// hard links; older generations go when nobody has them open.
//
// Several managers may share a store. Calls of one store may come from several threads.

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"

namespace ava::control {

struct CacheLimits {
  std::uint64_t files = 2048;
  std::uint64_t bytes = std::uint64_t{2} << 30;
};

struct CacheOwner {
  bool change = false;  // false: worker and manager are one user
  uid_t uid = 0;
};

class KernelStore {
 public:
  // Stays as it is, but for layers that are added, as long as this lives.
  struct Generation {
    std::uint64_t number = 0;
    UniqueFd directory;                 // holds a shared lock
    std::vector<std::uint64_t> layers;  // ascending, at least one
  };
  static constexpr std::size_t kLayersMax = 16;

  explicit KernelStore(std::string directory) : directory_(std::move(directory)) {}

  Result<void> Prepare() const;
  Result<Generation> Open() const;
  // Takes over what is new below `from_fd`, where no process writes any more: complete regular
  // files of `owner` with one name, which no layer has yet, at most as many as the limits allow. A
  // file may be moved or copied. Keeps the limits, the longest unused goes first; for a while a
  // generation may have twice as much, and one that a session holds stays as long as that.
  Result<void> Add(int from_fd, const CacheOwner& owner, const CacheLimits& limits) const;

 private:
  Result<void> AddLocked(int from_fd, const CacheOwner& owner, const CacheLimits& limits) const;
  Result<void> StartGeneration(const Generation& old, int built_fd,
                               const CacheLimits& limits) const;
  // How many generations there are still.
  std::size_t RemoveOld(std::uint64_t current) const;
  std::string Path(std::string_view name) const;

  std::string directory_;
};

// Walks a tree of layers or of a view into another one. Losing one file costs a compilation, so
// single failures are passed over.
class TreeWalk {
 public:
  virtual ~TreeWalk() = default;
  // `path` is that of the directories, relative to where both began, with a slash at its end.
  void Run(int from_fd, int to_fd, const std::string& path = {}, int depth = 0);

 protected:
  virtual void File(int from_fd, int to_fd, const std::string& path, const std::string& name,
                    const struct stat& status) = 0;
  // True: go into it.
  virtual bool MakeDirectory(int to_fd, const std::string& name) = 0;
  virtual bool HandOver(int) { return true; }

 private:
  void Below(int from_fd, int to_fd, const std::string& path, const std::string& name, int depth);
};

}  // namespace ava::control
