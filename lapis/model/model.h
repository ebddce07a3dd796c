// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a spec and its header mean, fully resolved: the input of every emitter.
//
// The front end (syntax, header, sema) fills it, the emitters only read it. Nothing here refers
// back to syntax trees or to libclang. Every fact carries where it came from, so that generated
// code can name the spec line and `cava coverage` can count.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lapis::model {

// Who decided a fact.
enum class Provenance { kInferred, kRule, kWritten };

// How sure inference is of a fact. Open: it does not know, and somebody has to say.
enum class Confidence { kCertain, kLikely, kOpen };

struct Where {
  std::string file;  // as given on the command line or in the #include, relative to --root
  int line = 0;
  int column = 0;
};

// A C++ expression of the spec, verbatim. It may use the function's parameters by name, `result`
// (after the call), `index` (inside an element), metadata(handle), macros and functions of the
// spec's headers.
struct Expr {
  std::string text;
  Where where;
  std::vector<int> parameters;    // indices of the function's parameters it names
  std::vector<int> dereferenced;  // those of them it reads through (*p, p[i], p->x)
  bool uses_metadata = false;
  std::optional<std::int64_t> constant;
};

enum class Direction { kIn, kOut, kInOut };

// What happens to a handle that stands in some place.
enum class HandleUse {
  kUse,       // in: must be alive
  kNew,       // out: created by this call; the guest mints its id
  kExisting,  // out: an object that may exist already (query results); looked up, server-minted
              // when unknown
};

enum class ShapeKind {
  kOpaque,      // copied bit for bit
  kHandle,      // an object of `handle_type`
  kBuffer,      // pointer to `count` elements of `element`
  kString,      // pointer to char; `count` empty: NUL-terminated. With count: that many bytes, 0 =
                // NUL-terminated
  kCallback,    // function pointer; see Callback
  kUserdata,    // handed back to a callback in the guest; does not travel
  kValueTable,  // void* whose content depends on `selector`'s value; see Function::values
  kProperties,  // pointer to a list of {key, value} words that ends at key 0; see Properties
  kRect,        // pointer to a strided box of bytes; see Rect
  kMapped,   // return value: pointer to a guest shadow of a mapped range; argument: such a pointer;
             // see Mapping
  kAddress,  // pointer into memory that both sides know by its address; see Address
  kStruct,   // struct (behind a kBuffer) some of whose fields need translation: `fields`
  kConditional,  // `alternatives`, first whose condition holds; the last has no condition
  kIgnored,      // NULL/0 is passed to the vendor library
};

struct Shape;
using ShapePtr = std::shared_ptr<const Shape>;

struct Alternative {
  std::optional<Expr> condition;
  ShapePtr shape;
};

struct Field {
  std::string name;  // member, "a.b" through anonymous members as clang spells it
  ShapePtr shape;
};

// rect(region, element, origin, row_pitch, slice_pitch): region and origin are size_t[3]
// parameters, in elements of `element` bytes in x; NULL origin or a pitch of 0 has OpenCL's meaning
// (tight). The guest packs the box; the vendor library is called with a tight box: origin {0,0,0}
// and pitches 0 replace the parameters.
struct Rect {
  int region = -1;  // parameter indices, -1: absent
  Expr element_bytes;
  int origin = -1;
  int row_pitch = -1;
  int slice_pitch = -1;
};

// Return value of a mapping call: maps(object, bytes, reads, writes) — reads: contents must be
// brought to the guest; writes: unmapping brings them back. `host`: expression (guest side) for a
// pointer that the program already owns (CL_MEM_USE_HOST_PTR), or NULL; `shared`: for the range
// within the object's shared memory, or NULL. Argument of an unmapping
// call: unmaps(object). With pitches(region, row_pitch, slice_pitch, origin) the range is a box of
// elements of `bytes` bytes; the pitches are outputs of the call, `host` is where the object
// begins.
struct Mapping {
  int object = -1;
  std::optional<Expr> bytes;
  std::optional<Expr> reads;
  std::optional<Expr> writes;
  std::optional<Expr> host;
  std::optional<Expr> shared;
  int region = -1;  // parameter indices, -1: absent; a box has a region
  int row_pitch = -1;
  int slice_pitch = -1;
  int origin = -1;
};

// shared(parameter, bytes, when): when `when` holds, which the guest decides, the object that the
// call returns has `bytes` bytes in common with the guest until its end (Function::end_told_by),
// and the vendor library gets their address in `parameter`, an input.
struct Shared {
  int parameter = -1;
  Expr bytes;
  Expr when;
};

// Memory that the API allocates and the program names by addresses, interior ones included. The
// pointer itself travels, as the vendor library's; `count` of the shape says how many bytes from
// there the call uses. Or a buffer may lie there as well as in memory of the program's own.
struct Address {
  bool instead = false;            // of a buffer: or_address
  std::optional<Expr> instead_if;  // … where this holds (guest side)
  // Return value: allocates(bytes, function).
  std::optional<Expr> allocates;
  std::string given_back_by;  // function with a parameter that `frees`
  bool frees = false;         // the call gives the whole allocation back …
  std::optional<Expr> frees_if;
  bool maps = false;  // from this call on the program looks at the bytes
  std::optional<Expr> reads;
  std::optional<Expr> writes;
  bool unmaps = false;
};

