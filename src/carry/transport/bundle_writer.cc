// Streams a bundle out: the length of the head is known before its digests are, so the data goes to its
// final place at once and the head is filled in at the end.
#include "carry/transport/bundle_writer.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <optional>
#include <set>

#include "base/limits.h"
#include "carry/transport/data_writer.h"
#include "carry/transport/part_encoder.h"
#include "format/tar.h"
#include "format/weight_segments.h"

namespace pannier {
namespace {

// Where the contents of one entry come from.
struct EntrySource {
  std::string_view memory;  // where `file` is null
  const std::string* file = nullptr;
  const std::string* path = nullptr;  // what the file is called in its model
};

class EntrySources {
 public:
  EntrySources(const std::vector<BundleModelSource>& models, std::string_view image_index)
      : image_index_(image_index) {
    for (const BundleModelSource& model : models) {
      add_small(model.index_entry.manifest, model.blobs.manifest);
      add_small(model.index_entry.config, model.blobs.config);
      assert(model.signatures.size() == model.index_entry.signatures.size());
      for (size_t i = 0; i < model.signatures.size(); ++i) {
        add_small(model.index_entry.signatures[i], model.signatures[i]);
      }
    }
    for (const BundleModelSource& model : models) {
      assert(model.source_paths.size() == model.index_entry.files.size());
      for (size_t i = 0; i < model.source_paths.size(); ++i) {
        const ModelFile& file = model.index_entry.files[i];
        by_digest_.try_emplace(file.digest, EntrySource{{}, &model.source_paths[i], &file.path});
      }
    }
  }

  EntrySource find(const BundleEntry& entry) const {
    if (entry.path == "oci-layout") return {kOciLayoutFileContents};
    if (entry.path == "index.json") return {image_index_};
    return by_digest_.at(entry.digest);
  }

 private:
  void add_small(const BlobInfo& blob, const std::string& contents) {
    assert(blob.bytes == contents.size());
    by_digest_.try_emplace(blob.digest, EntrySource{contents});
  }

  std::string_view image_index_;
  std::map<Digest, EntrySource> by_digest_;
};

// Blobs that always cross as they are, whatever else they are.
std::set<Digest> always_plain(const std::vector<BundleModelSource>& models) {
  std::set<Digest> out;
  for (const BundleModelSource& model : models) {
    out.insert(model.index_entry.manifest.digest);
    out.insert(model.index_entry.config.digest);
    for (const BlobInfo& signature : model.index_entry.signatures) out.insert(signature.digest);
  }
  return out;
}

// What the plan says of a file, or what is done where it says nothing.
PlannedBlob planned(const ModelFile& file, const TransportPlan& plan) {
  if (file.bytes == 0 || bundle_part_count(file.bytes) > limits::kPartsPerBlobMax) return {};
  if (const auto found = plan.find(file.digest); found != plan.end()) return found->second;
  return {is_worth_encoding(file.path, file.bytes) ? BlobWay::kEncoded : BlobWay::kPlain};
}

// How everything crosses, parts as large as they can become.
BundleTransport largest_transport(const std::vector<BundleModelSource>& models,
                                  const BundleWriteOptions& options) {
  BundleTransport transport;
  if (options.layout == BundleLayout::kPlain) return transport;
  const std::set<Digest> plain = always_plain(models);
  std::set<Digest> seen;
  std::map<Digest, std::pair<BlobInfo, PlannedBlob>> encoded;
  for (const BundleModelSource& model : models) {
    for (const ModelFile& file : model.index_entry.files) {
      if (plain.contains(file.digest) || !seen.insert(file.digest).second) continue;
      PlannedBlob blob = planned(file, options.plan);
      if (blob.way == BlobWay::kHeld) transport.held.insert(file.digest);
      if (blob.way == BlobWay::kEncoded) {
        encoded.emplace(file.digest, std::pair(BlobInfo{file.digest, file.bytes}, std::move(blob)));
      }
    }
  }
  for (const auto& [digest, blob] : encoded) {
    std::optional<BlobInfo> base;
    if (blob.second.base) base = blob.second.base->blob;
    // What the bundle itself carries cannot be built on: it may not have come yet.
    const bool is_carried = base && !transport.held.contains(base->digest) &&
                            (seen.contains(base->digest) || plain.contains(base->digest));
    if (is_carried) base.reset();
    transport.encoded.emplace(digest, largest_encoded_blob(blob.first, base));
  }
  const bool is_plain = transport.encoded.empty() && transport.held.empty();
  transport.layout = is_plain ? BundleLayout::kPlain : BundleLayout::kEncoded;
  return transport;
}

struct Plan {
  std::string image_index;
  BundleTransport transport;  // as large as it can become
  BundleIndex index;          // likewise
};

Result<Plan> make_plan(const std::vector<BundleModelSource>& models, const BundleWriteOptions& options) {
  Plan plan;
  std::vector<BundleModel> listed = index_entries(models);
  plan.image_index = bundle_image_index(listed);
  plan.transport = largest_transport(models, options);
  PANNIER_ASSIGN(
      plan.index,
      lay_out_bundle(std::move(listed), {sha256(plan.image_index), plan.image_index.size()}, plan.transport));
  return plan;
}

// Writes the data of a bundle, entry by entry.
class EntryWriter {
 public:
  EntryWriter(FileSystem& fs, const Plan& plan, const EntrySources& sources,
              const BundleWriteOptions& options, WritableFile& file)
      : fs_(fs), plan_(plan), sources_(sources), options_(options), data_(file) {}

