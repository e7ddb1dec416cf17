// store: makes stores, such as the machine's own that a group of people keeps. A table of commands.
#include "base/display.h"
#include "carry/store/store.h"
#include "cli/args.h"
#include "cli/command_group.h"
#include "cli/exit_codes.h"
#include "cli/group_name.h"
#include "cli/output.h"
#include "cli/store_location.h"

namespace pannier {

extern const Command kCmdStore;

namespace {

Result<int> run_init(Args& args, std::span<const std::string> words) {
  std::string store_option;
  std::string group;
  bool system = false;
  args.flag("--system", system, "the machine's own store, /var/lib/pannier, which every user reads");
  args.option("--group", "GROUP", group, "members of this group may write to it too, now and later");
  args.option("--store", "FOLDER", store_option, "its folder; new, or empty");
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  if (system == !store_option.empty()) {
    return args.usage_error(system ? "either --system or --store" : "no store is named",
                            "say --system, or --store FOLDER");
  }
  const std::string root = system ? std::string(kSystemStore) : store_option;
  FileSystem& fs = real_file_system();
  if (!group.empty()) {
    PANNIER_ASSIGN(const uint32_t number, group_number(group));
    const auto there = fs.list(root);
    if (there.ok() && !there->empty()) {
      return Error{ErrorKind::kInvalid,
                   for_display(root) + " is not empty: what is in it would stay as it is",
                   "give the group a new folder, or change the modes of all that is there by hand (help: "
                   "docs/guide/isolated-admin.md)"};
    }
    PANNIER_TRY(fs.make_folders(root));
    // Before anything is made in it, so that everything follows.
    PANNIER_TRY(fs.share_folder(root, number));
  }
  PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open_or_create(fs, root));
  PANNIER_ASSIGN(const ImageIndex index, store->references());
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object().member("store", for_display(root)).member("group", group);
    json.member("generation", index.generation).end_object();
    print_json(json);
  } else {
    print_line(for_display(root) + " is a store" +
               (group.empty() ? "" : ", shared by the group " + for_display(group)));
  }
  return kExitOk;
}

const Command kInit = {
    "store init",
    "",
    "make an empty store",
    "store init --system --group models\nstore init --store /srv/models",
    "unsupported, not found, I/O",
    &run_init,
};

Result<int> run_store(Args& /*args*/, std::span<const std::string> words) {
  const Command* const rows[] = {&kInit};
  return run_command_group(kCmdStore, rows, words);
}

}  // namespace

const Command kCmdStore = {
    "store",
    "Isolated side",
    "make stores: one's own, or the machine's, shared by a group",
    "store init --system --group models",
    "",
    &run_store,
};

}  // namespace pannier
