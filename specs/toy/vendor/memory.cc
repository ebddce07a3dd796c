// SPDX-License-Identifier: Apache-2.0

#include <stdlib.h>

#include "specs/toy/vendor/objects.h"

using namespace toy;  // NOLINT(google-build-using-namespace): this is the library

namespace {

// A command that uses a buffer; the buffer lives as long as it.
toy_status Use(toy_queue queue, toy_buffer buffer, bool waits_for_it, std::vector<toy_event> waits,
               std::function<void()> run, toy_event* event) {
  {
    const std::scoped_lock locked(lock);
    ++buffer->uses;
    Enqueue(
        queue, std::move(waits),
        [buffer, run = std::move(run)] {
          run();
          StopUsing(buffer);
          return TOY_OK;
        },
        event);
  }
  if (waits_for_it) WaitUntilIdle(queue);
  return TOY_OK;
}

bool Fits(toy_buffer buffer, std::size_t offset, std::size_t size) {
  return size > 0 && offset <= buffer->size && size <= buffer->size - offset;
}

struct Box {
  std::array<std::size_t, 3> region;
  std::size_t row_pitch;
  std::size_t slice_pitch;

  Box(const std::size_t* of, std::size_t row, std::size_t slice)
      : region{of[0], of[1], of[2]},
        row_pitch(row != 0 ? row : of[0]),
        slice_pitch(slice != 0 ? slice : row_pitch * of[1]) {}
  std::size_t bytes() const { return region[0] * region[1] * region[2]; }
};

}  // namespace

TOY_EXPORT toy_buffer toyCreateBuffer(toy_device device, unsigned flags, size_t size, void* host,
                                      toy_status* error) {
  if (device == nullptr) return Failed<toy_buffer_object>(TOY_BAD_DEVICE, error);
  const bool wants_host = (flags & (TOY_COPY | TOY_USE)) != 0;
  if (size == 0 || flags > (TOY_COPY | TOY_USE) || wants_host != (host != nullptr))
    return Failed<toy_buffer_object>(TOY_BAD_VALUE, error);
  const std::scoped_lock locked(lock);
  const bool is_ours = (flags & TOY_USE) == 0;
  if (is_ours && size > kMemory - allocated) return Failed<toy_buffer_object>(TOY_NO_MEMORY, error);
  auto* buffer = new toy_buffer_object;
  buffer->size = size;
  buffer->is_ours = is_ours;
  buffer->bytes = is_ours ? static_cast<char*>(calloc(1, size)) : static_cast<char*>(host);
  if (is_ours) allocated += size;
  if (is_ours && host != nullptr) std::memcpy(buffer->bytes, host, size);
  Report(TOY_OK, error);
  return buffer;
}

TOY_EXPORT toy_status toyRetainBuffer(toy_buffer buffer) { return Retain(buffer, TOY_BAD_BUFFER); }
TOY_EXPORT toy_status toyReleaseBuffer(toy_buffer buffer) {
  return Release(buffer, TOY_BAD_BUFFER);
}

TOY_EXPORT toy_status toySetBufferEnd(toy_buffer buffer, void (*ended)(toy_buffer, void*),
                                      void* data) {
  const std::scoped_lock locked(lock);
  if (buffer == nullptr) return TOY_BAD_BUFFER;
  if (ended == nullptr) return TOY_BAD_VALUE;
  buffer->ends.emplace_back(ended, data);
  return TOY_OK;
}

TOY_EXPORT toy_buffer toyCreatePart(const toy_part* part, toy_status* error) {
  if (part == nullptr) return Failed<toy_buffer_object>(TOY_BAD_VALUE, error);
  if (part->buffer == nullptr) return Failed<toy_buffer_object>(TOY_BAD_BUFFER, error);
  const std::scoped_lock locked(lock);
  if (!Fits(part->buffer, part->offset, part->size))
    return Failed<toy_buffer_object>(TOY_BAD_VALUE, error);
  auto* buffer = new toy_buffer_object;
  buffer->size = part->size;
  buffer->bytes = part->buffer->bytes + part->offset;
  buffer->whole = part->buffer;
  ++buffer->whole->uses;
  Report(TOY_OK, error);
  return buffer;
}

TOY_EXPORT toy_status toyWrite(toy_queue queue, toy_buffer buffer, int blocking, size_t offset,
                               size_t size, const void* data, unsigned num_waits,
                               const toy_event* waits, toy_event* event) {
  const toy_status status = Check(queue, num_waits, waits);
  if (status != TOY_OK) return status;
  if (buffer == nullptr) return TOY_BAD_BUFFER;
  if (data == nullptr || !Fits(buffer, offset, size)) return TOY_BAD_VALUE;
  const auto run = [=] {
    std::memcpy(buffer->bytes + offset, data, HasBug("lost-byte") ? size - 1 : size);
  };
  return Use(queue, buffer, blocking != 0, {waits, waits + num_waits}, run, event);
}

TOY_EXPORT toy_status toyRead(toy_queue queue, toy_buffer buffer, int blocking, size_t offset,
                              size_t size, void* data, unsigned num_waits, const toy_event* waits,
                              toy_event* event) {
  const toy_status status = Check(queue, num_waits, waits);
  if (status != TOY_OK) return status;
  if (buffer == nullptr) return TOY_BAD_BUFFER;
  if (data == nullptr || !Fits(buffer, offset, size)) return TOY_BAD_VALUE;
  const auto run = [=] { std::memcpy(data, buffer->bytes + offset, size); };
  return Use(queue, buffer, blocking != 0, {waits, waits + num_waits}, run, event);
}

