// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/object.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "ava/guest/fake_channel.h"

namespace ava::guest {
namespace {

using test::kEvent;
using test::kMemory;
using test::MemoryMetadata;

TEST(ObjectTable, JudgesAnyPointer) {
  Object* object = g_objects.Mint(kMemory);
  ASSERT_NE(object, nullptr);
  EXPECT_EQ(g_objects.Find(object, kMemory), object);
  EXPECT_EQ(g_objects.Find(object, kEvent), nullptr);
  EXPECT_EQ(g_objects.Find(nullptr, kMemory), nullptr);
  EXPECT_EQ(g_objects.Find(reinterpret_cast<char*>(object) + 8, kMemory), nullptr);
  EXPECT_EQ(g_objects.Find(reinterpret_cast<void*>(std::uintptr_t{0xdeadbeef}), kMemory), nullptr);
  EXPECT_EQ(g_objects.Find(object + wire::kHandlesMax, kMemory), nullptr);
  EXPECT_EQ(g_objects.Find(&object, kMemory), nullptr);
  g_objects.Release(*object);
  EXPECT_EQ(g_objects.Find(object, kMemory), nullptr);
}

TEST(ObjectTable, BeginsWithTheDispatchTable) {
  Object* object = g_objects.Mint(kEvent);
  EXPECT_EQ(*reinterpret_cast<const void* const*>(object), kApi.dispatch);
  g_objects.Release(*object);
}

TEST(ObjectTable, GivesASlotAnotherGeneration) {
  Object* first = g_objects.Mint(kEvent);
  const wire::HandleId id = first->id;
  g_objects.Release(*first);
  Object* second = g_objects.Mint(kEvent);
  EXPECT_EQ(second, first);
  EXPECT_NE(second->id, id);
  EXPECT_EQ(wire::HandleIndex(second->id), wire::HandleIndex(id));
  EXPECT_EQ(g_objects.FindMinted(id), nullptr);
  EXPECT_EQ(g_objects.FindMinted(second->id), second);
  g_objects.Release(*second);
}

TEST(ObjectTable, CountsReferencesAndHolds) {
  Object* object = g_objects.Mint(kEvent);
  ObjectTable::Retain(*object);
  ObjectTable::Hold(*object);
  g_objects.Release(*object);
  g_objects.Release(*object);
  EXPECT_EQ(object->references(), 0U);
  EXPECT_NE(g_objects.Find(object, kEvent), nullptr);
  g_objects.Unhold(*object);
  EXPECT_EQ(g_objects.Find(object, kEvent), nullptr);
}

TEST(ObjectTable, ChildrenKeepParents) {
  Object* parent = g_objects.Mint(kMemory);
  Object* child = g_objects.Mint(kMemory);
  g_objects.AddParent(*child, *parent);
  g_objects.Release(*parent);
  EXPECT_NE(g_objects.Find(parent, kMemory), nullptr);
  g_objects.Release(*child);
  EXPECT_EQ(g_objects.Find(parent, kMemory), nullptr);
}

TEST(ObjectTable, OwnsMetadata) {
  const int before = MemoryMetadata::alive;
  Object* object = g_objects.Mint(kMemory);
  EXPECT_EQ(MemoryMetadata::alive, before + 1);
  g_objects.Release(*object);
  EXPECT_EQ(MemoryMetadata::alive, before);
}

TEST(ObjectTable, ManyThreadsMintAndRelease) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int round = 0; round < 5000; ++round) {
        Object* one = g_objects.Mint(kEvent);
        Object* two = g_objects.Mint(kEvent);
        EXPECT_NE(one, two);
        EXPECT_EQ(g_objects.Find(one, kEvent), one);
        g_objects.Release(*one);
        g_objects.Release(*two);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace ava::guest
