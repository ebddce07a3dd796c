// SPDX-License-Identifier: Apache-2.0
#pragma once

// One call of the program's, from its parameters to its results. Generated code drives it:
//
//   Call call(function, sizeof(args), payload);
//   call.Use(...), In(...), Out(...), New(...)     fill the argument structure; small data goes
//   into `payload`, which
//                                                  lies on the caller's stack, more into the arena
//   call.Send(&args, waits)                        false: there is no session
//   call.Succeed() or call.Fail()                  outputs, new handles, edges, callbacks take
//   effect, or do not ~Call()                                        gives back whatever is left,
//   and delivers finished outputs
//
// A missing allocation is remembered and makes Send fail, so that nothing in between needs
// checking.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "ava/base/rect.h"
#include "ava/guest/answers.h"
#include "ava/guest/object.h"
#include "ava/guest/session.h"
#include "ava/wire/abi.h"
#include "ava/wire/blob.h"
#include "ava/wire/record.h"

namespace ava::guest {

inline constexpr std::size_t kOutputsMax = 12;
inline constexpr std::size_t kMintedMax = 4;  // single handles that one call creates
inline constexpr std::size_t kEdgesMax = 4;

// Room for the small inputs of a call.
template <std::size_t kBytes>
struct Payload {
  alignas(8) std::array<std::byte, kBytes> bytes;  // left uninitialised
};

// A value as one word, and back: how a callback's arguments are kept for the day when the worker is
// lost.
template <class T>
std::uint64_t ToWord(T value) {
  static_assert(sizeof(T) <= sizeof(std::uint64_t));
  std::uint64_t word = 0;
  std::memcpy(&word, &value, sizeof(value));
  return word;
}
template <class T>
T FromWord(std::uint64_t word) {
  T value;
  std::memcpy(&value, &word, sizeof(value));
  return value;
}

// Where an output lies until it is copied.
struct Output {
  void* destination = nullptr;
  std::uint64_t bytes = 0;  // capacity
  std::uint32_t slot_offset = 0;
  bool in_slot = false;
  bool borrowed = false;  // the block is an object's
  bool later = false;     // until(event): delivered when the worker has marked the block
  bool strided = false;
  Rect rect;
  transport::Block block;
};

// How a block's first `bytes` bytes are named on the wire.
wire::Blob ArenaBlob(const transport::Block& block, std::uint64_t bytes);

// A key of a properties list whose value is a handle.
struct HandleKey {
  std::uint64_t key;
  std::uint16_t type;
};

// What a mapping call asks for: so many bytes, or a box of `region` elements of so many bytes.
struct MapRequest {
  std::uint64_t bytes = 0;
  bool reads = true;     // the contents are brought to the guest
  bool writes = true;    // unmapping brings them back
  bool blocks = true;    // the contents are there when the call returns
  void* host = nullptr;  // the program's own memory that the range, or for a box the whole object,
                         // stands for; null: it has none
  void* shared = nullptr;  // the range within the object's shared memory; null: it has none
  bool boxed = false;
  const std::size_t* region = nullptr;
  const std::size_t* origin = nullptr;  // of the box within `host`
  // Where the worker says how far apart rows and slices are. Null: the program did not ask.
  const Output* row_pitch = nullptr;
  const Output* slice_pitch = nullptr;

