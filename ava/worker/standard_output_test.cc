// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/standard_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

namespace ava::worker::test {
namespace {

class Pipe {
 public:
  Pipe() {
    std::array<int, 2> ends = {-1, -1};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    out_ = UniqueFd(ends[0]);
    in = UniqueFd(ends[1]);
  }
  // What is in it now.
  std::string Text() {
    std::array<char, 64> text = {};
    const ssize_t bytes = read(out_.get(), text.data(), text.size());
    return {text.data(), static_cast<std::size_t>(bytes > 0 ? bytes : 0)};
  }
  bool HasWriter() {
    char byte = 0;
    return read(out_.get(), &byte, 1) != 0;
  }

  UniqueFd in;

 private:
  UniqueFd out_;
};

// Stands in a pipe for the test's own standard output.
class StandardOutputTest : public testing::Test {
 protected:
  StandardOutputTest() : own_(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)) {
    dup2(first_.in.get(), STDOUT_FILENO);
  }
  ~StandardOutputTest() override { dup2(own_.get(), STDOUT_FILENO); }

  static void Print(const char* text) { EXPECT_EQ(write(STDOUT_FILENO, text, 1), 1); }

  UniqueFd own_;
  Pipe first_;
  Pipe second_;
  StandardOutput output_;
};

TEST_F(StandardOutputTest, IsExchangedAndLetGoOf) {
  EXPECT_FALSE(output_.exchanged());
  ASSERT_TRUE(output_.Exchange(second_.in));
  EXPECT_TRUE(output_.exchanged());
  second_.in.Reset();
  Print("a");
  EXPECT_EQ(second_.Text(), "a");
  output_.LetGo();
  EXPECT_FALSE(output_.exchanged());
  EXPECT_FALSE(second_.HasWriter());
  Print("b");
  EXPECT_EQ(first_.Text(), "b");
}

TEST_F(StandardOutputTest, IsLetGoOfWhenTheLastWriterEnds) {
  ASSERT_TRUE(output_.Exchange(second_.in));
  second_.in.Reset();
  output_.BeginWriter();
  output_.BeginWriter();
  output_.LetGo();
  output_.EndWriter();
  Print("a");
  EXPECT_EQ(second_.Text(), "a") << "one may still print";
  output_.EndWriter();
  EXPECT_FALSE(second_.HasWriter());
}

TEST_F(StandardOutputTest, IsKeptWhenItIsExchangedAgainMeanwhile) {
  Pipe third;
  ASSERT_TRUE(output_.Exchange(second_.in));
  output_.BeginWriter();
  output_.LetGo();
  ASSERT_TRUE(output_.Exchange(third.in));
  output_.EndWriter();
  Print("a");
  EXPECT_EQ(third.Text(), "a");
}

TEST_F(StandardOutputTest, IsRestoredWhileOneWrites) {
  ASSERT_TRUE(output_.Exchange(second_.in));
  output_.BeginWriter();
  output_.LetGo();
  output_.Restore();
  Print("a");
  EXPECT_EQ(first_.Text(), "a");
  output_.EndWriter();
  EXPECT_FALSE(output_.exchanged());
}

TEST_F(StandardOutputTest, IsTheSameAfterADescriptorThatIsNone) {
  EXPECT_FALSE(output_.Exchange(UniqueFd()));
  EXPECT_FALSE(output_.exchanged());
  output_.LetGo();
  Print("a");
  EXPECT_EQ(first_.Text(), "a");
}

}  // namespace
}  // namespace ava::worker::test
