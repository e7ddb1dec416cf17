#include "carry/connected/wheels/wheel_fetch.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/display.h"
#include "base/safe_path.h"
#include "base/threads.h"
#include "carry/connected/wheels/wheel_digest.h"
#include "format/python_closure.h"
#include "format/python_requirements_file.h"

namespace pannier {
namespace {

// A wheel that one or several wheelhouses need.
struct NeededWheel {
  LockedWheel wheel;
  WheelName name;
  std::string place;                        // where it lies, once it was brought
  std::optional<PackageMetadata> metadata;  // once checked
};
// By digest; the same contents under two names are two wheels.
using NeededWheels = std::map<std::pair<Digest, std::string>, NeededWheel>;

std::string shown_name(const LockedWheel& wheel) { return for_message(wheel.filename); }

class Fetcher {
 public:
  Fetcher(const WheelTools& tools, const WheelFetchOptions& options) : tools_(tools), options_(options) {}

  Result<WheelFetch> fetch(const std::vector<LockedWheelhouse>& locks) {
    PANNIER_TRY(tools_.fs.make_folders(options_.folder));
    for (const LockedWheelhouse& lock : locks) PANNIER_TRY(add(lock));
    PANNIER_TRY(bring_all());
    PANNIER_TRY(check_all());
    for (const LockedWheelhouse& lock : locks) {
      PANNIER_ASSIGN(Wheelhouse house, wheelhouse(lock));
      out_.wheelhouses.push_back(std::move(house));
    }
    return std::move(out_);
  }

 private:
  Status add(const LockedWheelhouse& lock) {
    std::set<std::string> names;
    for (const LockedWheel& wheel : lock.wheels) {
      PANNIER_ASSIGN(WheelName name, WheelName::parse(wheel.filename));
      const auto safe = SafePath::parse(wheel.filename);
      if (!safe.ok()) return with_context(safe.error(), lock.target);
      if (!names.insert(wheel.filename).second) {
        return Error{ErrorKind::kCorrupt,
                     fmt::format("{}: the wheel {} is there twice", lock.target, shown_name(wheel)), ""};
      }
      NeededWheel& needed = needed_[{wheel.sha256, wheel.filename}];
      needed.wheel = wheel;
      needed.name = std::move(name);
    }
    return {};
  }

  std::string place_of(const LockedWheel& wheel) const {
    return options_.folder + "/" + wheel.sha256.hex() + ".whl";
  }

  // Whether our folder holds the wheel from before, whole.
  Result<bool> is_held(const LockedWheel& wheel) {
    const std::string place = place_of(wheel);
    const auto stat = tools_.fs.stat(place);
    if (!stat.ok() && stat.error().kind == ErrorKind::kNotFound) return false;
    PANNIER_ASSIGN(const FileDigest digest, digest_of_file(tools_.fs, place, tools_.cancel));
    if (digest.sha256 == wheel.sha256) return true;
    PANNIER_TRY(tools_.fs.remove_file(place));
    return false;
  }

  // Where else on this machine it lies; empty: nowhere.
  Result<std::string> find_local(const LockedWheel& wheel) const {
    for (const PlannedWheel& local : options_.local_wheels) {
      if (local.wheel.sha256 == wheel.sha256 && !local.local_path.empty()) return local.local_path;
    }
    if (!wheel.url.empty()) return local_path_of(wheel.url).value_or("");
    for (const std::string& folder : tools_.index.link_folders()) {
      const std::string path = folder + "/" + wheel.filename;
      if (tools_.fs.stat(path).ok()) return path;
    }
    return Error{ErrorKind::kNotFound,
                 "no address for the wheel " + shown_name(wheel) + ", and no find-links folder holds it",
                 "give the folder that holds it with --find-links"};
  }

  // In our folder, or elsewhere on this machine: then that becomes its place.
  Result<bool> is_here_already(NeededWheel& needed) {
    PANNIER_ASSIGN(const bool held, is_held(needed.wheel));
    if (held) return true;
    PANNIER_ASSIGN(std::string local, find_local(needed.wheel));
    if (local.empty()) return false;
    PANNIER_TRY(check_local(local, needed.wheel));
    needed.place = std::move(local);
    return true;
  }

