// lock: what pannier.toml means today, written down to each file's digest.
#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>

#include "base/display.h"
#include "base/limits.h"
#include "base/log.h"
#include "carry/connected/lock.h"
#include "cli/args.h"
#include "cli/connected/report.h"
#include "cli/connected/session.h"
#include "cli/exit_codes.h"
#include "cli/output.h"

namespace pannier {
namespace {

struct LockOptions {
  ConnectionOptions connection;
  std::string spec_path = "pannier.toml";
  std::string lock_path;
  std::vector<std::string> names;
  bool update = false;
  bool check = false;
  bool dry_run = false;
  bool yes = false;
};

const char* change_word(LockChange::Kind kind) {
  switch (kind) {
    case LockChange::Kind::kAdded:
      return "add";
    case LockChange::Kind::kRemoved:
      return "remove";
    case LockChange::Kind::kChanged:
      return "change";
  }
  return "change";
}

void print_changes(const std::vector<LockChange>& changes) {
  Table table;
  table.column("");
  table.column("NAME");
  table.column("LOCKED");
  table.column("NOW");
  for (const LockChange& change : changes) {
    table.row({change_word(change.kind), change.name, change.before.empty() ? "-" : change.before,
               change.after.empty() ? "-" : change.after});
  }
  table.print();
}

void write_changes(JsonWriter& json, const std::vector<LockChange>& changes) {
  json.key("changes").begin_array();
  for (const LockChange& change : changes) {
    json.begin_object().member("change", change_word(change.kind)).member("name", for_display(change.name));
    json.member("before", for_display(change.before)).member("after", for_display(change.after)).end_object();
  }
  json.end_array();
}

// The lock that is there; nothing where there is none.
Result<std::optional<LockFile>> read_lock(const std::string& path) {
  FileSystem& fs = real_file_system();
  if (const auto there = fs.stat(path); !there.ok() && there.error().kind == ErrorKind::kNotFound) {
    return std::optional<LockFile>();
  }
  PANNIER_ASSIGN(const std::string text, read_small_file(fs, path, limits::kTomlBytesMax));
  PANNIER_ASSIGN(LockFile lock, parse_lock_file(text, path));
  return std::optional<LockFile>(std::move(lock));
}

bool is_named(const LockedSnapshot& snapshot, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (snapshot.name == name || snapshot.ref == name) return true;
    for (const std::string& alias : snapshot.aliases) {
      if (alias == name) return true;
    }
  }
  return false;
}

// Refs that keep the commit of the old lock: all that are in it, unless they are to be updated.
void keep_commits(SpecFile& spec, const LockFile& before, const LockOptions& options) {
  for (std::vector<SpecEntry>* entries : {&spec.models, &spec.datasets}) {
    for (SpecEntry& entry : *entries) {
      for (const LockedSnapshot& locked : before.snapshots) {
        if (locked.ref != entry.ref || locked.commit.empty() || locked.source != "hub") continue;
        if (options.update && (options.names.empty() || is_named(locked, options.names))) continue;
        // Resolved at its commit it would be named after the commit.
        if (entry.name.empty()) entry.name = locked.name;
        entry.ref = (locked.kind == "dataset" ? "datasets/" : "") + locked.repo + "@" + locked.commit;
      }
    }
  }
}

// What the lock says of a snapshot that kept its commit: the ref as the specification has it, not the pinned
// one.
void restore_refs(const LockFile& before, LockFile& after) {
  for (LockedSnapshot& now : after.snapshots) {
    for (const LockedSnapshot& old : before.snapshots) {
      if (old.name != now.name || old.commit != now.commit || old.commit.empty()) continue;
      now.ref = old.ref;
      now.revision = old.revision;
      now.aliases = old.aliases;
    }
  }
}

Status check_names(const LockOptions& options, const std::optional<LockFile>& before) {
  for (const std::string& name : options.names) {
    bool found = false;
    for (const LockedSnapshot& snapshot : before ? before->snapshots : std::vector<LockedSnapshot>()) {
      found = found || is_named(snapshot, {name});
    }
    if (!found) {
      return Error{ErrorKind::kNotFound, "the lock has no \"" + name + "\" to update",
                   "see pannier.lock for the names"};
    }
  }
  return {};
}

bool confirmed(const LockOptions& options) {
  if (options.yes) return true;
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1) return false;
  std::fprintf(stderr, "write these changes to %s [y/N]? ", options.lock_path.c_str());
  std::fflush(stderr);
  const int answer = std::getchar();
  return answer == 'y' || answer == 'Y';
}

Result<LockFile> resolve_lock(Session& session, const SpecFile& spec, const Digest& digest,
                              std::vector<std::string>& warnings) {
  PANNIER_ASSIGN(Resolved resolved, session.resolve(spec));
  warn_of_findings(resolved);
  if (resolved.has_errors()) warnings.emplace_back("what is locked will not load on the far side as it is");
  PANNIER_TRY(session.hash_folders(resolved.plan.snapshots));
  return make_lock(digest, resolved.plan.snapshots, std::move(resolved.wheelhouses));
}

