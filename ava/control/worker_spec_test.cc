// SPDX-License-Identifier: Apache-2.0
#include "ava/control/worker_spec.h"

#include <gtest/gtest.h>

namespace ava::control {
namespace {

TEST(WorkerSpec, ComesOutAsItWentIn) {
  WorkerSpec spec;
  spec.session = 7;
  spec.api = "opencl";
  spec.digest[31] = 0xfe;
  spec.uid = 61000;
  spec.session_directory = "/home/\xff\xfe/caf\xc3\xa9";  // not UTF-8, and UTF-8
  spec.environment = {"POCL_A=\x80", "POCL_B=1"};
  spec.vendor_library = "/opt/vendor/libOpenCL.so";
  const auto fd = PutIntoMemory(ToJson(spec));
  ASSERT_TRUE(fd.has_value()) << fd.error().message();
  const auto read = ReadWorkerSpec(fd->get());
  ASSERT_TRUE(read.has_value()) << read.error().message();
  EXPECT_EQ(read->session, 7U);
  EXPECT_EQ(read->digest, spec.digest);
  EXPECT_EQ(read->session_directory, spec.session_directory);
  EXPECT_EQ(read->vendor_library, spec.vendor_library);
  EXPECT_EQ(read->environment, spec.environment);
}

TEST(WorkerSpec, RefusesAnythingElse) {
  EXPECT_FALSE(WorkerSpecFromJson("").has_value());
  EXPECT_FALSE(WorkerSpecFromJson("{\"session\": 1}").has_value());
  EXPECT_FALSE(WorkerSpecFromJson("[]").has_value());
}

}  // namespace
}  // namespace ava::control
