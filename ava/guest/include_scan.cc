// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/include_scan.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ava/base/path.h"
#include "ava/base/unique_fd.h"
#include "ava/guest/session.h"

namespace ava::guest {
namespace {

constexpr int kExpansionsMax = 16;           // of macros within one #include
constexpr std::size_t kNameBytesMax = 4096;  // of a file's name
constexpr std::size_t kMacrosMax = 4096;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

// Takes the identifier that `text` begins with.
std::string_view TakeWord(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && IsWord(text[end])) ++end;
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

// A line with its continuations; `joined` holds it when there are any.
std::string_view TakeLine(std::string_view& text, std::string& joined) {
  joined.clear();
  for (;;) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.ends_with('\\') || text.empty()) {
      if (joined.empty()) return line;
      joined += line;
      return joined;
    }
    joined += line.substr(0, line.size() - 1);
  }
}

std::string WorkingDirectory() {
  std::array<char, PATH_MAX> path = {};
  return getcwd(path.data(), path.size()) == nullptr ? std::string("/") : std::string(path.data());
}

enum class Reading { kRead, kAbsent, kTooLarge };

// To its end, whatever size it says: files of /proc say 0.
Reading ReadFile(const std::string& path, std::string& content) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status = {};
  if (!fd || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return Reading::kAbsent;
  std::size_t filled = 0;
  content.resize(std::min(static_cast<std::size_t>(status.st_size), kIncludedFileBytesMax) + 1);
  for (;;) {
    const ssize_t got = read(fd.get(), content.data() + filled, content.size() - filled);
    if (got <= 0) break;
    filled += static_cast<std::size_t>(got);
    if (filled > kIncludedFileBytesMax) return Reading::kTooLarge;
    if (filled == content.size()) content.resize(2 * filled);
  }
  content.resize(filled);
  return Reading::kRead;
}

// Cuts off a comment that follows.
std::string_view BeforeComment(std::string_view text) {
  for (const std::string_view mark : {" //", "\t//", "/*"}) text = text.substr(0, text.find(mark));
  return Trim(text);
}

// What stands between the parenthesis that `text` begins with and its partner.
std::string_view InParentheses(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth == 0) return text.substr(1, i - 1);
  }
  return text.substr(1);
}

// Splits a command line as PoCL and clang do: blanks separate, quotes and backslashes hold
// together.
std::vector<std::string> SplitOptions(std::string_view options) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool open_word = false;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const char c = options[i];
    if (c == '\\' && i + 1 < options.size()) {
      word += options[++i];
      open_word = true;
    } else if (quote != 0) {
      c == quote ? static_cast<void>(quote = 0) : word.push_back(c);
    } else if (c == '"' || c == '\'') {
      quote = c;
      open_word = true;
    } else if (IsBlank(c) || c == '\n') {
      if (open_word) words.push_back(std::exchange(word, {}));
      open_word = false;
    } else {
      word += c;
      open_word = true;
    }
  }
  if (open_word) words.push_back(word);
  return words;
}

class Scanner {
 public:
  explicit Scanner(IncludeVisitor visit) : visit_(visit), working_directory_(WorkingDirectory()) {}

  void ReadOptions(std::string_view options);
  void Scan(std::string_view text, const std::string& directory);
  // What was found is scanned in turn, until nothing new comes.
  void ScanFound();
  // What was looked for in vain, each name with a NUL behind it.
  std::string Absent() const;

 private:
  struct Found {
    std::string directory;  // of the file, as the compiler opened it
    std::string content;
  };

  void ScanInclude(std::string_view rest, const std::string& directory);
  void ScanQuestions(std::string_view line, const std::string& directory);
  void ScanDefine(std::string_view rest, const std::string& directory);
  void Define(std::string_view name, std::string_view value);
  std::string Expand(std::string_view text) const;
  void Find(std::string_view name, const std::string& directory);
  void TryOpen(const std::string& directory, std::string_view name);
  void CheckSpelling(const std::string& path, const std::string& absolute);
  void Refuse(const std::string& path, const char* limit, std::size_t most);

