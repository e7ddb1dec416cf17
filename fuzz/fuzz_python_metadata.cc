// Any bytes as METADATA, WHEEL and RECORD; and METADATA against itself as a set of one package.
#include <cstdlib>

#include "format/python_closure.h"
#include "format/python_metadata.h"
#include "format/python_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto metadata = pannier::parse_package_metadata(text, "fuzz");
  if (metadata.ok()) {
    if (!pannier::is_package_name(metadata->name) || metadata->license.size() > 300) std::abort();
    const auto environment = pannier::PythonTarget::parse("linux-x86_64-glibc2.28-cp39")->markers();
    pannier::Requirement root;
    root.name = metadata->name;
    for (const std::string& extra : metadata->provides_extra) root.extras.insert(extra);
    const auto closure = pannier::check_closure({*metadata}, {root}, environment);
    if (closure.ok()) {
      for (const pannier::UnmetRequirement& unmet : closure->unmet) (void)unmet.text();
    }
  }
  (void)pannier::parse_wheel_description(text, "fuzz");
  const auto record = pannier::parse_wheel_record(text, "fuzz");
  if (record.ok()) {
    for (const pannier::RecordEntry& entry : *record) {
      if (entry.path.empty()) std::abort();
    }
  }
  return 0;
}
