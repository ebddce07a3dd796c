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

TEST_F(CollectIncludesTest, SaysWhenALinkMakesAnotherFileOfAName) {
  Directory("far");
  Directory("far/deep");
  File("far/x.h", "far");
  File("x.h", "near");
  ASSERT_EQ(symlink("far/deep", "link"), 0);
  testing::internal::CaptureStderr();
  Scan("#include \"x.h\"\n#include \"far/../x.h\"");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  testing::internal::CaptureStderr();
  Scan("#include \"link/../x.h\"");
  EXPECT_NE(testing::internal::GetCapturedStderr().find("which is another file"),
            std::string::npos);
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

TEST_F(CollectIncludesTest, FindsWhatIsOnlyAskedFor) {
  File("a.h", "");
  File("b.h", "");
  File("c.h", "");
  EXPECT_EQ(Scan("#if __has_include(\"a.h\") && defined(X) || __has_include( <" + root_ +
                 "/b.h> )\n#define NAME \"./c.h\"\n#elif __has_include(NAME)\n#endif\n"),
            "a.h -> a.h\n" + root_ + "/b.h -> b.h\n./c.h -> c.h\n");
}

TEST_F(CollectIncludesTest, FindsAbsolutePaths) {
  Directory("far");
  File("far/a.h", "#include \"b.h\"\n");
  File("far/b.h", "");
  const std::string far = root_ + "/far/";
  const std::string found = far + "a.h -> far/a.h\n" + far + "b.h -> far/b.h\n";
  EXPECT_EQ(Scan("#include \"" + far + "a.h\"\n"), found);
  EXPECT_EQ(Scan("#include <" + far + "a.h>\n"), found);
  EXPECT_EQ(Scan("#define X(x) #x\n#define Y(x) X(x)\n#include Y(DIR/a.h) // or\n",
                 "-DDIR=" + root_ + "/far"),
            found);
}

// Which one the compiler takes depends on brackets and on #include_next.
TEST_F(CollectIncludesTest, FindsEachOfTheSameName) {
  Directory("one");
  Directory("two");
  File("a.h", "");
  File("one/a.h", "#include_next <a.h>\n");
  File("two/a.h", "");
  EXPECT_EQ(Scan("#include <a.h>\n", "-Ione -Itwo"),
            "a.h -> a.h\none/a.h -> one/a.h\ntwo/a.h -> two/a.h\n");
}

TEST_F(CollectIncludesTest, SaysWhatIsAbsent) {
  Directory("one");
  File("there.h", "");
  const std::string absent =
      CollectIncludes("#include <there.h>\n#if __has_include(\"/not/./a.h\")\n", "-Ione",
                      [](const IncludedFile&) {});
  EXPECT_EQ(absent, std::string("/not/a.h") + '\0' + root_ + "/one/there.h" + '\0');
}

TEST_F(CollectIncludesTest, LeavesOutWhatIsTooLargeAndSaysSo) {
  File("a.h", "");
  ASSERT_EQ(truncate("a.h", static_cast<off_t>(kIncludedFileBytesMax) + 1), 0);
  testing::internal::CaptureStderr();
  EXPECT_EQ(Scan("#include \"a.h\""), "");
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find(root_ + "/a.h"), std::string::npos) << said;
  EXPECT_NE(said.find("kIncludedFileBytesMax"), std::string::npos) << said;
}

TEST_F(CollectIncludesTest, ReadsFilesThatHideTheirSize) {
  std::size_t bytes = 0;
  CollectIncludes("#include \"/proc/self/status\"", "",
                  [&](const IncludedFile& file) { bytes = file.bytes; });
  EXPECT_GT(bytes, 0U);
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