  // How everything crossed.
  Result<BundleTransport> write();
  // The digests of all blocks.
  Result<std::vector<Digest>> finish() { return data_.finish(); }

 private:
  Status write_plain(const BundleEntry& entry, const EntrySource& source);
  Status copy_file(const BundleEntry& entry, const std::string& file);
  Result<EncodedBlob> write_parts(const BundleEntry& first, const EntrySource& source);
  // So that the caller is told how far all of it is.
  Transfer progress_from(uint64_t bytes_before) const;

  FileSystem& fs_;
  const Plan& plan_;
  const EntrySources& sources_;
  const BundleWriteOptions& options_;
  DataWriter data_;
  std::optional<PartEncoder> encoder_;  // from the first part on
};

Transfer EntryWriter::progress_from(uint64_t bytes_before) const {
  Transfer part;
  part.cancel = options_.transfer.cancel;
  part.progress = [this, bytes_before](uint64_t bytes_done, uint64_t) {
    options_.transfer.report(bytes_before + bytes_done, plan_.index.data_bytes);
  };
  return part;
}

Result<BundleTransport> EntryWriter::write() {
  BundleTransport transport = plan_.transport;
  for (const BundleEntry& entry : plan_.index.entries) {
    PANNIER_TRY(options_.transfer.check_cancel());
    const EntrySource source = sources_.find(entry);
    if (!entry.is_part()) {
      PANNIER_TRY(write_plain(entry, source));
    } else if (entry.decoded_offset == 0) {
      PANNIER_ASSIGN(transport.encoded[entry.digest], write_parts(entry, source));
    }
  }
  PANNIER_TRY(data_.append_zeros(kTarTrailerBytes));
  return transport;
}

Status EntryWriter::write_plain(const BundleEntry& entry, const EntrySource& source) {
  PANNIER_TRY(data_.append(write_tar_header({entry.path, entry.bytes})));
  if (source.file == nullptr) {
    PANNIER_TRY(data_.append(source.memory));
  } else {
    PANNIER_TRY(copy_file(entry, *source.file));
  }
  return data_.append_zeros(tar_padding_bytes(entry.bytes));
}

// Reads a file straight into the blocks, digesting it again on the way.
Status EntryWriter::copy_file(const BundleEntry& entry, const std::string& path) {
  PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> file, fs_.open(path));
  if (file->size() != entry.bytes) {
    return changed_while_packed(path,
                                fmt::format("it has {} bytes now, {} before", file->size(), entry.bytes));
  }
  const Transfer transfer = progress_from(entry.offset);
  Sha256 sha;
  for (uint64_t offset = 0; offset < entry.bytes;) {
    PANNIER_TRY(transfer.check_cancel());
    PANNIER_ASSIGN(MutableByteSpan room, data_.space());
    room = room.first(std::min<uint64_t>(room.size(), entry.bytes - offset));
    PANNIER_TRY(file->read_at(offset, room));
    sha.update(room);
    offset += room.size();
    PANNIER_TRY(data_.advance(room.size()));
    transfer.report(offset, entry.bytes);
  }
  if (const Digest found = sha.finish(); found != entry.digest) {
    return changed_while_packed(path, fmt::format("its digest is {} now", found.hex()));
  }
  return {};
}

Result<EncodedBlob> EntryWriter::write_parts(const BundleEntry& first, const EntrySource& source) {
  if (!encoder_) {
    encoder_.emplace(fs_, options_.threads > 0 ? options_.threads : PartEncoder::default_thread_count());
  }
  uint64_t blob_bytes = 0;
  const EncodedBlob& largest = plan_.transport.encoded.at(first.digest);
  for (const BundlePart& part : largest.parts) blob_bytes += part.decoded_bytes;
  EncodingSource encoding{*source.file, *source.path, {first.digest, blob_bytes}};
  if (largest.base) encoding.base = options_.plan.at(first.digest).base;
  uint64_t number = 0;
  return encoder_->encode(encoding, progress_from(first.offset),
                          [&](const BundlePart& part, ByteSpan bytes) -> Status {
                            const std::string path = bundle_part_path(first.digest, number++);
                            PANNIER_TRY(data_.append(write_tar_header({path, part.bytes})));
                            PANNIER_TRY(data_.append(as_text(bytes)));
                            return data_.append_zeros(tar_padding_bytes(part.bytes));
                          });
}

// Everything but publishing it.
Result<WrittenHead> write_contents(FileSystem& fs, const Plan& plan, const EntrySources& sources,
                                   const BundleWriteOptions& options, const HeadWriter& head,
                                   WritableFile& file, BundleIndex& index) {
  PANNIER_TRY(file.append(as_bytes(std::string(head.bytes(), '\0'))));
  EntryWriter writer(fs, plan, sources, options, file);
  PANNIER_ASSIGN(const BundleTransport transport, writer.write());
  PANNIER_ASSIGN(const std::vector<Digest> blocks, writer.finish());
  PANNIER_ASSIGN(index, lay_out_bundle(plan.index.models, {sha256(plan.image_index), plan.image_index.size()},
                                       transport));
  assert(index.blocks.size() == blocks.size());
  index.blocks = blocks;
  WrittenHead written = head.write(index);
  PANNIER_TRY(file.write_at(0, as_bytes(written.bytes)));
  return written;
}

}  // namespace

