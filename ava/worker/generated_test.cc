// SPDX-License-Identifier: Apache-2.0

// What expressions of a spec rely on.

#include "ava/worker/generated.h"

#include "ava/worker/call_test.h"

namespace ava::worker::test {
namespace {

int g_gone = 0;
struct Noted {
  int value = 0;
  ~Noted() { ++g_gone; }
};

using GeneratedTest = CallTest;

TEST_F(GeneratedTest, MetadataIsOnePerObject) {
  ASSERT_TRUE(session.handles.Bind(Id(1), kMem, &objects[0]));
  MetadataOf<Noted>(&session, kMem, &objects[0])->value = 7;
  EXPECT_EQ(MetadataOf<Noted>(&session, kMem, &objects[0])->value, 7);
}

TEST_F(GeneratedTest, MetadataOutlivesTheLookAtIt) {
  ASSERT_TRUE(session.handles.Bind(Id(1), kMem, &objects[0]));
  g_gone = 0;
  Noted* noted = MetadataOf<Noted>(&session, kMem, &objects[0]);
  noted->value = 7;
  ASSERT_TRUE(session.handles.Release(Id(1)));  // as another thread of the guest may
  EXPECT_EQ(g_gone, 0);
  EXPECT_EQ(noted->value, 7);
}

TEST_F(GeneratedTest, UnknownObjectsDoNotShareMetadata) {
  g_gone = 0;
  Noted* first = MetadataOf<Noted>(&session, kMem, &objects[0]);
  Noted* second = MetadataOf<Noted>(&session, kMem, &objects[1]);
  EXPECT_NE(first, second);
  EXPECT_EQ(g_gone, 0);
  EXPECT_EQ(first->value, 0);
}

}  // namespace
}  // namespace ava::worker::test