  std::uint64_t shadow_bytes() const {
    return boxed ? Rect::Of(region, bytes, nullptr, 0, 0).bytes() : bytes;
  }
};

class Call {
 public:
  template <std::size_t kBytes>
  Call(std::uint16_t function, std::size_t argument_bytes, Payload<kBytes>& payload)
      : Call(function, argument_bytes, payload.bytes.data(), kBytes) {}
  Call(std::uint16_t function, std::size_t argument_bytes, std::byte* payload,
       std::size_t payload_bytes)
      : session_(Session::Current()),
        function_(function),
        argument_bytes_(static_cast<std::uint32_t>(argument_bytes)),
        payload_bytes_(static_cast<std::uint32_t>(payload_bytes)),
        payload_(payload) {
    if (t_thread.session != &session_) EnterThread(session_);
  }
  ~Call() {
    if (dirty_) CleanUp();
    if (delivers_) session_.Deliver();
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // Inputs: handles. False: refuse the call.
  bool Use(const void* handle, std::uint16_t type, wire::HandleId& id) {
    const Object* object = g_objects.Find(handle, type);
    if (object == nullptr) return false;
    id = object->id;
    names_minted_ |= !object->server_minted();
    return true;
  }
  bool UseOptional(const void* handle, std::uint16_t type, wire::HandleId& id) {
    return handle == nullptr || Use(handle, type, id);
  }
  // `handles`: an array of the API's handles, or null.
  bool UseAll(const void* handles, std::uint64_t count, std::uint16_t type, bool optional,
              wire::Blob& blob);

  // Inputs: data. `kept`: the worker uses it until an event completes, not only during the call.
  void In(const void* data, std::uint64_t bytes, wire::Blob& blob, bool kept = false);
  void InRect(const void* memory, const Rect& rect, wire::Blob& blob, bool kept);
  void String(const char* text, wire::Blob& blob);
  // Room for `bytes` of input which the caller fills; null: no memory, remembered.
  std::byte* Room(std::uint64_t bytes, wire::Blob& blob, bool kept = false);
  // {key, value} words up to key 0. False: a handle in it is dead.
  bool Properties(const void* list, std::span<const HandleKey> handle_keys, wire::Blob& blob);

  // Outputs. The returned one is for Copy; null when the program passed NULL.
  Output* Out(void* destination, std::uint64_t bytes, wire::Blob& blob);
  // Of a call that blocks: its bytes will lie at `memory`, which both sides see, and are copied
  // from there. So nobody else may begin anything meanwhile: a thread that makes its first call
  // waits until this one is over.
  Output* OutInPlace(const void* memory, void* destination, std::uint64_t bytes, wire::Blob& blob);
  // Delivered once the event of this call has completed, whether or not the call is waited for.
  void OutLater(void* destination, std::uint64_t bytes, wire::Blob& blob);
  Output* OutRect(void* memory, const Rect& rect, wire::Blob& blob, bool later);

  // New handles. They come alive in Succeed and are written to `destination` there.
  void New(void* destination, std::uint16_t type, wire::HandleId& id);
  void NewAll(void* destinations, std::uint64_t count, std::uint16_t type, wire::Blob& blob);
  void* NewResult(std::uint16_t type, wire::HandleId& id);
  // For a handle that is about to be released: the program still owns a reference.
  static bool Owned(const void* handle) {
    return static_cast<const Object*>(handle)->references() != 0;
  }

  // Memory that the object to be made has in common with the vendor library, `data` copied there.
  // False: there is none, and the data travels as any other.
  bool Share(const void* result, std::uint64_t bytes, const void* data, std::uint64_t data_bytes,
             wire::Blob& blob);
  void* shared() const { return shared_.data; }

  // Mapped memory.
  void Map(const void* object, const MapRequest& request, std::uint64_t& id, wire::Blob& shadow);
  void Unmap(const void* object, const void* pointer, std::uint64_t& id);
  void* mapped_pointer() const { return mapping_.pointer(); }

  // Memory that is named by addresses. False: nothing lives there, refuse the call; NULL is passed
  // on. What FreeAddress names is gone when the call succeeds.
  bool Address(const void* pointer, std::uint64_t bytes, std::uint64_t& there);
  bool Addresses(const void* pointers, std::uint64_t count, wire::Blob& blob);
  bool FreeAddress(const void* pointer, std::uint64_t& there);
  bool FreeAddresses(const void* pointers, std::uint64_t count, wire::Blob& blob);
  // False: it is memory of the program's own.
  bool OrAddress(const void* pointer, std::uint64_t bytes, wire::Blob& blob);
  // After a call that has allocated: the program's pointer to that; so much is wanted of it.
  void* Allocated(std::uint64_t bytes);
  // After a call by which the program may look at such memory; and in one that ends this.
  void Mapped(const void* pointer, std::uint64_t bytes, bool writes);
  void TakeBack(const void* pointer, wire::Blob& contents);

  // Callbacks: forgotten again in Fail.
  void Register(const CallbackEntry& entry, std::uint64_t& id);

  // Setters: keeps the call with the object, for a call that consumes it. False: it must be sent.
  bool Keep(const void* object, std::uint64_t key, const void* arguments);
  // In front of this call goes what was kept with `object`.
  void Consume(const void* object);

  bool Waits(bool asynchronous) const { return !asynchronous || !session_.options().async; }
  // Marks the call as one by which the program may learn of completions.
  void Delivers() { delivers_ = true; }

  // False: there is no session (any more). Otherwise, for a waited call, the reply is there.
  bool Send(const void* arguments, bool waits);
  const wire::ReplyHeader& reply() const { return reply_; }
  std::uint64_t produced() const { return reply_.produced; }
  bool waited() const { return waited_; }

  // After a call that succeeded, in this order: outputs (Copy...), then the rest.
  void Copy(Output* output) {
    if (output != nullptr) Copy(*output, output->bytes);
  }
  void Copy(Output* output, std::uint64_t bytes) {
    if (output != nullptr) Copy(*output, bytes < output->bytes ? bytes : output->bytes);
  }
  // After a call that failed: what the vendor library has written nevertheless.
  void CopyFailed(Output* output) {
    if (waited_ && (reply_.produced & wire::kFailedInLibrary) != 0) Copy(output);
  }
  // The output's bytes are HandleIds, the program gets handles. An id 0: `keep_zero` leaves the
  // program's element.
  void CopyHandles(Output* output, std::uint64_t count, std::uint16_t type, bool keep_zero);
  void CopyProperties(Output* output, std::uint64_t bytes, std::span<const HandleKey> handle_keys);
  const std::byte* Data(const Output& output) const {
    return output.in_slot ? slot_.inline_data + output.slot_offset : output.block.data;
  }
  void Succeed();
  void Fail();

  // Edges: `child` (new in this call, or any other live handle) keeps `parent` alive. After
  // Succeed.
  void DependsOn(const void* child, std::uint16_t child_type, const void* parent,
                 std::uint16_t parent_type);
  // The same for all handles that NewAll made.
  void AllDependOn(const void* parent, std::uint16_t parent_type);
  static void Retain(const void* handle);
  void Release(const void* handle);
  // Before a release is sent: the setters that may name what dies.
  void FlushSetters();

  // Answers.
  bool Answer(const void* object, const Question& question, void* value, std::uint64_t capacity,
              void* size_ret);
  void Learn(const void* object, const Question& question, const Output* output,
             std::uint64_t bytes);

  // A query that the guest knows the answer of. False: the place is too small, which the vendor
  // library has to say.
  template <class Value>
  bool AnswerLocally(const Value& answer, void* value, std::uint64_t capacity, void* size_ret) {
    if (value != nullptr && capacity < sizeof(answer)) return false;
    const std::size_t bytes = sizeof(answer);
    if (value != nullptr) std::memcpy(value, &answer, sizeof(answer));
    if (size_ret != nullptr) std::memcpy(size_ret, &bytes, sizeof(bytes));
    CountLocal();
    return true;
  }

  // A call that ends here without a command.
  void CountLocal() {
    if (t_thread.local_calls != nullptr) wire::CountLocalCall(t_thread.local_calls, function_);
  }
  template <class Error>
  Error Refuse(Error error) {
    CountLocal();
    return error;
  }
  template <class Result, class Error>
  Result Refuse(Error* place, Error error) {
    CountLocal();
    if (place != nullptr) *place = error;
    return Result{};
  }

  Session& session() { return session_; }

 private:
  struct Minted {
    Object* object;
    void* destination;  // void**, or null
  };
  struct InBlock {
    transport::Block block;
    bool kept;
  };

  Output& output(std::size_t index) {
    return reinterpret_cast<Output*>(output_storage_.data())[index];
  }
  void Discover(const Output& from, std::span<const std::uint64_t> places, std::uint16_t type);
  Object* MintOne(std::uint16_t type, wire::HandleId& id);
  transport::Block Allocate(std::uint64_t bytes, wire::Blob& blob);
  Output* AddOutput(void* destination, std::uint64_t bytes, wire::Blob& blob, bool later);
  void Copy(const Output& output, std::uint64_t bytes);
  bool Submit(const void* arguments, wire::CommandHeader header);
  void MarkInFlight(bool waits);
  void FreeInputs(bool done);
  void GiveUpCallback();
  std::uint64_t PitchOf(const Output* output) const;
  void SetPitch(const Output* output, std::size_t pitch) const;
  void FindView();
  Delivery Contents() const;
  void FinishSharing(bool success);
  void FinishMapping(bool success);
  void FinishUnmapping(bool success);
  template <class One>
  bool EachAddress(const void* pointers, std::uint64_t count, wire::Blob& blob, One one);
  void Forget(const void* pointer, std::uint64_t bytes);
  void FinishAddresses(bool success);
  void CleanUp();

  Session& session_;
  std::uint16_t function_;
  bool dirty_ = false;  // something must be given back
  bool waited_ = false;
  bool delivers_ = false;
  bool failed_ = false;  // no memory for something
  bool sent_ = false;
  bool alone_ = false;         // until the call is over; see Session::BeginAlone
  bool names_minted_ = false;  // a handle that the guest has minted is among its arguments
  std::uint32_t argument_bytes_;
  std::uint32_t payload_bytes_;
  std::uint32_t payload_used_ = 0;
  std::uint32_t slot_used_ = 0;
  std::byte* payload_;
  const void* arguments_ = nullptr;  // from Send on
  Object* consumed_ = nullptr;
  std::uint64_t callback_ = 0;
  std::uint16_t callback_kind_ = 0;  // CallbackId
  transport::Slot slot_;
  wire::ReplyHeader reply_ = {};
  std::uint32_t output_count_ = 0;
  std::uint32_t minted_count_ = 0;
  bool maps_ = false;
  bool unmaps_ = false;
  std::vector<InBlock> in_blocks_;
  std::vector<Object*> minted_many_;
  std::size_t bound_many_ = 0;  // of these, the ones that exist
  void** minted_many_destination_ = nullptr;
  std::vector<const void*> freeing_;       // allocations that this call frees
  guest::Addresses::View view_;            // of such memory, that this call ends
  Mapping mapping_;                        // that this call makes, or ends
  transport::Block shared_;                // memory of the object that it makes
  wire::HandleId shares_for_ = 0;          // that object; `shared_` is the call's to give back
  MapRequest map_request_;                 // of one that it makes
  std::array<Minted, kMintedMax> minted_;  // the first minted_count_
  // Not constructed before they are used: most calls have few.
  alignas(Output) std::array<std::byte, kOutputsMax * sizeof(Output)> output_storage_;
};

}  // namespace ava::guest