struct Properties {
  // keys whose value is a handle
  struct Key {
    std::string key;  // C constant
    std::string handle_type;
  };
  std::vector<Key> keys;
};

struct Shape {
  ShapeKind kind = ShapeKind::kOpaque;
  Direction direction = Direction::kIn;
  std::string
      type;  // C type of the value at this place, as the vendor call needs it ("const cl_event *")
  std::string
      pointee;  // for kBuffer/kString: element type without const ("cl_event", "unsigned char")
  std::uint64_t size = 0;  // sizeof the value (kOpaque) or of one element (kBuffer); 1 for void
  bool is_signed = false;  // integers
  bool is_floating = false;
  bool is_record = false;  // struct or union
  // kHandle
  std::string handle_type;
  HandleUse use = HandleUse::kUse;
  bool optional = false;  // NULL handle is passed on to the vendor library instead of being refused
  std::optional<Expr> invalid;  // error for a null, dead or foreign handle here (overrides the
                                // type's), or for an address where nothing lives
  // kBuffer, kString
  std::optional<Expr> count;  // elements (bytes for void)
  std::optional<Expr>
      used;  // out: how many of them are valid after the call (evaluated where the call was made)
  bool always = false;  // of an output (in and out): brought back from failed calls, too
  ShapePtr element;     // kOpaque elements: bulk copy
  int until_event =
      -1;  // parameter of the completion event: the data is used until that event completes
  std::optional<Expr> in_place;  // out: where the bytes will lie in shared memory, too; guest side
  bool null_terminated = false;  // array of pointers/handles ended by NULL
  // others
  std::vector<Alternative> alternatives;
  bool guest_decides =
      false;  // kConditional: a condition reads the argument itself, so that the server cannot
              // evaluate it first: it takes the case from the wire and checks what that case holds
  std::vector<Field> fields;
  Rect rect;
  Mapping mapping;
  Address address;
  Properties properties;
  int callback = -1;  // index into Function::callbacks
  int selector = -1;  // kValueTable: parameter that selects
  Provenance provenance = Provenance::kInferred;
  Where where;         // spec line or, for inferred facts, the header's
  std::string reason;  // for inferred facts: name of the heuristic
  Confidence confidence = Confidence::kCertain;
};

struct Parameter {
  std::string name;
  std::string type;       // as the header spells it
  std::string canonical;  // canonical type
  ShapePtr shape;
};

// One row of a value table. Rows not listed are opaque bytes.
struct ValueRow {
  std::vector<std::string> selectors;  // C constants of the selecting parameter
  std::string handle_type;             // elements are handles of this type; empty: opaque
  bool properties = false;             // content is a key/value list (Properties below)
  Properties keys;
  bool cached = false;  // immutable for the object's life
  bool uncached = false;
  std::optional<Expr> mask;  // value &= mask (integers)
  std::string
      filter;  // C++ function `std::string f(const char*)` applied to a string value (server)
  std::vector<std::string> without;  // C strings: words that a string value loses (server)
  std::optional<Expr> local;         // answered in the guest by this expression, no round trip
  std::optional<Expr> becomes;       // what the program sees of the number `answer` (guest)
  std::optional<Expr> lost;          // the answer when the worker is gone
  std::string within;  // the number is at most what the session may hold of this resource (server)
  // The value is an array of pointers to the program's memory; this selector asks for the sizes.
  std::string pointers;
  Where where;
};

struct Callback {
  std::string type;    // the function pointer's type
  int parameter = -1;  // of the function
  int userdata = -1;   // of the function, -1: none
  bool once = false;
  std::vector<int>
      holds;  // parameters whose handle objects stay known until it fired; -2: the return value
  struct Argument {
    std::string name;
    std::string type;
    ShapePtr shape;  // kUserdata for the userdata; handles are kExisting
  };
  std::vector<Argument> arguments;
  std::string return_type;  // "void"
  std::vector<Expr>
      lost;  // arguments with which it is called when the worker is lost; empty: not called
  bool life_known = false;  // the spec says once or many
  Where where;
};

struct Hook {
  std::string code;  // verbatim C++ statements
  Where where;
};

struct Require {
  Expr condition;
  Expr error;
};

struct ResourceUse {
  enum class Kind { kAllocates, kDeallocates, kConsumes } kind;
  std::string resource;
  Expr amount;
  std::optional<Expr> error;  // of a call that would hold more than the session may
};

// proven(owner, keys): the call need not wait when the vendor library has accepted one with the
// same owner and the same keys.
struct Proof {
  int owner = -1;          // parameter
  std::vector<Expr> keys;  // a parameter that is an array stands for its elements
};

enum class FunctionState { kVirtual, kUnsupported, kLocal, kInternal };

// How the function reports an error.
enum class ErrorBy { kNone, kReturn, kParameter };

