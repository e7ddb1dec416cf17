// Streams a bundle out: the length of the head is known before its digests are, so the data goes to its
// final place at once and the head is filled in at the end.
#include "carry/transport/bundle_writer.h"

#include <fmt/core.h>

#include <cassert>
#include <map>

#include "base/limits.h"
#include "carry/transport/data_writer.h"
#include "format/tar.h"

namespace pannier {
namespace {

std::string tar_entry(std::string_view path, const std::string& contents) {
  std::string out = write_tar_header({std::string(path), contents.size()});
  out += contents;
  out.append(tar_padding_bytes(contents.size()), '\0');
  return out;
}

struct Head {
  BundleStatement statement;
  std::string bytes;
};

// Equal in length for equal layouts, whatever the block digests are.
Head write_head(const BundleIndex& index) {
  const std::string index_json = write_bundle_index(index);
  Head head;
  head.statement.payload_digest = bundle_payload_digest(index.models);
  head.statement.index = {sha256(index_json), index_json.size()};
  head.statement.data_bytes = index.data_bytes;
  head.bytes = tar_entry(kBundleStatementPath, write_bundle_statement(head.statement)) +
               tar_entry(kBundleIndexPath, index_json);
  return head;
}

// Where the contents of one entry come from.
struct EntrySource {
  std::string_view memory;  // where `path` is null
  const std::string* path = nullptr;
};

class EntrySources {
 public:
  EntrySources(const std::vector<BundleModelSource>& models, std::string_view image_index)
      : image_index_(image_index) {
    for (const BundleModelSource& model : models) {
      by_digest_.try_emplace(model.index_entry.manifest.digest, EntrySource{model.blobs.manifest, nullptr});
      by_digest_.try_emplace(model.index_entry.config.digest, EntrySource{model.blobs.config, nullptr});
    }
    for (const BundleModelSource& model : models) {
      assert(model.source_paths.size() == model.index_entry.files.size());
      for (size_t i = 0; i < model.source_paths.size(); ++i) {
        by_digest_.try_emplace(model.index_entry.files[i].digest, EntrySource{{}, &model.source_paths[i]});
      }
    }
  }

  EntrySource find(const BundleEntry& entry) const {
    if (entry.path == "oci-layout") return {kOciLayoutFileContents, nullptr};
    if (entry.path == "index.json") return {image_index_, nullptr};
    return by_digest_.at(entry.digest);
  }

 private:
  std::string_view image_index_;
  std::map<Digest, EntrySource> by_digest_;
};

Error changed(const std::string& path, const std::string& detail) {
  return {ErrorKind::kCorrupt, fmt::format("{} changed while it was packed: {}", path, detail),
          "pack again when nothing writes to that folder"};
}

// Reads a file straight into the blocks, digesting it again on the way.
Status append_file(FileSystem& fs, const std::string& path, const BundleEntry& entry, DataWriter& data,
                   const Transfer& transfer) {
  PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> file, fs.open(path));
  if (file->size() != entry.bytes) {
    return changed(path, fmt::format("it has {} bytes now, {} before", file->size(), entry.bytes));
  }
  Sha256 sha;
  for (uint64_t offset = 0; offset < entry.bytes;) {
    PANNIER_TRY(transfer.check_cancel());
    PANNIER_ASSIGN(MutableByteSpan room, data.space());
    room = room.first(std::min<uint64_t>(room.size(), entry.bytes - offset));
    PANNIER_TRY(file->read_at(offset, room));
    sha.update(room);
    offset += room.size();
    PANNIER_TRY(data.advance(room.size()));
    transfer.report(entry.offset + offset, entry.offset + entry.bytes);
  }
  const Digest found = sha.finish();
  if (found != entry.digest) return changed(path, fmt::format("its digest is {} now", found.hex()));
  return {};
}

Status append_entries(FileSystem& fs, const BundleIndex& index, const EntrySources& sources, DataWriter& data,
                      const Transfer& transfer) {
  // The size that progress runs up to is that of all the data, not of one file.
  Transfer inner = transfer;
  inner.progress = [&](uint64_t bytes_done, uint64_t) { transfer.report(bytes_done, index.data_bytes); };
  for (const BundleEntry& entry : index.entries) {
    PANNIER_TRY(transfer.check_cancel());
    PANNIER_TRY(data.append(write_tar_header({entry.path, entry.bytes})));
    const EntrySource source = sources.find(entry);
    if (source.path == nullptr) {
      PANNIER_TRY(data.append(source.memory));
    } else {
      PANNIER_TRY(append_file(fs, *source.path, entry, data, inner));
    }
    PANNIER_TRY(data.append_zeros(tar_padding_bytes(entry.bytes)));
  }
  return data.append_zeros(kTarTrailerBytes);
}

// Writes the whole bundle to `path`, which must not exist, and syncs it.
Result<BundleStatement> write_bundle_file(FileSystem& fs, BundleIndex index, const EntrySources& sources,
                                          const std::string& path, const Transfer& transfer) {
  PANNIER_ASSIGN(const std::unique_ptr<WritableFile> file, fs.create(path));
  const std::string placeholder = write_head(index).bytes;
  PANNIER_TRY(file->append(as_bytes(placeholder)));
  {
    DataWriter data(*file);
    PANNIER_TRY(append_entries(fs, index, sources, data, transfer));
    PANNIER_ASSIGN(index.blocks, data.finish());
  }
  const Head head = write_head(index);
  assert(head.bytes.size() == placeholder.size());
  PANNIER_TRY(file->write_at(0, as_bytes(head.bytes)));
  PANNIER_TRY(file->sync());
  PANNIER_TRY(file->close());
  return head.statement;
}

Error exists(const std::string& path) {
  return {ErrorKind::kInvalid, path + " exists already", "choose another name, or ask to overwrite it"};
}

Status publish(FileSystem& fs, const std::string& temporary, const std::string& path, bool overwrite) {
  if (overwrite) return fs.rename(temporary, path);
  const auto renamed = fs.rename_no_replace(temporary, path);
  if (renamed.ok()) return *renamed ? Status() : exists(path);
  // Some file systems on sticks cannot rename without replacing: look first, then rename.
  const auto there = fs.stat(path);
  if (there.ok() || there.error().kind != ErrorKind::kNotFound) return renamed.error();
  return fs.rename(temporary, path);
}

}  // namespace

