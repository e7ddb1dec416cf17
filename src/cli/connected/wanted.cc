#include "cli/connected/wanted.h"

#include <sys/stat.h>

#include "base/fs.h"
#include "base/limits.h"

namespace pannier {
namespace {

bool is_path_here(const std::string& text) {
  struct stat info{};
  return ::stat(text.c_str(), &info) == 0;
}

bool is_relative(const std::string& path) { return !path.starts_with('/') && !path.starts_with('~'); }

void move_under(const std::string& folder, std::vector<std::string>& paths) {
  for (std::string& path : paths) {
    if (is_relative(path) && path.find("://") == std::string::npos) path = folder + "/" + path;
  }
}

}  // namespace

void ConnectionOptions::declare(Args& args) {
  args.option("--hub-url", "URL", hub_url, "the Hub, else $HF_ENDPOINT, else https://huggingface.co");
  args.option("--hub-token-file", "FILE", hub_token_file,
              "your token for it, else $HF_TOKEN or what `hf auth login` saved");
  args.option("--ca-bundle", "FILE", ca_bundle,
              "certificates to trust (PEM), else $SSL_CERT_FILE or the system's");
  args.option("--connections", "N", connections, "at once (default 8)");
  args.option("--store", "FOLDER", store, "where fetched files are kept (help environment)");
}

void WantedOptions::declare_models(Args& args, bool with_name) {
  args.positionals("REF", refs, "models and data sets: org/name[@revision], dir:FOLDER, … (help refs)",
                   false);
  args.option("--revision", "REV", revision, "branch, tag or commit (one REF; the same as REF@REV)");
  if (with_name) {
    args.option("--name", "NAME", name, "what the model is called on the far side (one REF)");
  }
  args.option("--files", "WHICH", files,
              "needed: small files and one weight format (the default for the Hub); all (for folders)");
  args.option("--include", "GLOB", include, "take only what matches; may be given again");
  args.option("--exclude", "GLOB", exclude, "leave out what matches; may be given again");
  args.flag("--no-closure", no_closure,
            "tell which other repositories are needed, but do not take them along");
}

void WantedOptions::declare_wheels(Args& args) {
  args.option("--pip", "REQ", requirements,
              "a Python requirement whose wheels are carried; may be given again");
  args.option("-r,--requirements", "FILE", requirement_files, "a file of them");
  args.option("--constraints", "FILE", constraints, "versions that are allowed");
  args.option("--target", "TARGET", targets,
              "the machine the wheels are for (help targets); may be given again");
  args.option("--torch", "BUILD", torch, "which torch: cpu, cu126, …, or default for what the index has");
  args.option("--index-url", "URL", index_url, "the package index, else what uv and pip are configured with");
  args.option("--extra-index-url", "URL", extra_index_urls, "another index; may be given again");
  args.option("--find-links", "FOLDER", find_links, "a folder of wheels; may be given again");
  args.flag("--build-sdists", build_sdists,
            "build what has no wheel (only where the target is this machine)");
}

bool takes_all_files_unless_said(const std::string& ref) {
  return ref.starts_with("dir:") || is_path_here(ref);
}

Result<SpecFile> WantedOptions::as_spec(const Args& args) const {
  if (!files.empty() && files != "needed" && files != "all") {
    return args.usage_error("--files is \"" + files + "\"", "say --files needed or --files all");
  }
  if (!name.empty() && refs.size() != 1) return args.usage_error("--name goes with one REF");
  if (!revision.empty() && refs.size() != 1) return args.usage_error("--revision goes with one REF");
  SpecFile spec;
  spec.closure = !no_closure;
  for (const std::string& ref : refs) {
    SpecEntry entry;
    entry.ref = ref;
    if (!revision.empty()) {
      if (ref.find('@') != std::string::npos) {
        return args.usage_error("\"" + ref + "\" has a revision already", "leave one of them out");
      }
      entry.ref += "@" + revision;
    }
    entry.name = name;
    entry.all_files = files.empty() ? takes_all_files_unless_said(ref) : files == "all";
    entry.include = include;
    entry.exclude = exclude;
    spec.models.push_back(std::move(entry));
  }
  SpecPython& python = spec.python;
  python.requirements = requirements;
  python.requirements_files = requirement_files;
  python.constraints = constraints;
  python.targets = targets;
  python.torch = torch;
  python.index_url = index_url;
  python.extra_index_urls = extra_index_urls;
  python.find_links = find_links;
  python.build_sdists = build_sdists;
  if (python.asks_for_wheels() && targets.empty()) {
    return args.usage_error("which machine are the wheels for?",
                            "say --target linux-x86_64-glibc2.28-cp39 or the like (help targets)");
  }
  if (!python.asks_for_wheels() && !targets.empty()) {
    return args.usage_error("--target says where wheels will run, and none is asked for",
                            "add --pip REQUIREMENT or -r FILE");
  }
  return spec;
}

Result<SpecFile> read_spec(const std::string& path) {
  PANNIER_ASSIGN(const std::string text, read_small_file(real_file_system(), path, limits::kTomlBytesMax));
  PANNIER_ASSIGN(SpecFile spec, parse_spec_file(text, path));
  const std::string folder = parent_folder(path);
  if (folder != ".") {
    for (SpecEntry& entry : spec.models) {
      if (!entry.ref.starts_with("dir:")) continue;
      if (const std::string inside = entry.ref.substr(4); is_relative(inside)) {
        entry.ref = "dir:" + folder + "/" + inside;
      }
    }
    move_under(folder, spec.python.requirements_files);
    move_under(folder, spec.python.constraints);
    move_under(folder, spec.python.find_links);
  }
  return spec;
}

}  // namespace pannier