TOY_EXPORT toy_status toyWriteBox(toy_queue queue, toy_buffer buffer, const size_t* region,
                                  const size_t* origin, size_t row_pitch, size_t slice_pitch,
                                  const void* data) {
  if (queue == nullptr) return TOY_BAD_QUEUE;
  if (buffer == nullptr) return TOY_BAD_BUFFER;
  if (region == nullptr || data == nullptr) return TOY_BAD_VALUE;
  const Box box(region, row_pitch, slice_pitch);
  if (!Fits(buffer, 0, box.bytes())) return TOY_BAD_VALUE;
  const char* from = static_cast<const char*>(data);
  if (origin != nullptr)
    from += origin[0] + origin[1] * box.row_pitch + origin[2] * box.slice_pitch;
  const auto run = [=] {
    char* to = buffer->bytes;
    for (std::size_t slice = 0; slice < box.region[2]; ++slice) {
      for (std::size_t row = 0; row < box.region[1]; ++row, to += box.region[0])
        std::memcpy(to, from + slice * box.slice_pitch + row * box.row_pitch, box.region[0]);
    }
  };
  return Use(queue, buffer, true, {}, run, nullptr);
}

TOY_EXPORT void* toyMap(toy_queue queue, toy_buffer buffer, unsigned flags, size_t offset,
                        size_t size, toy_status* error) {
  if (queue == nullptr) return Failed<void>(TOY_BAD_QUEUE, error);
  if (buffer == nullptr) return Failed<void>(TOY_BAD_BUFFER, error);
  if (flags == 0 || !Fits(buffer, offset, size)) return Failed<void>(TOY_BAD_VALUE, error);
  WaitUntilIdle(queue);
  Report(TOY_OK, error);
  return buffer->bytes + offset;
}

TOY_EXPORT void* toyMapBox(toy_queue queue, toy_buffer buffer, unsigned flags, const size_t* region,
                           const size_t* origin, size_t* row_pitch, size_t* slice_pitch,
                           toy_status* error) {
  if (region == nullptr || origin == nullptr || row_pitch == nullptr || slice_pitch == nullptr)
    return Failed<void>(TOY_BAD_VALUE, error);
  *row_pitch = origin[0] + region[0];
  *slice_pitch = *row_pitch * (origin[1] + region[1]);
  const std::size_t begin = origin[0] + origin[1] * *row_pitch + origin[2] * *slice_pitch;
  const std::size_t size =
      (region[2] - 1) * *slice_pitch + (region[1] - 1) * *row_pitch + region[0];
  return toyMap(queue, buffer, flags, begin, size, error);
}

TOY_EXPORT toy_status toyUnmap(toy_queue queue, toy_buffer buffer, void* address) {
  if (queue == nullptr) return TOY_BAD_QUEUE;
  if (buffer == nullptr) return TOY_BAD_BUFFER;
  const auto* at = static_cast<char*>(address);
  return at >= buffer->bytes && at < buffer->bytes + buffer->size ? TOY_OK : TOY_BAD_ADDRESS;
}

TOY_EXPORT void* toyAllocate(toy_device device, size_t size) {
  constexpr std::size_t kPage = 4096;
  const std::scoped_lock locked(lock);
  if (device == nullptr || size == 0 || size > kMemory - allocated) return nullptr;
  void* address = nullptr;
  if (posix_memalign(&address, kPage, size) != 0) return nullptr;
  std::memset(address, 0, size);
  device->addresses[static_cast<char*>(address)] = size;
  allocated += size;
  return address;
}

TOY_EXPORT toy_status toyFree(toy_device device, void* address) {
  const std::scoped_lock locked(lock);
  if (device == nullptr) return TOY_BAD_DEVICE;
  const auto found = device->addresses.find(static_cast<char*>(address));
  if (found == device->addresses.end()) return TOY_BAD_ADDRESS;
  allocated -= found->second;
  free(address);
  device->addresses.erase(found);
  return TOY_OK;
}

TOY_EXPORT toy_status toyCopy(toy_queue queue, void* to, const void* from, size_t size,
                              toy_event* event) {
  if (queue == nullptr) return TOY_BAD_QUEUE;
  if (to == nullptr || from == nullptr || size == 0) return TOY_BAD_VALUE;
  {
    const std::scoped_lock locked(lock);
    const auto run = [=] {
      std::memmove(to, from, size);
      return TOY_OK;
    };
    Enqueue(queue, {}, run, event);
  }
  if (event == nullptr) WaitUntilIdle(queue);
  return TOY_OK;
}

TOY_EXPORT toy_status toyMapAddress(toy_queue queue, unsigned flags, void* address, size_t size,
                                    toy_event* event) {
  if (queue == nullptr) return TOY_BAD_QUEUE;
  if (flags == 0 || size == 0) return TOY_BAD_VALUE;
  if (address == nullptr) return TOY_BAD_ADDRESS;
  {
    const std::scoped_lock locked(lock);
    Enqueue(queue, {}, [] { return TOY_OK; }, event);
  }
  if (event == nullptr) WaitUntilIdle(queue);
  return TOY_OK;
}

TOY_EXPORT toy_status toyUnmapAddress(toy_queue queue, void* address, toy_event* event) {
  if (queue == nullptr) return TOY_BAD_QUEUE;
  if (address == nullptr) return TOY_BAD_ADDRESS;
  const std::scoped_lock locked(lock);
  Enqueue(queue, {}, [] { return TOY_OK; }, event);
  return TOY_OK;
}
