// libzstd in fixed settings, a context a thread and effort.
#include "format/entropy_coder.h"

// Whether literals are Huffman-coded can be said only here; the symbol is in every static library.
#define ZSTD_STATIC_LINKING_ONLY
#include <fmt/core.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <memory>
#include <string>

namespace pannier {
namespace {

// Steps over the input so fast that hardly a match is found: what remains is Huffman coding.
constexpr int kHuffmanLevel = -100'000;
constexpr int kMatchesLevel = 3;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};
using Compressor = std::unique_ptr<ZSTD_CCtx, FreeContext>;
using Decompressor = std::unique_ptr<ZSTD_DCtx, FreeContext>;

Error no_memory() {
  return {ErrorKind::kLimit, "no memory for the compressor", "free some, or use fewer threads"};
}

// nullptr where there is no memory.
Compressor make_compressor(Effort effort) {
  Compressor context(ZSTD_createCCtx());
  if (!context) return nullptr;
  const int level = effort == Effort::kHuffman ? kHuffmanLevel : kMatchesLevel;
  // Levels below zero leave literals as they are unless told otherwise.
  const bool is_set =
      ZSTD_isError(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level)) == 0 &&
      ZSTD_isError(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_literalCompressionMode, ZSTD_ps_enable)) == 0;
  return is_set ? std::move(context) : nullptr;
}

ZSTD_CCtx* compressor_of_thread(Effort effort) {
  thread_local Compressor huffman;
  thread_local Compressor matches;
  Compressor& context = effort == Effort::kHuffman ? huffman : matches;
  if (!context) context = make_compressor(effort);
  return context.get();
}

ZSTD_DCtx* decompressor_of_thread() {
  thread_local Decompressor context;
  if (!context) context.reset(ZSTD_createDCtx());
  return context.get();
}

}  // namespace

Result<bool> append_frame(ByteSpan plain, Effort effort, uint64_t bytes_max, Bytes& out) {
  ZSTD_CCtx* const context = compressor_of_thread(effort);
  if (context == nullptr) return no_memory();
  // With room for the worst case the library takes its fast paths, and fails for want of memory only.
  thread_local Bytes scratch;
  scratch.resize(std::max<uint64_t>(scratch.size(), ZSTD_compressBound(plain.size())));
  const size_t bytes = ZSTD_compress2(context, scratch.data(), scratch.size(), plain.data(), plain.size());
  if (ZSTD_isError(bytes) != 0) return no_memory();
  if (bytes > bytes_max) return false;
  out.insert(out.end(), scratch.data(), scratch.data() + bytes);
  return true;
}

Status decode_frame(ByteSpan frame, MutableByteSpan plain, std::string_view what) {
  ZSTD_DCtx* const context = decompressor_of_thread();
  if (context == nullptr) return no_memory();
  const auto corrupt = [&](std::string_view reason) {
    return Error{ErrorKind::kCorrupt, fmt::format("{}: its compressed bytes {}", what, reason), ""};
  };
  // The library would read several frames as one, and skip what is none.
  const size_t frame_bytes = ZSTD_findFrameCompressedSize(frame.data(), frame.size());
  if (ZSTD_isError(frame_bytes) != 0) return corrupt("are damaged");
  if (frame_bytes != frame.size()) return corrupt("go on behind their end");
  const size_t bytes = ZSTD_decompressDCtx(context, plain.data(), plain.size(), frame.data(), frame.size());
  if (ZSTD_isError(bytes) != 0) {
    if (ZSTD_getErrorCode(bytes) == ZSTD_error_memory_allocation) return no_memory();
    return corrupt("are damaged");
  }
  if (bytes != plain.size()) {
    return corrupt(fmt::format("hold {} bytes instead of {}", bytes, plain.size()));
  }
  return {};
}

}  // namespace pannier
