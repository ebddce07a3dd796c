// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/kept_callback.h"

#include <gtest/gtest.h>

namespace ava::guest {
namespace {

int g_let_go = 0;
void LetGo(int* /*handle*/) { ++g_let_go; }
using Kept = KeptCallback<int*, int, &LetGo>;

struct Seen {
  int calls = 0;
  int let_go_before = -1;
};
void Notify(int* /*handle*/, int status, void* data) {
  auto* seen = static_cast<Seen*>(data);
  seen->calls += status;
  seen->let_go_before = g_let_go;
}

TEST(KeptCallback, LetsGoBehindTheCallback) {
  g_let_go = 0;
  Seen seen;
  void* data = nullptr;
  EXPECT_EQ(Kept::Keep(nullptr, &Notify, &seen, [&](void* given) { return data = given, 0; }), 0);
  EXPECT_EQ(g_let_go, 0);
  Kept::Run(nullptr, 1, data);
  EXPECT_EQ(seen.calls, 1);
  EXPECT_EQ(seen.let_go_before, 0);
  EXPECT_EQ(g_let_go, 1);
}

TEST(KeptCallback, LetsGoWhenItWasNotSet) {
  g_let_go = 0;
  Seen seen;
  void* data = nullptr;
  EXPECT_EQ(Kept::Keep(nullptr, &Notify, &seen, [&](void* given) { return data = given, -5; }), -5);
  EXPECT_EQ(g_let_go, 1);
  Kept::Run(nullptr, 1, data);
  EXPECT_EQ(seen.calls, 0) << "the program was told that it is not set";
  EXPECT_EQ(g_let_go, 1);
}

TEST(KeptCallback, LetsGoOnceWhenItComesBeforeItsCallFails) {
  g_let_go = 0;
  Seen seen;
  const auto set = [](void* data) {
    Kept::Run(nullptr, 1, data);
    return -5;
  };
  EXPECT_EQ(Kept::Keep(nullptr, &Notify, &seen, set), -5);
  EXPECT_EQ(seen.calls, 1);
  EXPECT_EQ(g_let_go, 1);
}

}  // namespace
}  // namespace ava::guest
