// Every bound on what outside bytes may make us allocate, in one place.
//
// A parser checks a length against the bytes left and against these numbers before it allocates.
// Exceeding one is ErrorKind::kLimit, with the number in the message.
#pragma once

#include <cstdint>

namespace pannier::limits {

inline constexpr uint64_t kKiB = 1024;
inline constexpr uint64_t kMiB = 1024 * kKiB;
inline constexpr uint64_t kGiB = 1024 * kMiB;

// JSON documents of any kind.
inline constexpr uint32_t kJsonDepthMax = 64;
inline constexpr uint64_t kJsonBytesMax = 256 * kMiB;
inline constexpr uint32_t kJsonNodesMax = 16'000'000;

// Paths that come from outside (a bundle, a manifest, an index).
inline constexpr uint32_t kPathBytesMax = 1024;
inline constexpr uint32_t kPathComponentBytesMax = 255;
inline constexpr uint32_t kPathDepthMax = 32;
inline constexpr uint32_t kRefNameBytesMax = 256;

// A snapshot, a store, a bundle.
inline constexpr uint64_t kFilesPerModelMax = 100'000;
inline constexpr uint64_t kAliasesMax = 32;            // other names of one model
inline constexpr uint64_t kRepoBytesMax = 192;         // "org/name" on the Hub
inline constexpr uint64_t kAnnotationBytesMax = 1024;  // a licence, an address, a requirement
inline constexpr uint64_t kRequirementsMax = 1'000;    // that a wheelhouse was made for
inline constexpr uint64_t kModelsPerBundleMax = 100'000;
inline constexpr uint64_t kChannelsMax = 1'000;  // of one store
inline constexpr uint64_t kSignaturesPerModelMax = 64;
inline constexpr uint64_t kManifestBytesMax = 64 * kMiB;
inline constexpr uint64_t kExportRecordBytesMax = 64 * kMiB;
inline constexpr uint64_t kGenerationBytesMax = 64 * kMiB;
inline constexpr uint64_t kBlockBytes = 4 * kMiB;  // what one digest of a bundle's index covers
inline constexpr uint64_t kStatementBytesMax = 16 * kMiB;
inline constexpr uint64_t kIndexBytesMax = 256 * kMiB;
inline constexpr uint64_t kBundleBytesMax = 1ull << 50;  // 1 PiB
inline constexpr uint64_t kPaxHeaderBytesMax = 64 * kKiB;
inline constexpr uint64_t kParityTableBytesMax = 256 * kMiB;  // check sums of 4 TB in blocks of 64 KiB
inline constexpr uint64_t kTrustBytesMax = 4 * kMiB;          // the roots that a bundle carries
inline constexpr uint64_t kRootBytesMax = kMiB;               // one signed root
inline constexpr uint32_t kRootsMax = 1'024;                  // of one chain
inline constexpr uint64_t kRootNumberMax = 9'999'999'999;     // ten digits of a file name
inline constexpr uint32_t kRootKeysMax = 256;                 // live in one root
inline constexpr uint32_t kRevokedKeysMax = 1'024;
inline constexpr uint64_t kRootTextBytesMax = 1'024;  // a name, a reason
inline constexpr uint64_t kApprovalBytesMax = 16 * kMiB;
inline constexpr uint64_t kChannelBytesMax = 64;
inline constexpr uint64_t kSequenceMax = (1ull << 53) - 1;  // every JSON reader knows these numbers exactly
inline constexpr uint64_t kReceiptsPerBundleMax = 64;
inline constexpr uint64_t kPartsPerBlobMax = 100'000;  // five digits of 16 MiB: 1.5 TiB

// The audit log, receipts, and what was sent to a channel.
inline constexpr uint64_t kAuditLineBytesMax = 1 * kMiB;
inline constexpr uint64_t kReceiptBytesMax = 192 * kMiB;  // of its envelope
inline constexpr uint64_t kReceiptBlobsMax = 1'000'000;
inline constexpr uint64_t kLedgerBytesMax = 256 * kMiB;
inline constexpr uint64_t kLedgerEntriesMax = 100'000;

// Signatures and keys.
inline constexpr uint64_t kSignaturesMax = 64;  // of one envelope
inline constexpr uint64_t kKeyFileBytesMax = 64 * kKiB;
inline constexpr uint32_t kKeyNameBytesMax = 64;
inline constexpr uint32_t kKeysMax = 10'000;  // in one folder
inline constexpr uint64_t kPassphraseBytesMax = 1024;
inline constexpr uint64_t kKeyIterationsMin = 1'000;  // of the passphrase's hash
inline constexpr uint64_t kKeyIterationsMax = 10'000'000;
inline constexpr uint64_t kModelSignatureBytesMax = 64 * kMiB;
inline constexpr uint64_t kIgnoredPathsMax = 1'000;  // of one model signature

// HTTP: answers of servers that nobody vouches for.
inline constexpr uint64_t kUrlBytesMax = 16 * kKiB;
inline constexpr uint64_t kHttpHeadBytesMax = 64 * kKiB;
inline constexpr uint64_t kHubPageBytesMax = 64 * kMiB;  // one page of a listing
inline constexpr uint32_t kHubPagesMax = 2'000;
inline constexpr uint64_t kHubListingBytesMax = 256 * kMiB;   // all its pages together
inline constexpr uint64_t kHubSmallFileBytesMax = 64 * kMiB;  // configurations that we read ourselves
inline constexpr uint64_t kTomlBytesMax = 64 * kMiB;          // specifications and locks
inline constexpr uint64_t kSimpleIndexBytesMax = 64 * kMiB;
inline constexpr uint64_t kWheelMetadataBytesMax = 4 * kMiB;
inline constexpr uint64_t kWheelRecordBytesMax = 64 * kMiB;
inline constexpr uint32_t kWheelsMax = 10'000;
inline constexpr uint32_t kSimpleFilesMax = 200'000;  // of one project, over all its versions
inline constexpr uint32_t kWheelEntriesMax = 500'000;
inline constexpr uint64_t kWheelUnpackedBytesMax = 64 * kGiB;
inline constexpr uint64_t kWheelUnpackRatioMax = 200;  // of a whole wheel; text has about 5

// Weights.
inline constexpr uint64_t kSafetensorsHeaderBytesMax = 100'000'000;  // the format's own bound
inline constexpr uint32_t kTensorsMax = 1'000'000;
inline constexpr uint32_t kTensorRankMax = 8;
inline constexpr uint64_t kTensorElementsMax = 1ull << 40;
inline constexpr uint32_t kWeightShardsMax = 10'000;
// PyTorch's containers: a tensor takes about 30 opcodes and 150 bytes of pickle.
inline constexpr uint32_t kZipEntriesMax = kTensorsMax;
inline constexpr uint64_t kPickleBytesMax = 64 * kMiB;
inline constexpr uint32_t kPickleOpcodesMax = 4'000'000;
inline constexpr uint32_t kPickleStackMax = 100'000;
inline constexpr uint32_t kPickleMarksMax = 64;  // open at once: how deep tuples and dicts nest

// Model configuration and tokenizers.
inline constexpr uint64_t kConfigBytesMax = 16 * kMiB;
inline constexpr uint64_t kTokenizerBytesMax = 256 * kMiB;
inline constexpr uint32_t kVocabularyEntriesMax = 4'000'000;
inline constexpr uint32_t kTokenBytesMax = 64 * kKiB;
inline constexpr uint32_t kAddedTokensMax = 100'000;
inline constexpr uint32_t kHiddenSizeMax = 65'536;
inline constexpr uint32_t kLayersMax = 1'024;
inline constexpr uint32_t kPositionsMax = 1'048'576;
inline constexpr uint32_t kTokenTypesMax = 65'536;
inline constexpr uint32_t kLabelsMax = 1'000'000;

// Text to run on: one input.
inline constexpr uint64_t kTextBytesMax = 128 * kMiB;
inline constexpr uint32_t kThreadsMax = 1'024;

}  // namespace pannier::limits
