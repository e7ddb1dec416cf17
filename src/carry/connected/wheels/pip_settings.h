// pip_settings: what pip.conf and pip's variables on this machine say about where packages come from.
// Source: pip's documentation, "Configuration"; the file is Python's configparser dialect of INI.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/connected/wheels/uv.h"

namespace pannier {

struct PipSetting {
  std::string value;   // as written; lists are separated by white space
  std::string source;  // the file or the variable it stands in
};

// By name as on the command line ("index-url", "find-links", "trusted-host", …): what `pip install` goes by.
// Read: the machine's files (/etc/xdg/pip/pip.conf and those of $XDG_CONFIG_DIRS, /etc/pip.conf), the user's
// (~/.pip/pip.conf, ~/.config/pip/pip.conf), the virtual environment's ($VIRTUAL_ENV/pip.conf), the file in
// $PIP_CONFIG_FILE, and $PIP_…: what comes later wins, and [install] wins over [global] wherever it stands.
// kCorrupt with file and line; kLimit; kIo.
Result<std::map<std::string, PipSetting>> read_pip_settings(FileSystem& fs, const Environment& environment);

// A setting's words: what white space separates.
std::vector<std::string> words_of(std::string_view value);

// One file's sections, each with its settings; `what` names it in messages. kCorrupt with the line.
using PipSections = std::map<std::string, std::map<std::string, std::string>>;
Result<PipSections> parse_pip_conf(std::string_view text, std::string_view what);

}  // namespace pannier