  Status bring_all() {
    std::vector<DownloadItem> items;
    std::vector<std::string> places;
    std::map<Digest, std::string> brought;  // equal wheels under two names come once
    for (auto& [key, needed] : needed_) {
      if (const auto found = brought.find(needed.wheel.sha256); found != brought.end()) {
        needed.place = found->second;
        continue;
      }
      needed.place = place_of(needed.wheel);
      PANNIER_ASSIGN(const bool is_here, is_here_already(needed));
      brought[needed.wheel.sha256] = needed.place;
      if (is_here) {
        out_.bytes_held += needed.wheel.bytes;
        continue;
      }
      PANNIER_ASSIGN(DownloadItem item, item_of(needed.wheel));
      items.push_back(std::move(item));
      places.push_back(needed.place);
    }
    if (items.empty()) return {};
    DownloadOptions download = options_.download;
    download.events.done = [&](size_t index, const DownloadedFile& file) {
      return tools_.fs.rename(file.path, places[index]);
    };
    PANNIER_ASSIGN(out_.totals, download_all(tools_.fs, tools_.client, items, download));
    return {};
  }

  Result<DownloadItem> item_of(const LockedWheel& wheel) const {
    DownloadItem item;
    item.label = wheel.filename;
    auto address = parse_index_address(wheel.url);
    if (!address.ok()) return with_context(std::move(address).error(), shown_name(wheel));
    item.url = address->url;
    item.headers = index_headers(tools_.index, item.url);
    item.bytes = wheel.bytes;
    item.id.sha256 = wheel.sha256;
    return item;
  }

  // A wheel that lies here stays where it is, where it has the digest that was planned.
  Status check_local(const std::string& path, const LockedWheel& wheel) const {
    PANNIER_ASSIGN(const FileDigest digest, digest_of_file(tools_.fs, path, tools_.cancel));
    if (digest.sha256 == wheel.sha256) return {};
    const std::string what = fmt::format("{}: its SHA-256 is {}", for_message(path), digest.sha256.hex());
    if (wheel.url.empty()) {
      return Error{ErrorKind::kStale, fmt::format("{}, {} was planned", what, wheel.sha256.hex()),
                   "it has changed since: plan again"};
    }
    return Error{ErrorKind::kCorrupt, fmt::format("{}, its index says {}", what, wheel.sha256.hex()), ""};
  }

  // Every wheel from its first byte to its last, several side by side.
  Status check_all() {
    std::vector<NeededWheel*> wheels;
    for (auto& [key, needed] : needed_) wheels.push_back(&needed);
    std::vector<Status> results(wheels.size());
    ThreadPool pool(std::min<uint32_t>(usable_processor_count(), std::max<size_t>(wheels.size(), 1)));
    pool.parallel_for(wheels.size(), [&](size_t i, uint32_t) { results[i] = check_one(*wheels[i]); });
    for (Status& result : results) PANNIER_TRY(std::move(result));
    return {};
  }

  Status check_one(NeededWheel& needed) const {
    PANNIER_ASSIGN(const std::unique_ptr<FileView> view, map_file(needed.place));
    PANNIER_ASSIGN(CheckedWheel checked, check_wheel_file(*view, needed.name, tools_.cancel));
    needed.metadata = std::move(checked.metadata);
    return {};
  }

  const NeededWheel& needed(const LockedWheel& wheel) const {
    const auto found = needed_.find({wheel.sha256, wheel.filename});
    assert(found != needed_.end());
    return found->second;
  }

