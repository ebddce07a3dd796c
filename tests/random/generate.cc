// SPDX-License-Identifier: Apache-2.0
#include "tests/random/generate.h"

namespace random_test {

namespace {

// Small numbers are the plain choices; among the others, some are wrong.
rc::Gen<uint16_t> Operand() {
  return rc::gen::weightedOneOf<uint16_t>(
      {{3, rc::gen::inRange<uint16_t>(0, 8)}, {2, rc::gen::inRange<uint16_t>(0, 1024)}});
}

// From create_program to the last.
unsigned FirstOfPrograms() {
  unsigned kind = 0;
  while (OperationKinds()[kind].name != std::string_view("create_program")) ++kind;
  return kind;
}

rc::Gen<unsigned> Kind(bool has_programs) {
  std::vector<unsigned> table;
  const size_t end = has_programs ? OperationKinds().size() : FirstOfPrograms();
  for (unsigned kind = 0; kind < end; ++kind) {
    table.insert(table.end(), OperationKinds()[kind].weight, kind);
  }
  return rc::gen::noShrink(rc::gen::elementOf(table));
}

rc::Gen<Operation> AnOperation(unsigned threads, bool has_programs) {
  return rc::gen::build<Operation>(
      rc::gen::set(&Operation::thread, rc::gen::inRange(0U, threads)),
      rc::gen::set(&Operation::kind, Kind(has_programs)),
      rc::gen::set(&Operation::operands,
                   rc::gen::container<std::array<uint16_t, kOperandsMax>>(Operand())));
}

}  // namespace

// A build takes as long as a hundred other calls, so one of ten has programs; three of four have
// one thread.
rc::Gen<Sequence> Sequences() {
  const auto of = [](unsigned threads, bool has_programs) {
    return rc::gen::container<Sequence>(AnOperation(threads, has_programs));
  };
  return rc::gen::weightedOneOf<Sequence>({{30, of(1, false)},
                                           {3, of(2, false)},
                                           {3, of(kThreadsMax, false)},
                                           {3, of(1, true)},
                                           {1, of(2, true)}});
}

}  // namespace random_test
