// Any bytes as what people and METADATA write of packages: versions, specifiers, markers, requirements,
// targets and names of wheels. What is accepted reads back from its own canonical text as the same.
#include <cstdlib>

#include "format/python_requirement.h"
#include "format/python_requirements_file.h"
#include "format/python_target.h"
#include "format/python_wheel_name.h"

namespace {

using pannier::Result;

template <class Value>
void check_text(const Result<Value>& parsed) {
  if (!parsed.ok()) return;
  const std::string text = parsed->text();
  const Result<Value> again = Value::parse(text);
  if (!again.ok() || again->text() != text) std::abort();
}

void check_version(const Result<pannier::PackageVersion>& version, std::string_view text) {
  if (!version.ok()) return;
  if (*pannier::PackageVersion::parse(version->text()) != *version) std::abort();
  const auto exact = pannier::VersionSpecifiers::parse("==" + version->text());
  if (!exact.ok() || !exact->contains(*version)) std::abort();
  const auto specifiers = pannier::VersionSpecifiers::parse(text.substr(0, text.find(',')));
  if (specifiers.ok()) (void)specifiers->contains(*version);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto version = pannier::PackageVersion::parse(text);
  check_version(version, text);
  check_text(version);
  check_text(pannier::VersionSpecifiers::parse(text));
  check_text(pannier::Requirement::parse(text));
  check_text(pannier::PythonTarget::parse(text));
  check_text(pannier::WheelTag::parse(text));
  const auto marker = pannier::Marker::parse(text);
  check_text(marker);
  const auto target = *pannier::PythonTarget::parse("linux-x86_64-glibc2.28-cp39");
  if (marker.ok()) {
    const auto answer = marker->evaluate(target.markers(), "torch");
    const auto again = pannier::Marker::parse(marker->text())->evaluate(target.markers(), "torch");
    if (answer.ok() != again.ok() || (answer.ok() && *answer != *again)) std::abort();
  }
  const auto wheel = pannier::WheelName::parse(text);
  if (wheel.ok()) {
    static const pannier::TargetTags kTags(target);
    const pannier::WheelFit fit = pannier::fit_wheel(*wheel, kTags);
    if (fit.fits != fit.reason.empty()) std::abort();
    if (wheel->filename.find('/') != std::string::npos) std::abort();
  }
  (void)pannier::parse_requirements_file(text, "fuzz");
  return 0;
}
