#include "carry/connected/wheels/index_config.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/absolute_path.h"
#include "base/child_process.h"
#include "base/display.h"
#include "carry/connected/wheels/pip_settings.h"

namespace pannier {
namespace {

using PipSettings = std::map<std::string, PipSetting>;

// A path made absolute ("~/" understood), since a child may run in another folder; an address as it is.
std::string absolute_or_address(std::string value, const Environment& environment) {
  const auto path = local_path_of(value);
  if (!path) return value;
  if (path->starts_with("~/")) return absolute_path(environment("HOME") + path->substr(1));
  return absolute_path(*path);
}

bool says_yes(const std::string& value) {
  std::string lower;
  for (const char c : value) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower == "1" || lower == "true" || lower == "yes" || lower == "on" || lower == "y" || lower == "t";
}

void add_once(std::vector<IndexSetting>& settings, std::string value, const std::string& source) {
  const auto same = [&](const IndexSetting& setting) { return setting.value == value; };
  if (std::none_of(settings.begin(), settings.end(), same)) settings.push_back({std::move(value), source});
}

const PipSetting* find(const PipSettings& settings, const char* name) {
  const auto found = settings.find(name);
  return found == settings.end() ? nullptr : &found->second;
}

// pip's own default, from its help: "(default https://…)". --isolated: without files and variables.
Result<std::string> pip_built_in_index() {
  ProgramCall call;
  call.arguments = {"python3", "-m", "pip", "--isolated", "download", "--help"};
  call.set = {{"COLUMNS", "2000"}, {"NO_COLOR", "1"}};
  call.dropped = {"PIP_*"};
  const Error failed{ErrorKind::kNotFound,
                     "no package index is configured, and neither uv nor pip says its own",
                     "install uv or pip, or name an index with --index-url"};
  const auto end = run_program(call);
  if (!end.ok() || end->exit_status != 0) return failed;
  const std::string_view text = end->output;
  constexpr std::string_view kDefault = "(default ";
  const size_t option = text.find("--index-url");
  const size_t begin = option == std::string_view::npos ? option : text.find(kDefault, option);
  const size_t stop = begin == std::string_view::npos ? begin : text.find(')', begin);
  if (stop == std::string_view::npos) return failed;
  return std::string(text.substr(begin + kDefault.size(), stop - begin - kDefault.size()));
}

void add_options(const IndexOptions& options, const Environment& environment, IndexConfig& config) {
  if (!options.index_url.empty()) {
    config.main_index = {absolute_or_address(options.index_url, environment), "--index-url"};
  }
  for (const std::string& url : options.extra_index_urls) {
    add_once(config.extra_indexes, absolute_or_address(url, environment), "--extra-index-url");
  }
  for (const std::string& place : options.find_links) {
    add_once(config.find_links, absolute_or_address(place, environment), "--find-links");
  }
  for (const std::string& file : options.constraint_files) {
    add_once(config.constraints, absolute_or_address(file, environment), "--constraints");
  }
  config.no_index = options.no_index;
}

void add_uv(const UvIndexes& uv, const Environment& environment, IndexConfig& config) {
  if (config.main_index.value.empty() && !uv.is_built_in) {
    config.main_index = {absolute_or_address(uv.main_index, environment), "uv's configuration"};
  }
  for (const std::string& url : uv.extra_indexes) {
    add_once(config.extra_indexes, absolute_or_address(url, environment), "uv's configuration");
  }
  for (const std::string& place : uv.find_links) {
    add_once(config.find_links, absolute_or_address(place, environment), "uv's configuration");
  }
}

void add_pip(const PipSettings& pip, const Environment& environment, IndexConfig& config) {
  if (const PipSetting* setting = find(pip, "index-url");
      setting != nullptr && config.main_index.value.empty()) {
    config.main_index = {absolute_or_address(setting->value, environment), setting->source};
  }
  const auto add_list = [&](const char* name, std::vector<IndexSetting>& into) {
    const PipSetting* setting = find(pip, name);
    if (setting == nullptr) return;
    for (std::string& word : words_of(setting->value)) {
      add_once(into, absolute_or_address(std::move(word), environment), setting->source);
    }
  };
  const size_t extra_count = config.extra_indexes.size();
  add_list("extra-index-url", config.extra_indexes);
  config.merged = config.extra_indexes.size() > extra_count;
  add_list("find-links", config.find_links);
  add_list("constraint", config.constraints);
  if (const PipSetting* setting = find(pip, "trusted-host")) config.trusted_hosts = words_of(setting->value);
  if (const PipSetting* setting = find(pip, "cert")) config.ca_bundle = setting->value;
  if (const PipSetting* setting = find(pip, "no-index")) config.no_index |= says_yes(setting->value);
}

// What cannot work is said with the place it comes from, before uv stumbles over it. Folders that were
// configured for all uses and are not there are left out, as pip leaves them out.
Status check(FileSystem& fs, IndexConfig& config) {
  const auto is_missing_folder = [&](const IndexSetting& setting) {
    const auto path = local_path_of(setting.value);
    return path && !fs.stat(*path).ok();
  };
  for (const IndexSetting& setting : config.find_links) {
    if (setting.source == "--find-links" && is_missing_folder(setting)) {
      return Error{ErrorKind::kNotFound, "--find-links: no folder " + for_message(setting.value), ""};
    }
  }
  std::erase_if(config.find_links, is_missing_folder);
  std::erase_if(config.extra_indexes, is_missing_folder);
  for (const IndexSetting& setting : config.constraints) {
    if (local_path_of(setting.value) && !fs.stat(setting.value).ok()) {
      return Error{
          ErrorKind::kNotFound,
          fmt::format("no file {} (constraints, from {})", for_message(setting.value), setting.source), ""};
    }
  }
  std::vector<const IndexSetting*> addresses;
  if (!config.no_index) addresses.push_back(&config.main_index);
  for (const IndexSetting& setting : config.extra_indexes) addresses.push_back(&setting);
  for (const IndexSetting* setting : addresses) {
    if (local_path_of(setting->value)) continue;
    const auto address = parse_index_address(setting->value);
    if (!address.ok()) return with_context(address.error(), setting->source);
  }
  return {};
}

bool holds_credentials(const std::string& value) { return without_credentials(value) != value; }

std::string as_address(const std::string& value) {
  return value.starts_with("/") ? "file://" + percent_encode(value, true) : value;
}

}  // namespace

Result<IndexConfig> read_index_config(FileSystem& fs, const Environment& environment,
                                      const IndexOptions& options, const Uv* uv,
                                      const std::string& work_folder) {
  IndexConfig config;
  add_options(options, environment, config);
  UvIndexes from_uv;
  if (uv != nullptr) {
    PANNIER_ASSIGN(from_uv, uv_indexes(fs, *uv, work_folder));
    add_uv(from_uv, environment, config);
  }
  PANNIER_ASSIGN(const PipSettings pip, read_pip_settings(fs, environment));
  add_pip(pip, environment, config);
  if (config.main_index.value.empty() && !config.no_index) {
    if (uv != nullptr) {
      config.main_index = {from_uv.main_index, "uv's built-in default"};
    } else {
      PANNIER_ASSIGN(std::string address, pip_built_in_index());
      config.main_index = {std::move(address), "pip's built-in default"};
    }
  }
  PANNIER_TRY(check(fs, config));
  return config;
}

void tell_uv(const IndexConfig& config, const Environment& environment, UvResolution& resolution) {
  auto& variables = resolution.environment;
  if (config.no_index) {
    resolution.arguments.emplace_back("--no-index");
  } else {
    variables.emplace_back("UV_DEFAULT_INDEX", as_address(config.main_index.value));
    std::string extra;
    for (const IndexSetting& setting : config.extra_indexes) {
      extra += (extra.empty() ? "" : " ") + as_address(setting.value);
    }
    if (!extra.empty()) variables.emplace_back("UV_INDEX", extra);
    if (config.merged && environment("UV_INDEX_STRATEGY").empty()) {
      variables.emplace_back("UV_INDEX_STRATEGY", "unsafe-best-match");
    }
  }
  std::string secret_links;
  for (const IndexSetting& setting : config.find_links) {
    if (holds_credentials(setting.value)) {
      secret_links += (secret_links.empty() ? "" : ",") + setting.value;
    } else {
      resolution.arguments.insert(resolution.arguments.end(), {"--find-links", setting.value});
    }
  }
  if (!secret_links.empty()) variables.emplace_back("UV_FIND_LINKS", secret_links);
  std::string hosts;
  for (const std::string& host : config.trusted_hosts) hosts += (hosts.empty() ? "" : " ") + host;
  if (!hosts.empty()) variables.emplace_back("UV_INSECURE_HOST", hosts);
  if (!config.ca_bundle.empty() && environment("SSL_CERT_FILE").empty()) {
    variables.emplace_back("SSL_CERT_FILE", config.ca_bundle);
  }
  for (const IndexSetting& setting : config.constraints) {
    resolution.constraint_files.push_back(setting.value);
  }
}

}  // namespace pannier
