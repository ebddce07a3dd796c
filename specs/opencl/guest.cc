// SPDX-License-Identifier: Apache-2.0
// Guest-side code of opencl.lapis. Included by the generated guest library, behind the metadata
// structures and the declarations of every call.

#include <limits.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "ava/guest/include_scan.h"
#include "ava/guest/kept_callback.h"

namespace {

// Whether a kernel may write to the program's standard output. A program without a source may, and
// one for which options, those of the environment included, or pasted tokens could make the name.
bool MayPrint(cl_program program) {
  const std::string& source = metadata(program)->source;
  if (source.empty() || metadata(program)->prints_by_options) return true;
  return source.find("printf") != std::string::npos ||
         source.find("include") != std::string::npos || source.find("##") != std::string::npos;
}

// What it prints belongs where the program's output goes now.
void FollowStdout(cl_kernel kernel, cl_command_queue queue) {
  if (!metadata(kernel)->prints) return;
  metadata(metadata(queue)->context)->waits = true;
  ava::guest::Session::Current().FollowStdout();
}

// What could print has ended, as far as a program can know that.
void LetGoOfStdout() { ava::guest::Session::Current().LetGoOfStdout(); }

void LetGoOfEvent(cl_event event) {
  --metadata(event)->kept;
  (void)AVA_API(clReleaseEvent)(event);
}
using EventCallback = ava::guest::KeptCallback<cl_event, cl_int, &LetGoOfEvent>;

// A callback may use its event, although the program has given that back. So until it has run, the
// event has one reference more; no query counts it.
cl_int SetKept(cl_event event, cl_int type, EventCallback::Notify notify, void* user_data) {
  if (const cl_int code = AVA_API(clRetainEvent)(event); code != CL_SUCCESS) return code;
  ++metadata(event)->kept;
  return EventCallback::Keep(event, notify, user_data, [&](void* data) {
    return AVA_API(clSetEventCallback)(event, type, &EventCallback::Run, data);
  });
}

// Everything that building `program` may read from the program's own file system goes to the worker
// first.
void ShipSources(cl_program program, const char* options) {
  if (!ava::guest::IsAlive(program)) return;
  const char* text = options == nullptr ? "" : options;
  for (const char* hint : {"printf", "-include", "##", "\\"}) {
    if (strstr(text, hint) != nullptr) metadata(program)->prints_by_options = true;
  }
  if (getenv("POCL_EXTRA_BUILD_FLAGS") != nullptr) metadata(program)->prints_by_options = true;
  if (char directory[PATH_MAX]; getcwd(directory, sizeof(directory)) != nullptr)
    (void)ava_directory(directory);
  bool shipped = true;
  const std::string absent = ava::guest::CollectIncludes(
      metadata(program)->source, text, [&](const ava::guest::IncludedFile& file) {
        shipped = shipped && ava_put_file(file.absolute_path, file.bytes, file.data) == CL_SUCCESS;
      });
  (void)ava_absent_files(absent.size(), absent.data());
}

}  // namespace