struct Function {
  std::string name;
  int id = 0;  // FunctionId on the wire, dense, in order of declaration
  FunctionState state = FunctionState::kVirtual;
  std::string unsupported_reason;
  std::optional<Expr> unsupported_error;
  std::string symbol_version;  // "OPENCL_1.2"; empty: not exported (internal)
  bool exported = true;
  std::string found_by;  // the API's function that returns its address; empty: it has a symbol
  bool deprecated = false;
  std::string return_type;
  ShapePtr return_shape;  // null: void
  std::vector<Parameter> parameters;
  std::string prototype;  // full C prototype text, for reading
  ErrorBy error_by = ErrorBy::kNone;
  int error_parameter = -1;  // kParameter: index of the errcode_ret
  // order and waiting
  bool async = false;            // may return before the call was made …
  std::optional<Expr> async_if;  // … when this holds (guest side); otherwise it waits and reports
                                 // the vendor's error
  std::optional<Proof> proven;   // … and such a call was accepted before
  std::optional<Expr> blocking;  // may block on the device: the worker hands its ring over first
  bool compiles = false;         // long computation on the host; the watchdog leaves it alone
  int completes = -1;            // parameter of the event that completes with this call
  bool delivers = false;         // completions may have become visible: deliver finished outputs
  // setters
  std::vector<int> coalesce;  // key parameters, first one is the object; kept in the guest
  std::vector<int> consumes;  // parameters whose kept setters travel before this call
  // queries
  bool cached = false;           // answers are immutable unless a row says otherwise
  std::vector<ValueRow> values;  // for its kValueTable parameter
  // handles
  std::vector<int> retains;
  std::vector<int> releases;
  struct Edge {
    int child;
    int parent;
    std::string field;  // of the struct that `parent` points to; empty: `parent` itself
  };  // parameter indices, -2: return value; child keeps parent alive
  std::vector<Edge> depends_on;
  // checks and hooks
  std::vector<Require>
      requires_;                // NOLINT(readability-identifier-naming): 'requires' is a keyword.
  std::optional<Expr> success;  // return value of an asynchronous call, if not the API's
  std::vector<Hook> guest_before, guest_after, guest_lost, server_before, server_after;
  std::vector<ResourceUse> resources;
  std::optional<Shared> shared;
  // The vendor's function that sets a callback (handle, userdata) for the end of the object that
  // the call returns: then its memory is the guest's again, and what it held is given back. Empty:
  // none.
  std::string end_told_by;
  std::vector<Callback> callbacks;
  std::vector<int> server_order;  // order in which parameters are decoded (dependencies first)
  Provenance provenance = Provenance::kInferred;  // the strongest provenance in it
  Where where;
};

struct HandleType {
  std::string name;     // "cl_mem"
  std::string pointee;  // "struct _cl_mem"
  int id = 0;           // TypeId on the wire, 1..
  std::optional<Expr> invalid;
  bool immortal = false;  // retain and release do nothing; server-minted
  std::string done;       // C++ function `int f(T)` of the server: is this event complete?
  std::string metadata;   // body of the metadata struct, verbatim C++; empty: none
  Where metadata_where;
  Where where;
};

struct Resource {
  std::string name;
  bool continuous = false;  // continuous_rc (bytes held) or instantaneous_rc (events)
  Where where;
};

struct CodeBlock {
  enum class Side { kGuest, kServer, kBoth } side;
  std::string code;  // verbatim; for `guest "file.cc"`: empty, and `file` is set
  std::string file;
  Where where;
};

struct Api {
  std::string name;  // "opencl"
  std::string version;
  std::string soname;           // of the guest library: "libOpenCL.so.1"
  std::string vendor_library;   // what the worker opens
  std::string dispatch_struct;  // ICD: struct whose members are the dispatch table; empty: none
  std::vector<std::string> dispatch_members;  // member names in order (function it holds has the
                                              // same name, or empty slot)
  std::vector<std::string> preamble;          // #include and #define lines, verbatim, in order
  std::vector<std::string> environment;       // patterns
  std::string status_type;                    // "cl_int"
  std::string success;                        // "CL_SUCCESS"
  std::string lost;                           // "CL_DEVICE_NOT_AVAILABLE"
  std::optional<Expr> invalid_address;        // error for an address where nothing lives
  std::vector<std::string> symbol_nodes;      // version nodes in order
  std::vector<HandleType> handle_types;
  std::vector<Resource> resources;
  std::vector<CodeBlock> code;
  std::vector<Function> functions;    // virtual, unsupported, local and internal ones, by id
  std::string digest;                 // 64 hex digits over everything that shapes the wire
  std::vector<std::string> missing;   // functions that the first header declares and nobody exports
  std::vector<std::string> policies;  // files of policy(...): recorded, not yet used
  std::string metadata_struct;        // declare_metadata: for handles without metadata of their own
  std::vector<std::string> inputs;    // files read, for the depfile

  const Function* FindFunction(const std::string& name) const;
  const HandleType* FindHandleType(const std::string& name) const;
  // The function with nothing but one handle of this type that it retains, or releases.
  const Function* FindCounter(const std::string& handle_type, bool retains) const;
};

}  // namespace lapis::model