uint64_t bundle_bytes_of(const BundleIndex& layout) {
  return write_head(layout).bytes.size() + layout.data_bytes;
}

Status check_bundle_target(FileSystem& fs, const std::string& path, bool overwrite, uint64_t bundle_bytes) {
  const std::string folder = parent_folder(path);
  if (file_name(path).empty() || path.ends_with('/')) {
    return Error{ErrorKind::kInvalid, fmt::format("\"{}\" is no file name for a bundle", path), ""};
  }
  if (const auto there = fs.stat(path); there.ok()) {
    if (there->kind == FileKind::kFolder) {
      return Error{ErrorKind::kInvalid, path + " is a folder", "give the name of a file in it"};
    }
    if (!overwrite) return exists(path);
  } else if (there.error().kind != ErrorKind::kNotFound) {
    return there.error();
  }
  if (const auto parent = fs.stat(folder); !parent.ok()) return parent.error();
  PANNIER_ASSIGN(const uint64_t free_bytes, fs.free_bytes(folder));
  if (free_bytes >= bundle_bytes) return {};
  return Error{ErrorKind::kIo,
               fmt::format("the bundle takes {} bytes ({}), but {} has only {} ({}) free", bundle_bytes,
                           human_bytes(bundle_bytes), folder, free_bytes, human_bytes(free_bytes)),
               "free some space there, or choose another place"};
}

Result<BundleWriteResult> write_bundle(FileSystem& fs, const std::vector<BundleModelSource>& models,
                                       const std::string& path, bool overwrite, const Transfer& transfer) {
  std::vector<BundleModel> index_models;
  index_models.reserve(models.size());
  for (const BundleModelSource& model : models) index_models.push_back(model.index_entry);
  const std::string image_index = bundle_image_index(index_models);
  PANNIER_ASSIGN(const BundleIndex layout,
                 lay_out_bundle(std::move(index_models), {sha256(image_index), image_index.size()}));
  if (const uint64_t bytes = write_bundle_index(layout).size(); bytes > limits::kIndexBytesMax) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("the index would take {} bytes, at most {} are allowed", bytes, limits::kIndexBytesMax),
        "pack fewer models into one bundle"};
  }
  BundleWriteResult result;
  result.bundle_bytes = bundle_bytes_of(layout);
  result.block_count = layout.blocks.size();
  PANNIER_TRY(check_bundle_target(fs, path, overwrite, result.bundle_bytes));

  const EntrySources sources(models, image_index);
  const std::string temporary = parent_folder(path) + "/" + unique_name("." + file_name(path));
  transfer.report(0, layout.data_bytes);
  auto statement = write_bundle_file(fs, layout, sources, temporary, transfer);
  Status published = statement.ok() ? publish(fs, temporary, path, overwrite) : statement.error();
  if (!published.ok()) {
    (void)fs.remove_file(temporary);  // the first error is the one to tell
    return std::move(published).error();
  }
  PANNIER_TRY(fs.sync_folder(parent_folder(path)));
  result.statement = *statement;
  transfer.report(layout.data_bytes, layout.data_bytes);
  return result;
}

}  // namespace pannier
