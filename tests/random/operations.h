// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a sequence is made of: name, and how often it is drawn, compared with the others. What each
// does with its operands is told by the function of its name in play_*.cc.

// clang-format off
#define RANDOM_OPERATIONS(OPERATION) \
  OPERATION(create_context, 2)       \
  OPERATION(create_queue, 4)         \
  OPERATION(create_buffer, 10)       \
  OPERATION(create_sub_buffer, 5)    \
  OPERATION(retain, 5)               \
  OPERATION(release, 10)             \
  OPERATION(write_buffer, 12)        \
  OPERATION(read_buffer, 12)         \
  OPERATION(fill_buffer, 8)          \
  OPERATION(copy_buffer, 8)          \
  OPERATION(write_rect, 5)           \
  OPERATION(read_rect, 5)            \
  OPERATION(copy_rect, 4)            \
  OPERATION(migrate, 2)              \
  OPERATION(marker, 4)               \
  OPERATION(barrier, 4)              \
  OPERATION(flush, 4)                \
  OPERATION(finish, 5)               \
  OPERATION(create_user_event, 6)    \
  OPERATION(set_user_event, 6)       \
  OPERATION(wait_for_events, 6)      \
  OPERATION(event_status, 8)         \
  OPERATION(event_callback, 4)       \
  OPERATION(map_buffer, 8)           \
  OPERATION(use_map, 6)              \
  OPERATION(unmap, 10)               \
  OPERATION(create_image, 6)         \
  OPERATION(write_image, 5)          \
  OPERATION(read_image, 5)           \
  OPERATION(fill_image, 3)           \
  OPERATION(copy_image, 3)           \
  OPERATION(copy_image_buffer, 3)    \
  OPERATION(map_image, 4)            \
  OPERATION(create_sampler, 3)       \
  OPERATION(info, 25)                \
  OPERATION(create_program, 7)       \
  OPERATION(build_program, 2)        \
  OPERATION(compile_program, 1)      \
  OPERATION(link_program, 1)         \
  OPERATION(reload_program, 1)       \
  OPERATION(create_kernel, 8)        \
  OPERATION(clone_kernel, 2)         \
  OPERATION(set_arg, 14)             \
  OPERATION(launch, 12)              \
  OPERATION(task, 2)
// clang-format on
