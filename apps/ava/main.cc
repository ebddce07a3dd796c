// SPDX-License-Identifier: Apache-2.0
//
// ava: what people type. Each subcommand is a file of its own; here are their options.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "apps/ava/command.h"
#include "apps/ava/devices.h"
#include "apps/ava/diff.h"
#include "apps/ava/doctor.h"
#include "apps/ava/manage.h"
#include "apps/ava/run.h"
#include "apps/ava/top.h"
#include "ava/control/layout.h"

namespace ava::cli {
namespace {

using Command = std::function<int(const Context&)>;

struct CommandLine {
  std::string socket;
  bool json = false;
  RunOptions run;
  DiffOptions diff;
  PolicyOptions policy;
  TopOptions top;
  std::string manager = "idle";
  Command chosen;
};

const std::map<std::string, Via>& Ways() {
  static const std::map<std::string, Via> ways = {
      {"auto", Via::kAuto}, {"library", Via::kLibrary}, {"icd", Via::kIcd}};
  return ways;
}

CLI::App* Add(CLI::App& app, CommandLine& line, const char* name, const char* description,
              Command command) {
  CLI::App* sub = app.add_subcommand(name, description);
  sub->add_option("--socket", line.socket, "the manager's: a path, or @name")->type_name("ADDRESS");
  sub->callback([&line, command = std::move(command)] { line.chosen = command; });
  return sub;
}

void AddLaunchOptions(CLI::App& sub, LaunchOptions& launch) {
  sub.add_option("--watchdog", launch.watchdog_seconds,
                 "end the session when the device computes for longer without an end")
      ->type_name("SECONDS")
      ->check(CLI::NonNegativeNumber);
  sub.add_flag("--strict", launch.strict, "make every call wait for its own result");
}

void AddProgram(CLI::App& sub, std::vector<std::string>& words) {
  sub.add_option("program", words, "the program and its arguments, after '--'")
      ->type_name("PROGRAM ARGS...")
      ->required();
  sub.positionals_at_end();
}

void DeclareRun(CLI::App& app, CommandLine& line) {
  CLI::App* run = Add(app, line, "run", "run a program on a virtual accelerator",
                      [&line](const Context& context) {
                        line.run.launch.keep_manager = line.manager == "keep";
                        return Run(context, line.run);
                      });
  run->add_option("--via", line.run.launch.via, "how the program finds OpenCL")
      ->transform(CLI::CheckedTransformer(Ways()).description("{auto,library,icd}"));
  run->add_option("--stats", line.run.stats_file,
                  "write what the run did, as JSON; -: to standard error")
      ->type_name("FILE");
  run->add_option("--manager", line.manager, "a manager that is started for this: keep it for good")
      ->check(CLI::IsMember({"keep", "idle"}));
  AddLaunchOptions(*run, line.run.launch);
  AddProgram(*run, line.run.words);
}

void DeclareDiff(CLI::App& app, CommandLine& line) {
  CLI::App* diff = Add(app, line, "diff", "run a program natively and virtually, and compare",
                       [&line](const Context& context) { return Diff(context, line.diff); });
  diff->add_option("--via", line.diff.ways, "ways in to compare: library,icd unless you say")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->take_all()
      ->transform(CLI::CheckedTransformer(Ways()).description("{auto,library,icd}"));
  diff->add_option("--allow", line.diff.rules_file, "what may differ: 'EXPRESSION # REASON' a line")
      ->type_name("FILE");
  diff->add_flag("--stderr", line.diff.standard_error, "compare standard error, too");
  AddLaunchOptions(*diff, line.diff.launch);
  AddProgram(*diff, line.diff.words);
}

void Declare(CLI::App& app, CommandLine& line) {
  app.require_subcommand(1);
  DeclareRun(app, line);
  DeclareDiff(app, line);
  const auto with_json = [&](const char* name, const char* description,
                             int (*command)(const Context&, bool)) {
    Add(app, line, name, description, [&line, command](const Context& context) {
      return command(context, line.json);
    })->add_flag("--json", line.json, "as JSON");
  };
  with_json("devices", "list the virtual devices", Devices);
  with_json("ps", "list sessions", Ps);
  with_json("doctor", "say what is missing on this machine, and how to mend it", Doctor);
  CLI::App* top = Add(app, line, "top", "show who uses the device, again and again",
                      [&line](const Context& context) { return Top(context, line.top); });
  top->add_option("--interval", line.top.interval_s, "from one look to the next; 1 unless you say")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.05, 3600.0));
  top->add_option("--rounds", line.top.rounds, "end after so many; 0: never")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  CLI::App* policy = Add(app, line, "policy", "show or change who may use the device when",
                         [&line](const Context& context) { return Policy(context, line.policy); });
  policy
      ->add_option("--load", line.policy.load,
                   "take [scheduler] and [[tenants]] from this settings file")
      ->type_name("FILE");
  policy->add_flag("--json", line.policy.json, "as JSON");
  Add(app, line, "stop", "end the manager and all sessions", Stop);
  Add(app, line, "version", "print versions", Version);
  Add(app, line, "list-opencl", "", [](const Context&) { return ListOpenCl(); })->group("");
}

int Main(int argc, char** argv) {
  CLI::App app("AvA: virtual accelerators", "ava");
  CommandLine line;
  Declare(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitMisuse;
  }
  Context context{.surroundings = control::ReadSurroundings()};
  auto socket = ChooseSocket(line.socket, context.surroundings);
  if (!socket.has_value()) return Complain("", socket.error());
  context.socket = *std::move(socket);
  return line.chosen(context);
}

}  // namespace
}  // namespace ava::cli

int main(int argc, char** argv) { return ava::cli::Main(argc, argv); }
