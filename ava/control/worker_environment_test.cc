// SPDX-License-Identifier: Apache-2.0
#include "ava/control/worker_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace ava::control {
namespace {

using testing::Contains;
using testing::Not;

TEST(WorkerEnvironment, PassesWhatTheApiDocuments) {
  WorkerSpec spec;
  spec.session_directory = "/run/s";
  spec.cache_directory = "/cache";
  spec.environment = {"POCL_DEBUG=1", "POCL_CACHE_DIR=/home/u/c", "SECRET=x", "MY_X=2"};
  spec.environment_patterns = {"MY_*"};
  const std::array<std::string_view, 1> api = {"POCL_*"};
  const auto environment = WorkerEnvironment(spec, api);
  EXPECT_THAT(environment, Contains("POCL_DEBUG=1"));
  EXPECT_THAT(environment, Contains("MY_X=2"));
  EXPECT_THAT(environment, Not(Contains("SECRET=x")));
  EXPECT_THAT(environment, Not(Contains("POCL_CACHE_DIR=/home/u/c")));
  EXPECT_THAT(environment, Contains("XDG_CACHE_HOME=/cache"));
  EXPECT_THAT(environment, Contains("AVA_INSIDE_WORKER=1"));
}

TEST(WorkerEnvironment, NoPatternLetsALoaderVariableThrough) {
  const std::array<std::string_view, 1> all = {"*"};
  for (const char* name : {"LD_PRELOAD", "LD_LIBRARY_PATH", "OCL_ICD_VENDORS", "AVA_URL", "HOME",
                           "TMPDIR", "GCONV_PATH", "POCL_CACHE_DIR", "CUDA_CACHE_PATH"}) {
    EXPECT_FALSE(MayPass(name, all)) << name;
  }
  EXPECT_TRUE(MayPass("POCL_DEVICES", all));
}

}  // namespace
}  // namespace ava::control
