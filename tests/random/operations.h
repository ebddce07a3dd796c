// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a sequence is made of: name, how often it is drawn, compared with the others, and in which
// sequences (Group in sequence.h). What each does with its operands is told by the function of its
// name in play_*.cc.

// clang-format off
#define RANDOM_OPERATIONS(OPERATION)            \
  OPERATION(create_context, 2, kPlain)          \
  OPERATION(create_queue, 4, kPlain)            \
  OPERATION(create_buffer, 10, kPlain)          \
  OPERATION(create_sub_buffer, 5, kPlain)       \
  OPERATION(retain, 5, kPlain)                  \
  OPERATION(release, 10, kPlain)                \
  OPERATION(write_buffer, 12, kPlain)           \
  OPERATION(read_buffer, 12, kPlain)            \
  OPERATION(fill_buffer, 8, kPlain)             \
  OPERATION(copy_buffer, 8, kPlain)             \
  OPERATION(write_rect, 5, kPlain)              \
  OPERATION(read_rect, 5, kPlain)               \
  OPERATION(copy_rect, 4, kPlain)               \
  OPERATION(migrate, 2, kPlain)                 \
  OPERATION(marker, 4, kPlain)                  \
  OPERATION(barrier, 4, kPlain)                 \
  OPERATION(flush, 4, kPlain)                   \
  OPERATION(finish, 5, kPlain)                  \
  OPERATION(create_user_event, 6, kPlain)       \
  OPERATION(set_user_event, 6, kPlain)          \
  OPERATION(wait_for_events, 6, kPlain)         \
  OPERATION(event_status, 8, kPlain)            \
  OPERATION(event_callback, 4, kPlain)          \
  OPERATION(map_buffer, 8, kPlain)              \
  OPERATION(use_map, 6, kPlain)                 \
  OPERATION(unmap, 10, kPlain)                  \
  OPERATION(create_image, 6, kPlain)            \
  OPERATION(write_image, 5, kPlain)             \
  OPERATION(read_image, 5, kPlain)              \
  OPERATION(fill_image, 3, kPlain)              \
  OPERATION(copy_image, 3, kPlain)              \
  OPERATION(copy_image_buffer, 3, kPlain)       \
  OPERATION(map_image, 4, kPlain)               \
  OPERATION(create_sampler, 3, kPlain)          \
  OPERATION(create_image_of, 5, kPlain)         \
  OPERATION(create_pipe, 1, kPlain)             \
  OPERATION(destructor, 6, kPlain)              \
  OPERATION(info, 25, kPlain)                   \
  OPERATION(create_program, 7, kPrograms)       \
  OPERATION(build_program, 2, kPrograms)        \
  OPERATION(compile_program, 1, kPrograms)      \
  OPERATION(compile_with_headers, 2, kPrograms) \
  OPERATION(link_program, 1, kPrograms)         \
  OPERATION(reload_program, 1, kPrograms)       \
  OPERATION(create_kernel, 8, kPrograms)        \
  OPERATION(clone_kernel, 2, kPrograms)         \
  OPERATION(set_arg, 14, kPrograms)             \
  OPERATION(launch, 12, kPrograms)              \
  OPERATION(task, 2, kPrograms)                 \
  OPERATION(svm_alloc, 20, kShared)             \
  OPERATION(svm_free, 5, kShared)               \
  OPERATION(svm_copy, 25, kShared)              \
  OPERATION(svm_fill, 12, kShared)              \
  OPERATION(svm_map, 18, kShared)               \
  OPERATION(svm_use, 15, kShared)               \
  OPERATION(svm_unmap, 20, kShared)             \
  OPERATION(svm_migrate, 4, kShared)            \
  OPERATION(svm_free_command, 6, kShared)       \
  OPERATION(svm_buffer, 12, kShared)            \
  OPERATION(svm_arg, 10, kSharedPrograms)       \
  OPERATION(exec_info, 3, kSharedPrograms)      \
  OPERATION(create_sub_devices, 12, kParts)     \
  OPERATION(retain_device, 4, kParts)           \
  OPERATION(release_device, 6, kParts)          \
  OPERATION(create_context_of, 12, kParts)      \
  OPERATION(common_write, 40, kCommons)         \
  OPERATION(common_read, 40, kCommons)          \
  OPERATION(common_copy, 12, kCommons)          \
  OPERATION(common_map, 20, kCommons)           \
  OPERATION(common_launch, 40, kCommons)        \
  OPERATION(common_part, 15, kCommons)          \
  OPERATION(common_gate, 15, kCommons)          \
  OPERATION(common_open, 6, kCommons)           \
  OPERATION(common_wait, 20, kCommons)          \
  OPERATION(common_retain, 20, kCommons)        \
  OPERATION(common_finish, 8, kCommons)
// clang-format on
