// SPDX-License-Identifier: Apache-2.0

// ThreadSanitizer's options for a worker, whose environment is the guest's and not ours.

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

// NOLINTBEGIN(bugprone-reserved-identifier): the sanitizer looks for these names.

// A worker ends with its guest, from inside any call and with its threads running.
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() { return "report_thread_leaks=0"; }

// As in cmake/sanitizers/tsan.supp.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "deadlock:libpocl.so\n"; }

// NOLINTEND(bugprone-reserved-identifier)

#endif
#endif