  IncludeVisitor visit_;
  std::string working_directory_;
  std::vector<std::string> directories_;  // -I, in order
  std::vector<std::string> forced_;       // -include
  std::map<std::string, std::string, std::less<>> macros_;
  std::set<std::string, std::less<>> visited_;  // absolute paths
  std::set<std::string, std::less<>> absent_;   // likewise
  bool refused_ = false;
  bool misspelled_ = false;
  std::deque<Found> found_;
};

void Scanner::Define(std::string_view name, std::string_view value) {
  if (macros_.size() < kMacrosMax) macros_.insert_or_assign(std::string(name), std::string(value));
}

void Scanner::ReadOptions(std::string_view options) {
  const std::vector<std::string> words = SplitOptions(options);
  std::vector<std::string> values;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const auto argument = [&](std::size_t flag_bytes) {
      if (word.size() > flag_bytes) return word.substr(flag_bytes);
      return i + 1 < words.size() ? words[++i] : std::string();
    };
    if (word == "-include") {
      forced_.push_back(argument(word.size()));
    } else if (word.starts_with("-I") && directories_.size() < kIncludeDirectoriesMax) {
      directories_.push_back(argument(2));
    } else if (word.starts_with("-D")) {
      const std::string definition = argument(2);
      const std::size_t equals = definition.find('=');
      if (equals == std::string::npos) continue;
      Define(std::string_view(definition).substr(0, equals),
             std::string_view(definition).substr(equals + 1));
      values.push_back(definition.substr(equals + 1));
    }
  }
  for (const std::string& value : values) Find(Expand(value), "");
  for (const std::string& name : forced_) Find(name, "");
}

void Scanner::Scan(std::string_view text, const std::string& directory) {
  std::string joined;
  while (!text.empty()) {
    std::string_view line = Trim(TakeLine(text, joined));
    if (!line.starts_with('#')) continue;
    ScanQuestions(line, directory);
    line = Trim(line.substr(1));
    const std::string_view verb = TakeWord(line);
    if (verb == "include" || verb == "include_next" || verb == "import")
      ScanInclude(Trim(line), directory);
    if (verb == "define") ScanDefine(Trim(line), directory);
  }
}

void Scanner::ScanInclude(std::string_view rest, const std::string& directory) {
  if (rest.empty()) return;
  if (rest.front() == '"' || rest.front() == '<') {
    const std::size_t end = rest.find(rest.front() == '"' ? '"' : '>', 1);
    if (end != std::string_view::npos) Find(rest.substr(1, end - 1), directory);
    return;
  }
  Find(Expand(BeforeComment(rest)), directory);
}

// `__has_include(NAME)`, wherever it stands in a directive.
void Scanner::ScanQuestions(std::string_view line, const std::string& directory) {
  constexpr std::string_view kQuestion = "__has_include";
  for (std::size_t at = line.find(kQuestion); at != std::string_view::npos;
       at = line.find(kQuestion)) {
    line.remove_prefix(at + kQuestion.size());
    std::string_view rest = line;
    (void)TakeWord(rest);  // _next
    rest = Trim(rest);
    if (!rest.starts_with('(')) continue;
    ScanInclude(Trim(InParentheses(rest)), directory);
  }
}

// A macro's value may be what some #include names; and it may take part in another's.
void Scanner::ScanDefine(std::string_view rest, const std::string& directory) {
  const std::string_view name = TakeWord(rest);
  if (name.empty()) return;
  if (!rest.starts_with('(')) Define(name, Trim(rest));
  for (std::size_t start = rest.find('"'); start != std::string_view::npos;) {
    const std::size_t end = rest.find('"', start + 1);
    if (end == std::string_view::npos) return;
    Find(rest.substr(start + 1, end - start - 1), directory);
    start = rest.find('"', end + 1);
  }
}

