// SPDX-License-Identifier: Apache-2.0

#include "lapis/diag/diagnostics.h"

#include <gtest/gtest.h>

#include "lapis/source/source.h"

namespace lapis::diag {
namespace {

TEST(Diagnostics, PointAtTheText) {
  source::Sources sources;
  const int file = sources.Add("a.lapis", "first\n\tsecond line\n");
  Diagnostics diagnostics(sources);
  diagnostics.Report(kExpected, source::Span{file, 14, 18}, "';'")
      .At(diagnostics.PlaceOf({file, 0, 5}), "opened here");
  EXPECT_EQ(diagnostics.Text(),
            "a.lapis:2:9: error: expected ';' [lapis-0005]\n"
            "  \tsecond line\n"
            "  \t       ^~~~\n"
            "a.lapis:1:1: note: opened here\n"
            "  first\n"
            "  ^~~~~\n");
}

TEST(Diagnostics, SayAThingOnce) {
  source::Sources sources;
  const int file = sources.Add("a.lapis", "text");
  Diagnostics diagnostics(sources);
  for (int i = 0; i < 3; ++i) diagnostics.Report(kStrayCharacter, source::Span{file, 1, 2}, "e");
  EXPECT_EQ(diagnostics.all().size(), 1U);
}

TEST(Diagnostics, AreSortedByPlace) {
  source::Sources sources;
  const int file = sources.Add("a.lapis", "a\nb\n");
  Diagnostics diagnostics(sources);
  diagnostics.Report(kStrayCharacter, source::Span{file, 2, 3}, "b");
  diagnostics.Report(kStrayCharacter, source::Span{file, 0, 1}, "a");
  EXPECT_EQ(diagnostics.Sorted().front().place.line, 1);
}

TEST(Diagnostics, AreJsonForEditors) {
  source::Sources sources;
  const int file = sources.Add("a.lapis", "text");
  Diagnostics diagnostics(sources);
  diagnostics.Report(kStrayCharacter, source::Span{file, 1, 2}, "e");
  const std::string json = diagnostics.Json();
  EXPECT_NE(json.find("\"id\": \"lapis-0002\""), std::string::npos);
  EXPECT_NE(json.find("\"column\": 2"), std::string::npos);
}

TEST(DidYouMean, ProposesWhatIsNear) {
  EXPECT_EQ(DidYouMean("asinc", {"sync", "async", "blocking"}), "; did you mean 'async'?");
  EXPECT_EQ(DidYouMean("completely", {"in", "out"}), "");
  EXPECT_EQ(DidYouMean("x", {}), "");
}

}  // namespace
}  // namespace lapis::diag
