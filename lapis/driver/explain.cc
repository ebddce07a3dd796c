// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <vector>

#include "lapis/diag/catalog.h"
#include "lapis/diag/diagnostics.h"
#include "lapis/driver/explanations.h"
#include "lapis/syntax/keywords.h"

namespace lapis::driver {

std::string ExplanationsOf(const std::string& name) {
  std::string text(Explanation(name));
  if (!text.empty()) return text;
  const std::string word = syntax::Canonical(name);
  for (const syntax::Keyword& keyword : syntax::AllKeywords()) {
    if (keyword.word != word) continue;
    if (!text.empty()) text += '\n';
    text += Explanation(std::string(syntax::PlaceWord(keyword.place)) + '-' + word);
  }
  return text;
}

std::string NearestExplained(const std::string& name) {
  std::vector<std::string> names;
  for (const syntax::Keyword& keyword : syntax::AllKeywords()) names.emplace_back(keyword.word);
  for (const diag::Message& message : diag::kCatalog) names.push_back(diag::Name(message.number));
  return diag::DidYouMean(name, names);
}

}  // namespace lapis::driver
