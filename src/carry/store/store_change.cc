// Changes are small and lists may be long, so a change is merged into a list by name.
#include "carry/store/store_change.h"

#include <map>
#include <set>

#include "base/limits.h"

namespace pannier {
namespace {

Error stale_channel(const ChannelState& there, const ChannelState& wanted) {
  return {ErrorKind::kStale,
          "channel " + wanted.name + " is at number " + std::to_string(there.sequence) +
              " here, which is newer than number " + std::to_string(wanted.sequence),
          "an older bundle is only taken with --allow-older"};
}

Status change_channels(const StoreChange& change, ImageIndex& index) {
  std::map<std::string, ChannelState> by_name;
  for (ChannelState& channel : index.channels) by_name.emplace(channel.name, std::move(channel));
  for (const ChannelState& wanted : change.channels) {
    const auto [there, is_new] = by_name.emplace(wanted.name, wanted);
    if (is_new) continue;
    if (wanted.sequence < there->second.sequence && !change.channels_may_go_back) {
      return stale_channel(there->second, wanted);
    }
    if (wanted.sequence != there->second.sequence || change.channels_may_go_back) there->second = wanted;
  }
  if (by_name.size() > limits::kChannelsMax) {
    return Error{ErrorKind::kLimit,
                 "the store would know " + std::to_string(by_name.size()) + " channels, at most " +
                     std::to_string(limits::kChannelsMax) + " are allowed",
                 "use another store"};
  }
  index.channels.clear();
  for (auto& [name, channel] : by_name) index.channels.push_back(std::move(channel));
  return {};
}

Error given_twice(const std::string& name) {
  return {ErrorKind::kInvalid, "\"" + name + "\" is given twice in one commit", ""};
}

}  // namespace

Status check_change(const StoreChange& change) {
  std::set<std::string> names;
  for (const Reference& reference : change.references) {
    PANNIER_TRY(check_ref_name(reference.name));
    if (!names.insert(reference.name).second) return given_twice(reference.name);
    if (reference.manifest_bytes == 0 || reference.manifest_bytes > limits::kManifestBytesMax) {
      return Error{ErrorKind::kLimit,
                   "the manifest of " + reference.name + " has " + std::to_string(reference.manifest_bytes) +
                       " bytes; 1 to " + std::to_string(limits::kManifestBytesMax) + " are allowed",
                   ""};
    }
  }
  for (const std::string& name : change.removed) {
    if (!names.insert(name).second) return given_twice(name);
  }
  return {};
}

Result<ImageIndex> changed_index(const ImageIndex& base, const StoreChange& change) {
  if (change.only_on_generation && *change.only_on_generation != base.generation) {
    return Error{ErrorKind::kStale,
                 "the store has changed meanwhile: it is at generation " + std::to_string(base.generation) +
                     ", not " + std::to_string(*change.only_on_generation),
                 "look at it again, and repeat what you still want"};
  }
  std::map<std::string, Reference> by_name;
  for (const Reference& reference : base.references) by_name[reference.name] = reference;
  for (const std::string& name : change.removed) by_name.erase(name);
  for (const Reference& reference : change.references) by_name[reference.name] = reference;
  if (by_name.size() > limits::kModelsPerBundleMax) {
    return Error{ErrorKind::kLimit,
                 "the store would hold " + std::to_string(by_name.size()) + " models, at most " +
                     std::to_string(limits::kModelsPerBundleMax) + " are allowed",
                 "use another store"};
  }
  ImageIndex index;
  index.generation = base.generation;
  index.channels = base.channels;
  PANNIER_TRY(change_channels(change, index));
  for (auto& [name, reference] : by_name) index.references.push_back(std::move(reference));
  return index;
}

bool same_contents(const ImageIndex& a, const ImageIndex& b) {
  return a.references == b.references && a.channels == b.channels;
}

}  // namespace pannier
