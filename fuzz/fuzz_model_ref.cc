// Any bytes as what a user types for a model: what is accepted can go into an address and a store.
#include <cstdlib>

#include "carry/connected/model_ref.h"
#include "format/oci.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool path_exists : {false, true}) {
    const auto ref = pannier::parse_model_ref(text, path_exists);
    if (!ref.ok()) continue;
    if (ref->text != text) std::abort();
    if (ref->kind != pannier::RefKind::kHub && ref->kind != pannier::RefKind::kHfCache) continue;
    if (!pannier::check_repo_id(ref->repo).ok()) std::abort();
    if (!ref->revision.empty() && !pannier::check_revision(ref->revision).ok()) std::abort();
    const std::string name =
        pannier::far_side_name(ref->repo_type, ref->repo, ref->revision, std::string(40, 'a'));
    if (!pannier::check_ref_name(name).ok()) std::abort();
  }
  return 0;
}
