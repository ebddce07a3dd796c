// SPDX-License-Identifier: Apache-2.0
#include "apps/ava/compare.h"

#include <algorithm>
#include <charconv>
#include <regex>

#include "ava/base/format.h"

namespace ava::cli {
namespace {

using Lines = std::vector<std::string_view>;

// More edits than this are not searched for the shortest way: everything between is reported.
constexpr int kEditsMax = 1500;

Lines Split(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Myers' greedy algorithm: the furthest that each diagonal gets with d edits.
class ShortestEdit {
 public:
  ShortestEdit(const Lines& a, const Lines& b)
      : a_(a), b_(b), size_a_(static_cast<int>(a.size())), size_b_(static_cast<int>(b.size())) {}

  // Calls only_a(index), only_b(index) in order.
  template <class OnlyA, class OnlyB>
  void Report(OnlyA only_a, OnlyB only_b) {
    std::vector<std::pair<bool, int>> edits;  // backwards
    if (Search()) {
      Trace(edits);
    } else {
      for (int i = size_b_; i-- > 0;) edits.emplace_back(false, i);
      for (int i = size_a_; i-- > 0;) edits.emplace_back(true, i);
    }
    std::ranges::reverse(edits);
    for (const auto& [of_a, index] : edits) {
      if (of_a) {
        only_a(index);
      } else {
        only_b(index);
      }
    }
  }

 private:
  static int Get(const std::vector<int>& furthest, int depth, int diagonal) {
    return furthest[static_cast<std::size_t>(diagonal + depth + 1)];
  }
  // Whether the best way to `diagonal` with `depth` edits came from above: a line of b was added.
  static bool CameDown(const std::vector<int>& before, int depth, int diagonal) {
    return diagonal == -depth || (diagonal != depth && Get(before, depth - 1, diagonal - 1) <
                                                           Get(before, depth - 1, diagonal + 1));
  }

  int Step(const std::vector<int>& before, int depth, int diagonal) const {
    int x = 0;
    if (depth > 0) {
      x = CameDown(before, depth, diagonal) ? Get(before, depth - 1, diagonal + 1)
                                            : Get(before, depth - 1, diagonal - 1) + 1;
    }
    while (x < size_a_ && x - diagonal < size_b_ && Same(x, x - diagonal)) ++x;
    return x;
  }

  bool Search() {
    for (int depth = 0; depth <= std::min(kEditsMax, size_a_ + size_b_); ++depth) {
      // One more on either side, so that neighbours always exist.
      std::vector<int> furthest(static_cast<std::size_t>(2 * depth + 3), -1);
      for (int diagonal = -depth; diagonal <= depth; diagonal += 2) {
        const int x = Step(depth > 0 ? history_.back() : furthest, depth, diagonal);
        furthest[static_cast<std::size_t>(diagonal + depth + 1)] = x;
        if (x < size_a_ || x - diagonal < size_b_) continue;
        history_.push_back(std::move(furthest));
        return true;
      }
      history_.push_back(std::move(furthest));
    }
    return false;
  }

  void Trace(std::vector<std::pair<bool, int>>& edits) const {
    int diagonal = size_a_ - size_b_;
    for (int depth = static_cast<int>(history_.size()) - 1; depth > 0; --depth) {
      const std::vector<int>& before = history_[static_cast<std::size_t>(depth - 1)];
      if (CameDown(before, depth, diagonal)) {
        ++diagonal;
        edits.emplace_back(false, Get(before, depth - 1, diagonal) - diagonal);
      } else {
        --diagonal;
        edits.emplace_back(true, Get(before, depth - 1, diagonal));
      }
    }
  }

  bool Same(int in_a, int in_b) const {
    return a_[static_cast<std::size_t>(in_a)] == b_[static_cast<std::size_t>(in_b)];
  }

  const Lines& a_;
  const Lines& b_;
  int size_a_;
  int size_b_;
  std::vector<std::vector<int>> history_;
};

// Where lines are replaced by others, the larger number of the two.
class LineCount {
 public:
  void OnlyInA(int index) {
    StartPlaceUnless(index == next_a_);
    next_b_ += index - next_a_;
    next_a_ = index + 1;
    ++removed_;
  }
  void OnlyInB(int index) {
    StartPlaceUnless(index == next_b_);
    next_a_ += index - next_b_;
    next_b_ = index + 1;
    ++added_;
  }
  std::size_t Total() const { return total_ + std::max(removed_, added_); }

 private:
  void StartPlaceUnless(bool adjacent) {
    if (adjacent) return;
    total_ = Total();
    removed_ = added_ = 0;
  }

  int next_a_ = 0;
  int next_b_ = 0;
  std::size_t total_ = 0;
  std::size_t removed_ = 0;
  std::size_t added_ = 0;
};

std::string ReasonFor(std::string_view line, const Rules& rules) {
  for (const Rule& rule : rules.rules) {
    const std::regex expression(rule.expression);
    if (std::regex_search(line.begin(), line.end(), expression)) return rule.reason;
  }
  return "";
}

Result<Rule> ParseRule(std::string_view line, std::string_view where) {
  const std::size_t hash = line.rfind(" # ");
  const std::string_view reason =
      hash == std::string_view::npos ? std::string_view{} : Trim(line.substr(hash + 3));
  if (reason.empty()) {
    return Fail(
        ErrorCode::kInvalid,
        fmt::format("{}: a rule is 'EXPRESSION # REASON': this one gives no reason", where));
  }
  Rule rule{.expression = std::string(Trim(line.substr(0, hash))), .reason = std::string(reason)};
  try {
    const std::regex check(rule.expression);
  } catch (const std::regex_error& error) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("{}: '{}': {}", where, rule.expression, error.what()));
  }
  return rule;
}

}  // namespace

Result<Rules> ParseRules(std::string_view text, std::string_view file) {
  Rules rules;
  std::size_t number = 0;
  for (const std::string_view whole : Split(text)) {
    const std::string_view line = Trim(whole);
    const std::string where = fmt::format("{}:{}", file, ++number);
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with("max ")) {
      const std::string_view digits = Trim(line.substr(4));
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), rules.differences_max);
      if (error == std::errc() && end == digits.data() + digits.size()) continue;
      return Fail(ErrorCode::kInvalid, fmt::format("{}: 'max' wants a number", where));
    }
    // Leading blanks may be part of an expression's line: only the end is trimmed away.
    rules.rules.push_back(AVA_TRY(ParseRule(line, where)));
  }
  return rules;
}

Comparison Compare(std::string_view native, std::string_view virtual_output, const Rules& rules) {
  const Lines a = Split(native);
  const Lines b = Split(virtual_output);
  Comparison comparison;
  LineCount count;
  const auto add = [&](bool of_native, std::string_view line) {
    comparison.differences.push_back(
        {.native = of_native, .line = std::string(line), .reason = ReasonFor(line, rules)});
    if (comparison.differences.back().reason.empty()) comparison.allowed = false;
  };
  ShortestEdit(a, b).Report(
      [&](int index) {
        count.OnlyInA(index);
        add(true, a[static_cast<std::size_t>(index)]);
      },
      [&](int index) {
        count.OnlyInB(index);
        add(false, b[static_cast<std::size_t>(index)]);
      });
  comparison.lines = count.Total();
  if (comparison.lines > rules.differences_max) comparison.allowed = false;
  return comparison;
}

}  // namespace ava::cli
