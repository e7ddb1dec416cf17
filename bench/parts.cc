// How small and how fast one core encodes a file as the parts of a bundle: what bench/compress.py compares
// with other compressors.
//
// Usage: part_bench ROUNDS FILE [BASE]. FILE is mapped and encoded part by part, over BASE where there is
// one, and decoded again; what comes back must be FILE. Prints a JSON object: bytes, and the best seconds of
// all rounds (of this thread, so that what else runs takes nothing away but cache). Weights by their names,
// other files by content-defined chunks of BASE, as pack does it.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "base/model_files.h"
#include "format/chunk_delta.h"
#include "format/part_codec.h"
#include "format/weight_segments.h"

namespace {

using pannier::ByteSpan;
using pannier::MutableByteSpan;
using pannier::Status;

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

[[noreturn]] void fail(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(1);
}

template <class T>
T value_or_fail(pannier::Result<T> result) {
  if (!result.ok()) fail(result.error().to_string());
  return std::move(result).value();
}

Status copy_out(ByteSpan bytes, uint64_t offset, MutableByteSpan out) {
  if (offset > bytes.size() || out.size() > bytes.size() - offset) {
    return pannier::Error{pannier::ErrorKind::kCorrupt, "outside of the base", ""};
  }
  std::memcpy(out.data(), bytes.data() + offset, out.size());
  return {};
}

pannier::WeightLayout layout_of(const std::string& path, ByteSpan bytes) {
  return value_or_fail(pannier::read_weight_layout(
      path, bytes.size(),
      [bytes](uint64_t offset, MutableByteSpan out) { return copy_out(bytes, offset, out); }));
}

struct Input {
  std::string path;
  ByteSpan file;
  std::string base_path;
  ByteSpan base;  // empty: none
};

struct Figures {
  uint64_t encoded_bytes = 0;
  double encode_seconds = 1e9;
  double decode_seconds = 1e9;
};

class Bench {
 public:
  explicit Bench(const Input& input) : input_(input) {
    is_weights_ = pannier::is_worth_encoding(input.path, input.file.size());
    if (!is_weights_ && input.base.empty()) fail("a file that is no weights is encoded over a base only");
    reader_ = [this](uint64_t offset, MutableByteSpan out) { return copy_out(input_.base, offset, out); };
  }

  void round(Figures& best) {
    double encode_seconds = -thread_seconds();
    prepare();
    encode_seconds += thread_seconds();
    double decode_seconds = 0;
    best.encoded_bytes = 0;
    const uint64_t parts = (input_.file.size() + pannier::kPartBytes - 1) / pannier::kPartBytes;
    for (uint64_t i = 0; i < parts; ++i) {
      const uint64_t begin = i * pannier::kPartBytes;
      const ByteSpan raw =
          input_.file.subspan(begin, std::min(pannier::kPartBytes, input_.file.size() - begin));
      encode_seconds -= thread_seconds();
      encode(raw, i);
      encode_seconds += thread_seconds();
      best.encoded_bytes += part_.bytes.size();
      back_.resize(raw.size());
      decode_seconds -= thread_seconds();
      const Status status = pannier::decode_part(part_.encoding, part_.bytes, reader_, back_, "part");
      decode_seconds += thread_seconds();
      if (!status.ok()) fail(status.error().to_string());
      if (!std::equal(raw.begin(), raw.end(), back_.begin())) fail("a part came back different");
    }
    best.encode_seconds = std::min(best.encode_seconds, encode_seconds);
    best.decode_seconds = std::min(best.decode_seconds, decode_seconds);
  }

 private:
  void prepare() {
    if (is_weights_) {
      const pannier::WeightLayout layout = layout_of(input_.path, input_.file);
      segments_ = input_.base.empty()
                      ? pannier::weight_segments(layout)
                      : pannier::weight_segments(layout, layout_of(input_.base_path, input_.base));
      return;
    }
    index_.emplace(input_.base.size());
    index_->add(input_.base);
    index_->finish();
  }

  void encode(ByteSpan raw, uint64_t part_index) {
    if (!is_weights_) {
      part_ = value_or_fail(pannier::encode_chunks(raw, *index_, reader_));
      return;
    }
    const Status status =
        pannier::encode_weights(raw, pannier::cut_segments(segments_, part_index), reader_, part_);
    if (!status.ok()) fail(status.error().to_string());
  }

  Input input_;
  bool is_weights_ = false;
  pannier::BaseReader reader_;
  std::vector<pannier::WeightSegment> segments_;
  std::optional<pannier::ChunkIndex> index_;
  pannier::EncodedPart part_;
  pannier::Bytes back_;
};

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 0;
  if (rounds < 1 || argc < 3 || argc > 4) {
    std::fputs("usage: part_bench ROUNDS FILE [BASE]\n", stderr);
    return 2;
  }
  Input input;
  input.path = argv[2];
  const auto file = value_or_fail(pannier::map_file(input.path));
  input.file = file->bytes();
  std::unique_ptr<pannier::FileView> base;
  if (argc == 4) {
    input.base_path = argv[3];
    base = value_or_fail(pannier::map_file(input.base_path));
    input.base = base->bytes();
  }
  Bench bench(input);
  Figures best;
  for (int i = 0; i < rounds; ++i) bench.round(best);
  std::printf("{\"raw\": %zu, \"encoded\": %zu, \"encode_seconds\": %.6f, \"decode_seconds\": %.6f}\n",
              input.file.size(), static_cast<size_t>(best.encoded_bytes), best.encode_seconds,
              best.decode_seconds);
}