  Result<Wheelhouse> wheelhouse(const LockedWheelhouse& lock) {
    Wheelhouse out;
    out.name = "wheels/" + lock.target;
    out.locked = lock;
    PANNIER_ASSIGN(const PythonTarget target, PythonTarget::parse(lock.target));
    const TargetTags tags(target);
    std::vector<PackageMetadata> set;
    for (const LockedWheel& wheel : lock.wheels) {
      const NeededWheel& checked = needed(wheel);
      const Status fits = check_wheel_fits(checked.name, *checked.metadata, tags);
      if (!fits.ok()) return with_context(fits.error(), lock.target);
      set.push_back(*checked.metadata);
      out.files.push_back({wheel.filename, checked.place, wheel.bytes, wheel.sha256});
    }
    PANNIER_ASSIGN(const std::set<size_t> unneeded, check_closed(lock, target, set, out.warnings));
    PANNIER_TRY(add_lists(lock, unneeded, out));
    std::sort(out.files.begin(), out.files.end(),
              [](const WheelhouseFile& a, const WheelhouseFile& b) { return a.path < b.path; });
    return out;
  }

  // The positions of what no root leads to: a carried pip.
  static Result<std::set<size_t>> check_closed(const LockedWheelhouse& lock, const PythonTarget& target,
                                               const std::vector<PackageMetadata>& set,
                                               std::vector<std::string>& warnings) {
    std::vector<Requirement> roots;
    for (const std::string& text : lock.requirements) {
      PANNIER_ASSIGN(Requirement root, Requirement::parse(text));
      roots.push_back(std::move(root));
    }
    auto checked = check_closure(set, roots, target.markers());
    if (!checked.ok()) return with_context(std::move(checked).error(), lock.target);
    for (const std::string& warning : checked->warnings) warnings.push_back(lock.target + ": " + warning);
    if (checked->unmet.empty()) return std::set<size_t>(checked->unneeded.begin(), checked->unneeded.end());
    std::string unmet;
    for (const UnmetRequirement& one : checked->unmet) unmet += "\n  " + for_display(one.text());
    return Error{
        ErrorKind::kIncomplete,
        fmt::format("{}: the wheels are not complete, pip would look for more:{}", lock.target, unmet),
        "lock again; or add what is missing to the requirements"};
  }

  Status add_lists(const LockedWheelhouse& lock, const std::set<size_t>& unneeded, Wheelhouse& house) {
    std::vector<PinnedRequirement> pins;
    for (size_t i = 0; i < lock.wheels.size(); ++i) {
      if (unneeded.contains(i)) continue;
      const LockedWheel& wheel = lock.wheels[i];
      pins.push_back({wheel.package, needed(wheel).metadata->version, {wheel.sha256}, ""});
    }
    // On the far side the wheels lie beside their lock, and their addresses lead nowhere.
    LockedWheelhouse beside = lock;
    for (LockedWheel& wheel : beside.wheels) wheel.url.clear();
    PANNIER_TRY(add_text("requirements.txt", write_requirements_file(pins), house));
    return add_text("pylock.toml", write_pylock(beside), house);
  }

  Status add_text(const char* path, const std::string& text, Wheelhouse& house) {
    const std::string folder = options_.folder + "/" + house.locked.target;
    PANNIER_TRY(tools_.fs.make_folders(folder));
    const std::string source = folder + "/" + path;
    PANNIER_TRY(write_file_atomic(tools_.fs, source, text));
    house.files.push_back({path, source, text.size(), sha256(text)});
    return {};
  }

  const WheelTools& tools_;
  const WheelFetchOptions& options_;
  NeededWheels needed_;
  WheelFetch out_;
};

}  // namespace

Result<WheelFetch> fetch_wheelhouses(const WheelTools& tools, const std::vector<LockedWheelhouse>& locks,
                                     const WheelFetchOptions& options) {
  return Fetcher(tools, options).fetch(locks);
}

std::vector<PlannedWheel> local_wheels_of(const WheelPlan& plan) {
  std::vector<PlannedWheel> out;
  for (const TargetPlan& target : plan.targets) {
    for (const PlannedWheel& wheel : target.wheels) {
      if (!wheel.local_path.empty()) out.push_back(wheel);
    }
  }
  return out;
}

}  // namespace pannier
