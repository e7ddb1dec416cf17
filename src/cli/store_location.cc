#include "cli/store_location.h"

#include <cstdlib>

#include "cli/command.h"

namespace pannier {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The places that belong to this user, best first. HOME, not the password database: a static
// executable that asks the latter loads the host's modules.
std::vector<std::string> own_stores() {
  std::vector<std::string> places;
  if (const std::string home = environment("PANNIER_HOME"); !home.empty()) places.push_back(home + "/store");
  if (const std::string data = environment("XDG_DATA_HOME"); data.starts_with("/")) {
    places.push_back(data + "/pannier");
  } else if (const std::string home = environment("HOME"); !home.empty()) {
    places.push_back(home + "/.local/share/pannier");
  }
  return places;
}

}  // namespace

Result<std::string> store_to_write(const std::string& option) {
  if (!option.empty()) return option;
  const std::vector<std::string> places = own_stores();
  if (places.empty()) {
    return Error{ErrorKind::kInvalid,
                 "no store is named, and neither PANNIER_HOME, XDG_DATA_HOME nor HOME is set",
                 "say --store FOLDER"};
  }
  return places.front();
}

Result<std::string> store_to_change(const std::string& option) {
  PANNIER_ASSIGN(const std::vector<std::string> places, stores_to_read(option));
  return places.front();
}

Result<std::vector<std::string>> stores_to_read(const std::string& option) {
  std::vector<std::string> places;
  if (!option.empty()) return std::vector<std::string>{option};
  for (const std::string& place : own_stores()) {
    if (real_file_system().stat(place + "/oci-layout").ok()) places.push_back(place);
  }
  if (real_file_system().stat(std::string(kSystemStore) + "/oci-layout").ok())
    places.emplace_back(kSystemStore);
  if (!places.empty()) return places;
  return Error{ErrorKind::kNotFound, "there is no store yet",
               "`" + program_name() + " install FILE` makes one, or say --store FOLDER"};
}

Result<FoundModel> find_model(FileSystem& fs, const std::string& option, const std::string& name) {
  PANNIER_ASSIGN(const std::vector<std::string> places, stores_to_read(option));
  std::optional<Error> first;
  std::optional<FoundModel> by_alias;  // a name, in whatever store, comes before another's alias
  for (const std::string& place : places) {
    PANNIER_ASSIGN(std::unique_ptr<Store> store, Store::open(fs, place));
    Result<Reference> reference = store->find(name);
    if (reference.ok()) {
      const bool is_name = reference->name == name;
      FoundModel found{std::move(store), *std::move(reference)};
      if (is_name) return found;
      if (!by_alias) by_alias = std::move(found);
      continue;
    }
    if (reference.error().kind != ErrorKind::kNotFound) return std::move(reference).error();
    if (!first) first = std::move(reference).error();
  }
  if (by_alias) return *std::move(by_alias);
  return *std::move(first);
}

}  // namespace pannier