std::vector<BundleModel> index_entries(const std::vector<BundleModelSource>& models) {
  std::vector<BundleModel> out;
  out.reserve(models.size());
  for (const BundleModelSource& model : models) out.push_back(model.index_entry);
  return out;
}

void add_model_signature(BundleModelSource& model, std::string contents) {
  const BlobInfo blob{sha256(contents), contents.size()};
  std::vector<BlobInfo>& listed = model.index_entry.signatures;
  const auto place = std::lower_bound(listed.begin(), listed.end(), blob);
  if (place != listed.end() && *place == blob) return;
  model.signatures.insert(model.signatures.begin() + (place - listed.begin()), std::move(contents));
  listed.insert(place, blob);
}

Result<BundleOutline> outline_bundle(const std::vector<BundleModelSource>& models,
                                     const BundleWriteOptions& options) {
  PANNIER_ASSIGN(Plan plan, make_plan(models, options));
  PANNIER_ASSIGN(const HeadWriter head, HeadWriter::keep_room(options.claim, plan.index));
  const uint64_t bundle_bytes = head.bytes() + plan.index.data_bytes;
  return BundleOutline{std::move(plan.index), bundle_bytes};
}

Result<BundleWriteResult> write_bundle(FileSystem& fs, const std::vector<BundleModelSource>& models,
                                       const BundleWriteOptions& options) {
  PANNIER_ASSIGN(const Plan plan, make_plan(models, options));
  const EntrySources sources(models, plan.image_index);
  PANNIER_ASSIGN(const HeadWriter head, HeadWriter::keep_room(options.claim, plan.index));
  options.transfer.report(0, plan.index.data_bytes);
  PANNIER_ASSIGN(const std::unique_ptr<BundleOutput> output,
                 create_bundle_output(fs, options.path, options.overwrite, options.volumes,
                                      head.bytes() + plan.index.data_bytes));
  BundleWriteResult result;
  PANNIER_ASSIGN(const WrittenHead written,
                 write_contents(fs, plan, sources, options, head, output->file(), result.index));
  Transfer quiet;
  quiet.cancel = options.transfer.cancel;
  PANNIER_ASSIGN(result.files, output->publish(written.statement_json, quiet));
  // A medium that will be taken out must have it all before somebody does so.
  if (options.read_back || fs.is_on_removable_medium(options.path)) PANNIER_TRY(output->read_back(quiet));
  result.statement = written.statement;
  result.statement_digest = sha256(written.statement_json);
  result.bundle_bytes = written.bytes.size() + result.index.data_bytes;
  options.transfer.report(plan.index.data_bytes, plan.index.data_bytes);
  return result;
}

Result<BundleWriteResult> write_bundle(FileSystem& fs, const std::vector<BundleModelSource>& models,
                                       const std::string& path, bool overwrite, const Transfer& transfer) {
  BundleWriteOptions options;
  options.path = path;
  options.overwrite = overwrite;
  options.transfer = transfer;
  return write_bundle(fs, models, options);
}

}  // namespace pannier
