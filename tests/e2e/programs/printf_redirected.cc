// SPDX-License-Identifier: Apache-2.0
// printf of kernels while the program exchanges its standard output: for a file, for a pipe, for
// nothing, and back. What a kernel prints goes where the program's own output goes at that moment,
// in order with it.
#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <initializer_list>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr const char* kSource = R"(
kernel void say(int number) { printf("kernel %d\n", number); }
)";
// Nothing in the source says that it prints.
constexpr const char* kCovertSource = R"(
kernel void say(int number) { SAY("covert %d\n", number); }
)";

struct Speaker {
  const e2e::Session& session;
  cl_kernel kernel;

  // A line of the program's, one of a kernel's, one of the program's.
  void Speak(int number) const {
    std::printf("before %d\n", number);
    std::fflush(stdout);
    e2e::SetArg(kernel, 0, number);
    e2e::Launch(session.queue, kernel, 1);
    Ok(clFinish(session.queue));
    std::printf("after %d\n", number);
    std::fflush(stdout);
  }
};

void Exchange(int with) {
  std::fflush(stdout);
  Expect(dup2(with, STDOUT_FILENO) == STDOUT_FILENO, "dup2");
}

std::string Content(int fd) {
  std::array<char, 4096> text = {};
  const ssize_t bytes = read(fd, text.data(), text.size());
  return {text.data(), static_cast<size_t>(bytes > 0 ? bytes : 0)};
}

void IntoFile(const Speaker& speaker, std::initializer_list<int> numbers, int own) {
  FILE* file = tmpfile();
  Exchange(fileno(file));
  for (const int number : numbers) speaker.Speak(number);
  Exchange(own);
  lseek(fileno(file), 0, SEEK_SET);
  std::printf("in the file: [%s]\n", Content(fileno(file)).c_str());
  std::fclose(file);
}

void CovertlyIntoFile(const e2e::Session& session, int own) {
  cl_program program =
      e2e::BuildProgram(session.context, session.device, kCovertSource, "-DSAY=printf");
  const Speaker speaker = {.session = session, .kernel = e2e::MakeKernel(program, "say")};
  IntoFile(speaker, {7}, own);
  Ok(clReleaseKernel(speaker.kernel));
  Ok(clReleaseProgram(program));
}

void IntoPipe(const Speaker& speaker, int own) {
  std::array<int, 2> ends = {};
  Expect(pipe(ends.data()) == 0, "pipe");
  Exchange(ends[1]);
  close(ends[1]);
  speaker.Speak(4);
  Exchange(own);
  // The pipe has no writer any more, so this ends.
  std::string text;
  for (std::string more = Content(ends[0]); !more.empty(); more = Content(ends[0])) text += more;
  std::printf("in the pipe: [%s]\n", text.c_str());
  close(ends[0]);
}

void LaunchBehind(cl_event gate, cl_command_queue queue, cl_kernel kernel) {
  const size_t one = 1;
  Ok(clEnqueueNDRangeKernel(queue, kernel, 1, nullptr, &one, nullptr, 1, &gate, nullptr));
}

// A kernel that has not run yet when the program waits for something else.
void LateIntoFile(const e2e::Session& session, const Speaker& speaker, int own) {
  cl_command_queue other = e2e::MakeQueue(session.context, session.device);
  cl_event gate = e2e::MakeUserEvent(session.context);
  FILE* file = tmpfile();
  Exchange(fileno(file));
  e2e::SetArg(speaker.kernel, 0, 8);
  LaunchBehind(gate, session.queue, speaker.kernel);
  Ok(clFinish(other));
  Ok(clSetUserEventStatus(gate, CL_COMPLETE));
  Ok(clFinish(session.queue));
  Exchange(own);
  lseek(fileno(file), 0, SEEK_SET);
  std::printf("late in the file: [%s]\n", Content(fileno(file)).c_str());
  std::fclose(file);
  Ok(clReleaseEvent(gate));
  Ok(clReleaseCommandQueue(other));
}

// The same, and the program has its own output back by then.
void LateIntoOwn(const e2e::Session& session, const Speaker& speaker, int own) {
  const e2e::Session second;
  cl_event gate = e2e::MakeUserEvent(session.context);
  FILE* file = tmpfile();
  Exchange(fileno(file));
  e2e::SetArg(speaker.kernel, 0, 9);
  LaunchBehind(gate, session.queue, speaker.kernel);
  Ok(clFinish(second.queue));
  Exchange(own);
  cl_program program = e2e::BuildProgram(second.context, second.device, kSource);
  const Speaker now = {.session = second, .kernel = e2e::MakeKernel(program, "say")};
  now.Speak(10);
  Ok(clSetUserEventStatus(gate, CL_COMPLETE));
  Ok(clFinish(session.queue));
  lseek(fileno(file), 0, SEEK_SET);
  std::printf("left in the file: [%s]\n", Content(fileno(file)).c_str());
  std::fclose(file);
  Ok(clReleaseKernel(now.kernel));
  Ok(clReleaseProgram(program));
  Ok(clReleaseEvent(gate));
}

void IntoNothing(const Speaker& speaker, int own) {
  std::fflush(stdout);
  close(STDOUT_FILENO);
  speaker.Speak(5);
  Expect(dup2(own, STDOUT_FILENO) == STDOUT_FILENO, "dup2");
  std::puts("stdout is back");
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  const Speaker speaker = {.session = session, .kernel = e2e::MakeKernel(program, "say")};
  const int own = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 100);
  speaker.Speak(1);
  IntoFile(speaker, {2, 3}, own);
  CovertlyIntoFile(session, own);
  IntoPipe(speaker, own);
  LateIntoFile(session, speaker, own);
  LateIntoOwn(session, speaker, own);
  IntoNothing(speaker, own);
  speaker.Speak(6);
  Ok(clReleaseKernel(speaker.kernel));
  Ok(clReleaseProgram(program));
  return e2e::Finish();
}