// The name that `#include NAME` or `#include STRINGIFY(NAME/file.h)` comes down to: known macros
// are replaced, a macro with arguments gives its argument, quotes and blanks go.
std::string Scanner::Expand(std::string_view text) const {
  std::string current(Trim(text));
  for (int i = 0; i < kExpansionsMax; ++i) {
    std::string next;
    bool changed = false;
    for (std::string_view rest = current; !rest.empty();) {
      if (!IsWord(rest.front())) {
        next += rest.front();
        rest.remove_prefix(1);
        continue;
      }
      const std::string_view word = TakeWord(rest);
      const auto macro = macros_.find(word);
      changed |= macro != macros_.end();
      next += macro != macros_.end() ? std::string_view(macro->second) : word;
    }
    if (!changed || next.size() > kNameBytesMax) break;
    current = next;
  }
  if (const std::size_t open = current.find('(');
      open != std::string::npos && current.ends_with(')')) {
    current = current.substr(open + 1, current.size() - open - 2);
  }
  std::erase_if(current, [](char c) { return IsBlank(c) || c == '"' || c == '<' || c == '>'; });
  return current;
}

// In every directory, not the first only: which of them wins depends on the brackets, and on
// whether the compiler asks for the next.
void Scanner::Find(std::string_view name, const std::string& directory) {
  if (name.empty() || name.size() > kNameBytesMax || name.find('\0') != std::string_view::npos)
    return;
  TryOpen("", name);
  if (name.starts_with('/')) return;
  if (!directory.empty()) TryOpen(directory, name);
  for (const std::string& searched : directories_) TryOpen(searched, name);
}

void Scanner::TryOpen(const std::string& directory, std::string_view name) {
  std::string path = directory;
  if (!path.empty() && !path.ends_with('/')) path += '/';
  path += name;
  const std::string absolute = AbsolutePath(working_directory_, path);
  CheckSpelling(path, absolute);
  if (visited_.contains(absolute)) return;
  std::string content;
  switch (ReadFile(path, content)) {
    case Reading::kAbsent:
      if (absent_.size() < kAbsentFilesMax) absent_.insert(absolute);
      return;
    case Reading::kTooLarge:
      return Refuse(absolute, "kIncludedFileBytesMax", kIncludedFileBytesMax);
    case Reading::kRead:
      break;
  }
  if (visited_.size() >= kIncludedFilesMax)
    return Refuse(absolute, "kIncludedFilesMax", kIncludedFilesMax);
  visited_.insert(absolute);
  visit_({.path = path.c_str(),
          .absolute_path = absolute.c_str(),
          .bytes = content.size(),
          .data = content.data()});
  const std::size_t slash = path.rfind('/');
  found_.push_back({.directory = slash == std::string::npos ? "" : path.substr(0, slash + 1),
                    .content = std::move(content)});
}

// To the worker '..' takes back the name before it. To the system, when that is a symbolic link, it
// goes up from where the link leads.
void Scanner::CheckSpelling(const std::string& path, const std::string& absolute) {
  struct stat meant = {};
  struct stat taken = {};
  if (path.find("..") == std::string::npos || stat(path.c_str(), &meant) != 0 ||
      stat(absolute.c_str(), &taken) != 0 ||
      (meant.st_dev == taken.st_dev && meant.st_ino == taken.st_ino))
    return;
  if (!std::exchange(misspelled_, true))
    Say("the build takes '%s' for '%s', which is another file: spell it without '..'", path.c_str(),
        absolute.c_str());
}

void Scanner::Refuse(const std::string& path, const char* limit, std::size_t most) {
  if (!std::exchange(refused_, true))
    Say("'%s' is left out of the build: %s is %zu: split or join the files that it includes",
        path.c_str(), limit, most);
}

// Two spellings may come to one name, of which one exists.
std::string Scanner::Absent() const {
  std::string names;
  for (const std::string& name : absent_) {
    if (!visited_.contains(name)) names.append(name).push_back('\0');
  }
  return names;
}

void Scanner::ScanFound() {
  while (!found_.empty()) {
    const Found file = std::move(found_.front());
    found_.pop_front();
    Scan(file.content, file.directory);
  }
}

}  // namespace

std::string CollectIncludes(std::string_view source, std::string_view options,
                            IncludeVisitor visit) {
  Scanner scanner(visit);
  scanner.ReadOptions(options);
  scanner.Scan(source, "");
  scanner.ScanFound();
  return scanner.Absent();
}

std::string JoinSource(std::size_t count, const char* const* parts, const std::size_t* lengths) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const bool has_length = lengths != nullptr && lengths[i] != 0;
    text.append(parts[i], has_length ? lengths[i] : std::strlen(parts[i]));
  }
  return text;
}

}  // namespace ava::guest
