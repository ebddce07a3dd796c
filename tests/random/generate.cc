// SPDX-License-Identifier: Apache-2.0
#include "tests/random/generate.h"

#include <algorithm>

namespace random_test {

namespace {

// Small numbers are the plain choices; among the others, some are wrong.
rc::Gen<uint16_t> Operand() {
  return rc::gen::weightedOneOf<uint16_t>(
      {{3, rc::gen::inRange<uint16_t>(0, 8)}, {2, rc::gen::inRange<uint16_t>(0, 1024)}});
}

using Groups = std::vector<Group>;

rc::Gen<unsigned> Kind(const Groups& groups) {
  std::vector<unsigned> table;
  for (unsigned kind = 0; kind < OperationKinds().size(); ++kind) {
    const OperationKind& one = OperationKinds()[kind];
    if (std::find(groups.begin(), groups.end(), one.group) == groups.end()) continue;
    table.insert(table.end(), one.weight, kind);
  }
  return rc::gen::noShrink(rc::gen::elementOf(table));
}

rc::Gen<Operation> AnOperation(unsigned threads, const Groups& groups) {
  return rc::gen::build<Operation>(
      rc::gen::set(&Operation::thread, rc::gen::inRange(0U, threads)),
      rc::gen::set(&Operation::kind, Kind(groups)),
      rc::gen::set(&Operation::operands,
                   rc::gen::container<std::array<uint16_t, kOperandsMax>>(Operand())));
}

}  // namespace

// A build takes as long as a hundred other calls, so one of ten has programs; three of four have
// one thread.
rc::Gen<Sequence> Sequences() {
  const Groups plain = {Group::kPlain};
  const Groups shared = {Group::kPlain, Group::kShared};
  const Groups programs = {Group::kPlain, Group::kPrograms};
  const Groups parts = {Group::kPlain, Group::kParts};
  const Groups commons = {Group::kPlain, Group::kCommons};
  const Groups all = {Group::kPlain, Group::kPrograms, Group::kShared, Group::kSharedPrograms,
                      Group::kParts};
  const auto of = [](unsigned threads, const Groups& groups) {
    return rc::gen::container<Sequence>(AnOperation(threads, groups));
  };
  return rc::gen::weightedOneOf<Sequence>({{15, of(1, plain)},
                                           {6, of(1, parts)},
                                           {15, of(1, shared)},
                                           {3, of(2, plain)},
                                           {3, of(kThreadsMax, shared)},
                                           {1, of(kThreadsMax, parts)},
                                           {2, of(1, programs)},
                                           {1, of(2, programs)},
                                           {2, of(1, all)},
                                           {2, of(2, commons)},
                                           {4, of(kThreadsMax, commons)}});
}

}  // namespace random_test