// --check: 0 where the lock is what resolving again gives, 1 where not.
int report_check(const Args& args, const std::vector<LockChange>& changes, bool fits_spec) {
  const bool fresh = changes.empty() && fits_spec;
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object().member("fresh", fresh).member("fits_spec", fits_spec);
    write_changes(json, changes);
    json.end_object();
    print_json(json);
  } else if (fresh) {
    print_line("the lock is fresh");
  } else {
    print_line(fits_spec ? "the lock is stale:" : "the lock is stale: the specification has changed");
    if (!changes.empty()) print_changes(changes);
  }
  return fresh ? kExitOk : kExitNo;
}

Result<int> write_lock(const Args& args, const LockOptions& options, const LockFile& lock,
                       const std::vector<LockChange>& changes, bool is_new) {
  const std::string text = write_lock_file(lock);
  const bool write = !options.dry_run;
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object().member("lock", options.lock_path).member("written", write);
    json.member("snapshots", uint64_t{lock.snapshots.size()});
    json.member("wheelhouses", uint64_t{lock.wheelhouses.size()});
    write_changes(json, changes);
    json.end_object();
    print_json(json);
  } else {
    if (!changes.empty()) print_changes(changes);
    if (changes.empty()) print_line("nothing has changed");
  }
  if (!write) return kExitOk;
  if (!is_new && !changes.empty() && options.update && !args.json() && !confirmed(options)) {
    return Error{ErrorKind::kInterrupted, "nothing was written: the changes were not confirmed",
                 "say --yes to write them without a question, or --dry-run to see them only"};
  }
  PANNIER_TRY(write_file_atomic(real_file_system(), options.lock_path, text));
  if (!args.json()) {
    print_line(fmt::format("wrote {}: {}, {}", options.lock_path, counted(lock.snapshots.size(), "snapshot"),
                           counted(lock.wheelhouses.size(), "wheelhouse")));
  }
  return kExitOk;
}

Result<int> run_lock(Args& args, std::span<const std::string> words) {
  LockOptions options;
  args.positionals("NAME", options.names, "with --update: only these", false);
  args.option("--spec", "FILE", options.spec_path, "the specification (default pannier.toml)");
  args.option("--lock", "FILE", options.lock_path, "the lock (default: beside it, pannier.lock)");
  args.flag("--update", options.update, "resolve again what is locked: shows what would change, then asks");
  args.flag("--check", options.check, "write nothing; 1 where the lock is stale");
  args.flag("--dry-run", options.dry_run, "show what would change and write nothing");
  args.flag("--yes", options.yes, "write without a question");
  options.connection.declare(args);
  args.flag("--install-uv", options.connection.install_uv, "install the resolver uv where it is missing");
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  if (!options.names.empty() && !options.update) return args.usage_error("NAME goes with --update");
  if (options.check && options.update) return args.usage_error("--check and --update do not go together");
  if (options.lock_path.empty()) {
    const std::string folder = parent_folder(options.spec_path);
    options.lock_path = folder == "." ? "pannier.lock" : folder + "/pannier.lock";
  }
  PANNIER_ASSIGN(SpecFile spec, read_spec(options.spec_path));
  const Digest digest = sha256(canonical_spec(spec));
  PANNIER_ASSIGN(const std::optional<LockFile> before, read_lock(options.lock_path));
  PANNIER_TRY(check_names(options, before));
  if (options.check && !before) {
    return Error{ErrorKind::kNotFound, options.lock_path + " does not exist", "make it with `pannier lock`"};
  }
  if (before && !options.check) keep_commits(spec, *before, options);

  PANNIER_ASSIGN(const std::unique_ptr<Session> session, Session::open(options.connection, true));
  std::vector<std::string> warnings;
  PANNIER_ASSIGN(LockFile after, resolve_lock(*session, spec, digest, warnings));
  if (before) restore_refs(*before, after);
  for (const std::string& warning : warnings) log_warning(warning);
  const std::vector<LockChange> changes = compare_locks(before.value_or(LockFile()), after);
  if (options.check) return report_check(args, changes, before->spec == digest);
  return write_lock(args, options, after, changes, !before);
}

}  // namespace

extern const Command kCmdLock;
const Command kCmdLock = {
    "lock",
    "Connected side",
    "resolve pannier.toml to pannier.lock: commits, files, digests",
    "lock                        # new entries are resolved, locked ones keep their commit\n"
    "lock --update --dry-run     # what has moved upstream\n"
    "lock --update org/name\n"
    "lock --check                # for CI: exit code 1 where the lock is stale",
    "no, corrupt, untrusted, not found, unsupported, limit, I/O, network, denied, interrupted",
    &run_lock,
    true,
};

}  // namespace pannier
