// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "ava/worker/generated.h"

namespace ava::worker {
namespace {

TEST(WithoutWords, LeavesOutWholeWordsAlone) {
  EXPECT_EQ(WithoutWords("ab abc b", {"ab"}), "abc b");
  EXPECT_EQ(WithoutWords("ab abc b", {"abc", "x"}), "ab b");
  EXPECT_EQ(WithoutWords("a b", {"b"}), "a ");
  EXPECT_EQ(WithoutWords("", {"b"}), "");
  EXPECT_EQ(WithoutWords("a  c ", {"b"}), "a  c ");
}

// A vendor library with two objects of 3 and 0 and 2 bytes.
struct Vendor {
  int Sizes(std::size_t capacity, void* value, std::size_t* bytes) const {
    if (bytes != nullptr) *bytes = 3 * sizeof(std::size_t);
    if (value == nullptr) return 0;
    if (capacity < 3 * sizeof(std::size_t)) return -30;
    const std::vector<std::size_t> sizes = {3, 0, 2};
    std::memcpy(value, sizes.data(), 3 * sizeof(std::size_t));
    return 0;
  }
  int Contents(std::size_t capacity, void* value, std::size_t* bytes) const {
    if (bytes != nullptr) *bytes = 3 * sizeof(void*);
    if (value == nullptr) return 0;
    if (capacity < 3 * sizeof(void*)) return -30;
    auto** pointers = static_cast<char**>(value);
    EXPECT_EQ(pointers[1], nullptr);
    std::memcpy(pointers[0], "abc", 3);
    std::memcpy(pointers[2], "de", 2);
    return 0;
  }
  int Ask(std::size_t capacity, void* value, std::size_t* bytes) const {
    return PointersValue(
        0, [&](auto... all) { return Contents(all...); },
        [&](auto... all) { return Sizes(all...); }, capacity, value, bytes);
  }
};

TEST(PointersValue, PutsContentsBehindEachOther) {
  std::string all(5, '.');
  std::size_t bytes = 0;
  EXPECT_EQ(Vendor().Ask(5, all.data(), &bytes), 0);
  EXPECT_EQ(all, "abcde");
  EXPECT_EQ(bytes, 5U);
}

TEST(PointersValue, NeverFollowsWhatAGuestSends) {
  std::vector<char*> wild(3, reinterpret_cast<char*>(8));
  std::size_t bytes = 0;
  EXPECT_EQ(Vendor().Ask(3 * sizeof(char*), wild.data(), &bytes), -30);
  EXPECT_EQ(Vendor().Ask(4, wild.data(), &bytes), -30);
  EXPECT_EQ(Vendor().Ask(0, nullptr, &bytes), 0);
}

}  // namespace
}  // namespace ava::worker
