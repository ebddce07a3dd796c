// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/include_scan.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

namespace ava::guest {
namespace {

// A directory of its own, which is also the working directory.
class CollectIncludesTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(getcwd(before_, sizeof(before_)), nullptr);
    char name[] = "/tmp/ava-include-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    root_ = name;
    ASSERT_EQ(chdir(name), 0);
  }
  void TearDown() override {
    ASSERT_EQ(chdir(before_), 0);
    for (auto path = made_.rbegin(); path != made_.rend(); ++path)
      remove((root_ + "/" + *path).c_str());
    rmdir(root_.c_str());
  }

  void Directory(const std::string& path) {
    ASSERT_EQ(mkdir(path.c_str(), 0755), 0);
    made_.push_back(path);
  }
  void File(const std::string& path, const std::string& content) {
    std::FILE* file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    std::fwrite(content.data(), 1, content.size(), file);
    std::fclose(file);
    made_.push_back(path);
  }

  // "path -> absolute path below the root", one a line.
  std::string Scan(const std::string& source, const std::string& options = "") {
    std::string found;
    CollectIncludes(source, options, [&](const IncludedFile& file) {
      const std::string absolute = file.absolute_path;
      found += std::string(file.path) + " -> " +
               (absolute.starts_with(root_ + "/") ? absolute.substr(root_.size() + 1) : absolute) +
               "\n";
    });
    return found;
  }

  std::string root_;
  std::vector<std::string> made_;
  char before_[4096] = {};
};

TEST_F(CollectIncludesTest, FindsQuotedAndAngled) {
  File("a.h", "int a;");
  Directory("inc");
  File("inc/b.h", "");
  EXPECT_EQ(
      Scan("#include \"a.h\"\n  #  include <b.h> // b\n#include <math.h>\n", "-cl-fast -I inc"),
      "a.h -> a.h\ninc/b.h -> inc/b.h\n");
}

TEST_F(CollectIncludesTest, FollowsFromTheIncludersDirectory) {
  Directory("inc");
  Directory("inc/deep");
  File("inc/a.h", "#include \"deep/b.h\"\n");
  File("inc/deep/b.h", "#include \"../c.h\"\n#include \"deep/b.h\"");
  File("inc/c.h", "#include \"a.h\"\n");
  EXPECT_EQ(Scan("#include \"a.h\"", "-Iinc"),
            "inc/a.h -> inc/a.h\ninc/deep/b.h -> inc/deep/b.h\ninc/deep/../c.h -> inc/c.h\n");
}

TEST_F(CollectIncludesTest, TakesEachFileOnce) {
  File("a.h", "#include \"a.h\"\n#include \"./a.h\"\n");
  EXPECT_EQ(Scan("#include \"a.h\"\n#include \"a.h\""), "a.h -> a.h\n");
}

TEST_F(CollectIncludesTest, UnderstandsMacros) {
  File("plain.h", "");
  File("defined.h", "");
  File("option.h", "");
  EXPECT_EQ(Scan("#define NAME \"plain.h\"\n#include NAME\n#include OTHER\n",
                 "-D OTHER=\\\"option.h\\\""),
            "option.h -> option.h\nplain.h -> plain.h\n");
}

TEST_F(CollectIncludesTest, UnderstandsStringifiedPaths) {
  Directory("OpenCL");
  File("OpenCL/inc.h", "");
  EXPECT_EQ(Scan("#define STR(x) #x\n#define M2S(x) STR(x)\n#include M2S(INCLUDE_PATH/inc.h)\n",
                 "-D INCLUDE_PATH=" + root_ + "/OpenCL"),
            root_ + "/OpenCL/inc.h -> OpenCL/inc.h\n");
}

TEST_F(CollectIncludesTest, JoinsContinuedLines) {
  File("a.h", "");
  EXPECT_EQ(Scan("#include \\\n  \"a.h\"\n"), "a.h -> a.h\n");
}

TEST_F(CollectIncludesTest, HoldsQuotedOptionsTogether) {
  Directory("with space");
  File("with space/a.h", "");
  EXPECT_EQ(Scan("#include <a.h>", "-I \"with space\" -DX"), "with space/a.h -> with space/a.h\n");
}

TEST_F(CollectIncludesTest, IgnoresWhatIsNoFile) {
  Directory("a.h");
  EXPECT_EQ(Scan("#include \"a.h\"\n#include \"missing.h\"\n#include\n#include \"open\n", "-I"),
            "");
}

TEST_F(CollectIncludesTest, GivesTheContent) {
  File("a.h", "int a;");
  std::string content;
  CollectIncludes("#include \"a.h\"", "", [&](const IncludedFile& file) {
    content.assign(static_cast<const char*>(file.data), file.bytes);
  });
  EXPECT_EQ(content, "int a;");
}

}  // namespace
}  // namespace ava::guest
