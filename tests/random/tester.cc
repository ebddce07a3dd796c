// SPDX-License-Identifier: Apache-2.0
// Draws sequences, lets a native and a virtual player play each, compares what they saw, and
// shrinks what differs. tests/random/run starts it with the right players; --help tells the rest.

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "tests/random/generate.h"
#include "tests/random/player_process.h"

namespace random_test {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kShrinkSecondsMax = 60;

struct Options {
  std::string native;
  std::string virtual_;
  uint64_t sequences = 1000;
  uint64_t seed = 1;
  double seconds = 0;
  int size = 40;
  unsigned differences_max = 10;
  unsigned shrink_tries_max = 3000;
  std::string out = ".";
  std::vector<std::string> cases;
  bool native_deaths = false;
};

std::vector<std::string> Words(const std::string& text) {
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), {}};
}

// What differs, line by line, until the lines no longer match at all.
std::string Difference(const std::string& native, const std::string& virtual_) {
  std::istringstream left(native);
  std::istringstream right(virtual_);
  std::string text;
  std::string a;
  std::string b;
  for (;;) {
    const bool has_a = static_cast<bool>(std::getline(left, a));
    const bool has_b = static_cast<bool>(std::getline(right, b));
    if (!has_a && !has_b) return text;
    if (has_a && has_b && a == b) {
      text += "  " + a + "\n";
      continue;
    }
    if (has_a) text += "- " + a + "\n";
    if (has_b) text += "+ " + b + "\n";
  }
}

std::string Commented(const std::string& text) {
  std::istringstream lines(text);
  std::string commented;
  for (std::string line; std::getline(lines, line);) commented += "# " + line + "\n";
  return commented;
}

class Tester {
 public:
  explicit Tester(Options options)
      : options_(std::move(options)),
        native_(Words(options_.native)),
        virtual_(Words(options_.virtual_)) {}

