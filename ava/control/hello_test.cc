// SPDX-License-Identifier: Apache-2.0
#include "ava/control/hello.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "ava/base/text.h"

namespace ava::control {
namespace {

struct Packet {
  wire::Hello hello{};
  std::string environment;
  std::string directory = "/home/u";

  Packet() {
    hello.magic = wire::kHelloMagic;
    hello.abi_version = wire::kAbiVersion;
    hello.functions = 7;
    SetText(hello.api, "opencl");
    SetText(hello.run_id, "run-1");
  }
  Result<GuestHello> Parse() {
    hello.environment_bytes = static_cast<std::uint32_t>(environment.size());
    hello.directory_bytes = static_cast<std::uint32_t>(directory.size());
    std::string bytes(reinterpret_cast<const char*>(&hello), sizeof hello);
    bytes += environment + directory;
    return ParseHelloUntrusted(std::as_bytes(std::span(bytes)));
  }
};

TEST(Hello, TakesApartWhatAGuestSends) {
  Packet packet;
  packet.environment = std::string("POCL_DEBUG=1\0POCL_DEVICES=a b\0", 30);
  const auto hello = packet.Parse();
  ASSERT_TRUE(hello.has_value()) << hello.error().message();
  EXPECT_EQ(hello->api, "opencl");
  EXPECT_EQ(hello->run_id, "run-1");
  EXPECT_EQ(hello->functions, 7U);
  EXPECT_EQ(hello->directory, "/home/u");
  EXPECT_EQ(hello->environment, (std::vector<std::string>{"POCL_DEBUG=1", "POCL_DEVICES=a b"}));
}

TEST(Hello, TellsAnotherVersionFromNonsense) {
  Packet packet;
  packet.hello.abi_version = 99;
  EXPECT_EQ(packet.Parse().error().code(), ErrorCode::kInvalid);
  packet.hello.magic = 0;
  EXPECT_EQ(packet.Parse().error().code(), ErrorCode::kViolation);
}

TEST(Hello, ChecksLengths) {
  Packet packet;
  packet.environment = std::string(wire::kEnvironmentBytesMax + 1, 'x');
  EXPECT_FALSE(packet.Parse().has_value());
  wire::Hello lying = Packet().hello;
  lying.directory_bytes = 4;
  EXPECT_FALSE(ParseHelloUntrusted(std::as_bytes(std::span(&lying, 1))).has_value());
  EXPECT_FALSE(ParseHelloUntrusted(std::as_bytes(std::span(&lying, 1)).first(10)).has_value());
}

TEST(Hello, NamesThatBecomePathsAreWords) {
  Packet packet;
  SetText(packet.hello.api, "../../evil");
  EXPECT_FALSE(packet.Parse().has_value());
  std::memset(packet.hello.api, 'a', sizeof packet.hello.api);
  EXPECT_EQ(packet.Parse()->api, std::string(sizeof packet.hello.api, 'a'));
}

TEST(Hello, VariablesWithoutANameAreDropped) {
  Packet packet;
  packet.environment = std::string("=x\0NONE\0A=\0", 11);
  EXPECT_EQ(packet.Parse()->environment, std::vector<std::string>{"A="});
}

TEST(NormalDirectory, StaysBelowTheRoot) {
  EXPECT_EQ(NormalDirectory("/a/../../b//c/."), "/b/c");
  EXPECT_EQ(NormalDirectory("/.."), "/");
  EXPECT_EQ(NormalDirectory("relative"), "/");
  EXPECT_EQ(NormalDirectory(std::string_view("/a\0b", 4)), "/");
  EXPECT_EQ(NormalDirectory(""), "/");
}

}  // namespace
}  // namespace ava::control
