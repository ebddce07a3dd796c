// SPDX-License-Identifier: Apache-2.0

// The sanitizers' options for a worker, whose environment is the guest's and not ours.

#if defined(__has_feature)

// NOLINTBEGIN(bugprone-reserved-identifier): the sanitizers look for these names.

#if __has_feature(address_sanitizer)

// PoCL's LLVM gives its threads signal stacks from the heap, which AddressSanitizer would unmap.
// It ends with its guest, from inside any call and with all that it holds.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "use_sigaltstack=0:detect_leaks=0"; }

#endif
#if __has_feature(thread_sanitizer)

// A worker ends with its guest, from inside any call and with its threads running.
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() { return "report_thread_leaks=0"; }

// As in cmake/sanitizers/tsan.supp.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "deadlock:libpocl.so\n"; }

#endif

// NOLINTEND(bugprone-reserved-identifier)

#endif
