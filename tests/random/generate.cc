// SPDX-License-Identifier: Apache-2.0
#include "tests/random/generate.h"

namespace random_test {

namespace {

// Small numbers are the plain choices; among the others, some are wrong.
rc::Gen<uint16_t> Operand() {
  return rc::gen::weightedOneOf<uint16_t>(
      {{3, rc::gen::inRange<uint16_t>(0, 8)}, {2, rc::gen::inRange<uint16_t>(0, 1024)}});
}

rc::Gen<unsigned> Kind() {
  std::vector<unsigned> table;
  for (unsigned kind = 0; kind < OperationKinds().size(); ++kind) {
    table.insert(table.end(), OperationKinds()[kind].weight, kind);
  }
  return rc::gen::noShrink(rc::gen::elementOf(table));
}

// Three of four sequences have one thread.
rc::Gen<Operation> AnOperation(unsigned threads) {
  return rc::gen::build<Operation>(
      rc::gen::set(&Operation::thread, rc::gen::inRange(0U, threads)),
      rc::gen::set(&Operation::kind, Kind()),
      rc::gen::set(&Operation::operands,
                   rc::gen::container<std::array<uint16_t, kOperandsMax>>(Operand())));
}

}  // namespace

rc::Gen<Sequence> Sequences() {
  const auto of = [](unsigned threads) {
    return rc::gen::container<Sequence>(AnOperation(threads));
  };
  return rc::gen::weightedOneOf<Sequence>({{12, of(1)}, {2, of(2)}, {2, of(kThreadsMax)}});
}

}  // namespace random_test