  int Run() {
    if (!options_.cases.empty()) return RunCases();
    const auto start = Clock::now();
    uint64_t number = 0;
    for (; number < options_.sequences; ++number) {
      const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
      if (options_.seconds > 0 && seconds > options_.seconds) break;
      if (number > 0 && number % 1000 == 0) {
        fmt::print("{} sequences, {:.0f} s, {} differences, {} native deaths\n", number, seconds,
                   differences_, native_.deaths());
        std::fflush(stdout);
      }
      // Each sequence has a seed of its own, so that one can be drawn again alone.
      rc::Random random(options_.seed + number * 0x9e3779b97f4a7c15ULL);
      const auto drawn = Sequences()(random, options_.size);
      const auto sequence = drawn.value();
      operations_ += sequence.size();
      if (IsInteresting(sequence)) {
        Report(number, drawn);
        if (differences_ >= options_.differences_max) break;
      }
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    fmt::print(
        "seed {}: {} sequences, {} operations, {:.1f} s, {} differences, {} native deaths, {} "
        "virtual deaths\n",
        options_.seed, number, operations_, seconds, differences_, native_.deaths(),
        virtual_.deaths());
    // A native library that dies of one in ten is not being tested, and one that never starts
    // neither.
    return differences_ == 0 && native_.deaths() <= number / 10 ? 0 : 1;
  }

 private:
  // What is looked for: a difference, or, to learn what to leave out, a death of the native player.
  bool IsInteresting(const Sequence& sequence) {
    const std::string text = ToText(sequence);
    const std::string native = native_.Play(text);
    if (IsDeath(native) && !options_.native_deaths) {
      std::ofstream(fmt::format("{}/native_death_{}.txt", options_.out, native_.deaths()))
          << text << Commented(native);
    }
    if (options_.native_deaths || IsDeath(native)) return options_.native_deaths && IsDeath(native);
    const std::string virtually = virtual_.Play(text);
    if (virtually == native) return false;
    last_difference_ = Difference(native, virtually);
    return true;
  }

  // The smallest sequence that is still interesting, as far as the tries go.
  Sequence Shrink(const rc::Shrinkable<Sequence>& drawn) {
    rc::Shrinkable<Sequence> best = drawn;
    const auto end = Clock::now() + std::chrono::seconds(kShrinkSecondsMax);
    unsigned tries = 0;
    for (bool smaller = true; smaller && tries < options_.shrink_tries_max;) {
      smaller = false;
      auto shrinks = best.shrinks();
      for (auto next = shrinks.next(); next && tries < options_.shrink_tries_max;
           next = shrinks.next()) {
        ++tries;
        if (Clock::now() > end) return best.value();
        if (!IsInteresting(next->value())) continue;
        best = *next;
        smaller = true;
        break;
      }
    }
    return best.value();
  }

  void Report(uint64_t number, const rc::Shrinkable<Sequence>& drawn) {
    ++differences_;
    const std::string seen = last_difference_;
    const bool again = IsInteresting(drawn.value()) && IsInteresting(drawn.value());
    fmt::print("sequence {} of seed {}: {}\n", number, options_.seed,
               again ? "again" : "not again each time");
    std::fflush(stdout);
    const std::string text = ToText(again ? Shrink(drawn) : drawn.value());
    native_.Stop();
    virtual_.Stop();
    const std::string native = native_.Play(text);
    const std::string virtually = options_.native_deaths ? "" : virtual_.Play(text);
    const bool fresh = options_.native_deaths ? IsDeath(native) : native != virtually;
    const std::string name = fmt::format("{}/seed_{}_{}.txt", options_.out, options_.seed, number);
    const std::string all =
        fmt::format("# sequence {} of seed {}, shrunken; {}\n{}{}", number, options_.seed,
                    fresh ? "in fresh players" : "not in fresh players", text,
                    Commented(fresh ? Difference(native, virtually) : seen));
    std::ofstream(name) << all;
    fmt::print("{}:\n{}\n", name, all);
    std::fflush(stdout);
  }

  int RunCases() {
    unsigned wrong = 0;
    for (const std::string& name : CaseFiles()) {
      std::ifstream file(name);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      native_.Stop();
      virtual_.Stop();
      const std::string native = native_.Play(text);
      const std::string virtually = virtual_.Play(text);
      const bool played = !IsDeath(native) && native != "not a sequence\n";
      const bool same = played && native == virtually;
      fmt::print("{} {}\n", same ? "same" : "DIFFERENT",
                 std::filesystem::path(name).stem().string());
      if (same) continue;
      ++wrong;
      fmt::print("{}\n", Difference(native, virtually));
    }
    return wrong == 0 && !CaseFiles().empty() ? 0 : 1;
  }

  std::vector<std::string> CaseFiles() const {
    std::vector<std::string> names;
    for (const std::string& name : options_.cases) {
      if (!std::filesystem::is_directory(name)) {
        names.push_back(name);
        continue;
      }
      for (const auto& entry : std::filesystem::directory_iterator(name)) {
        if (entry.path().extension() == ".txt") names.push_back(entry.path().string());
      }
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  Options options_;
  PlayerProcess native_;
  PlayerProcess virtual_;
  std::string last_difference_;
  uint64_t operations_ = 0;
  unsigned differences_ = 0;
};

}  // namespace

}  // namespace random_test

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app("plays random sequences of OpenCL calls natively and virtually, and compares");
  random_test::Options options;
  app.add_option("--native", options.native, "the native player's command")->required();
  app.add_option("--virtual", options.virtual_, "the virtual player's command")->required();
  app.add_option("--sequences", options.sequences, "how many");
  app.add_option("--seed", options.seed, "of the first; the others follow from it");
  app.add_option("--seconds", options.seconds, "stop after so many; 0: never");
  app.add_option("--size", options.size, "operations in a sequence, at most");
  app.add_option("--differences", options.differences_max, "stop after so many");
  app.add_option("--shrink-tries", options.shrink_tries_max, "for each difference");
  app.add_option("--out", options.out, "where shrunken sequences go");
  app.add_option("--cases", options.cases, "play these files, and those in these folders, instead");
  app.add_flag("--native-deaths", options.native_deaths,
               "look for what ends the native player instead");
  CLI11_PARSE(app, argc, argv);
  return random_test::Tester(std::move(options)).Run();
}
