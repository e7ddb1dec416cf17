// The rest of the attacks that the specification of The Update Framework names: deliveries that are withheld,
// endless, slow, too much or broken, and keys in the wrong hands. See tuf_attacks_test.cc.
#include <atomic>

#include "carry/isolated/tuf_site.h"

namespace pannier::tuf {
namespace {

const std::vector<Attack> kFreeze = {
    {"indefinite freeze", "the last bundle again, for ever: it is told as the same, and changes nothing",
     [](Site&) { return Attempt{{"/media/17.pannier"}}; }, std::nullopt},
    {"indefinite freeze", "the last bundle again under a name that looks new",
     [](Site& site) {
       site.plant(site.seventeenth.file());
       return Attempt{};
     },
     std::nullopt},
    {"indefinite freeze", "a revocation is cut out of the bundle that carries it",
     [](Site& site) {
       Parts parts = site.make_evil("model", "plant-7", 18, {kPackerTwo}, carrying({revoking_root()}));
       parts.trust.clear();
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kCorrupt, "trust.json"},
    {"indefinite freeze", "an older set of roots in the place of the one that revokes",
     [](Site& site) {
       Parts parts = site.make_evil("model", "plant-7", 18, {kPackerTwo}, carrying({revoking_root()}));
       parts.trust = carrying({signed_root(site_root(1), {kRootA, kRootB})});
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kCorrupt, "trust.json"},
    {"indefinite freeze", "the root that names a new packer is withheld: the message asks for it",
     [](Site& site) {
       site.make_evil("model", "plant-7", 18, {kStranger});
       return Attempt{};
     },
     ErrorKind::kUntrusted, "packer >= 1"},
    {"indefinite freeze", "a root in between is withheld",
     [](Site& site) {
       site.make_evil("model", "plant-7", 18, {kPackerTwo},
                      carrying({signed_root(site_root(3), {kRootA, kRootB})}));
       return Attempt{};
     },
     ErrorKind::kUntrusted, "root 3 does not follow root 1"},
};

// Statements that a packer's stolen key signs too: bounds hold whoever signs.
const std::vector<Attack> kEndlessData = {
    {"endless data", "bytes without end behind the bundle",
     [](Site& site) {
       site.plant(site.make_evil("model", "plant-7", 18, {kPacker}).file() + std::string(100'000, '\0'));
       return Attempt{};
     },
     ErrorKind::kCorrupt, "bytes"},
    {"endless data", "a statement of four gigabytes",
     [](Site& site) {
       site.plant(write_tar_header({std::string(kBundleStatementPath), 1ull << 32}) + std::string(4096, 'x'));
       return Attempt{};
     },
     ErrorKind::kLimit, "statement.json"},
    {"endless data", "an index of a terabyte",
     [](Site& site) {
       Parts parts = site.make_evil("model", "plant-7", 18, {kPacker});
       const auto statement =
           restated(parts, [](BundleStatement& changed) { changed.index.bytes = 1ull << 40; }, {kPacker});
       parts.statement = statement;
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kLimit, "at most"},
    {"endless data", "roots of a gigabyte",
     [](Site& site) {
       Parts parts = site.make_evil("model", "plant-7", 18, {kPacker});
       parts.statement = restated(
           parts, [](BundleStatement& changed) { changed.trust = BlobInfo{sha256("x"), 1ull << 30}; },
           {kPacker});
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kLimit, "at most"},
    {"endless data", "data of more than a file can have",
     [](Site& site) {
       Parts parts = site.make_evil("model", "plant-7", 18, {kPacker});
       parts.statement =
           restated(parts, [](BundleStatement& changed) { changed.data_bytes = 1ull << 60; }, {kPacker});
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kLimit, "at most"},
    {"endless data", "an approval larger than any",
     [](Site& site) {
       site.make_evil("model", "plant-7", 18, {kPacker});
       site.plant(std::string(limits::kApprovalBytesMax + 1, ' '), std::string(kEvil) + ".approval");
       return Attempt{};
     },
     ErrorKind::kLimit, "evil.pannier.approval"},
};

// Behind an air gap nobody waits for a server; what can be made slow is our own work.
const std::vector<Attack> kSlow = {
    {"slow retrieval", "sixty-five signatures to verify",
     [](Site& site) {
       Parts parts = site.make_evil("model", "plant-7", 18, {});
       auto found = parse_bundle_statement(parts.statement, "evil");
       for (uint8_t i = 0; i < 65; ++i) found->envelope.signatures.push_back({Digest{{i}}, {}});
       parts.statement = write_dsse(found->envelope);
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kLimit, "65 signatures"},
    {"slow retrieval", "a thousand and twenty-five roots to verify",
     [](Site& site) {
       std::string roots = "{\"version\":1,\"roots\":[1";
       for (int i = 0; i < 1024; ++i) roots += ",1";
       site.make_evil("model", "plant-7", 18, {kPacker}, roots + "]}");
       return Attempt{};
     },
     ErrorKind::kLimit, "1025 roots"},
    {"slow retrieval", "a long chain of roots whose first link is forged: the rest is not looked at",
     [](Site& site) {
       std::vector<std::string> roots;
       for (uint64_t number = 2; number < 40; ++number) roots.push_back(signed_root(site_root(number), {}));
       site.make_evil("model", "plant-7", 18, {kPacker}, carrying(roots));
       return Attempt{};
     },
     ErrorKind::kUntrusted, "root 2 is signed by 0"},
    {"slow retrieval", "a file that stops growing: what is missing is told at once",
     [](Site& site) {
       const std::string file = site.make_evil("model", "plant-7", 18, {kPacker}).file();
       site.plant(file.substr(0, file.size() - 2000));
       return Attempt{};
     },
     ErrorKind::kIncomplete, ""},
    {"slow retrieval", "a medium so slow that the admin gives up",
     [](Site& site) {
       static const std::atomic<bool> gives_up{true};
       site.make_evil("model", "plant-7", 18, {kPacker});
       Attempt attempt;
       attempt.options.transfer.cancel = &gives_up;
       return attempt;
     },
     ErrorKind::kInterrupted, ""},
};

const std::vector<Attack> kExtraneous = {
    {"extraneous dependencies", "a file is added behind a genuine head",
     [](Site& site) {
       Parts parts = site.make_evil("model", "plant-7", 18, {kPacker});
       const std::string extra = write_tar_header({"extra.whl", 4}) + "evil" + std::string(508, '\0');
       parts.data.insert(parts.data.size() - kTarTrailerBytes, extra);
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kCorrupt, "bytes"},
    {"extraneous dependencies", "another model is added to the index of a genuine head",
     [](Site& site) {
       Parts parts = site.make_evil("model", "plant-7", 18, {kPacker});
       const size_t at = parts.index.find("weights.bin");
       parts.index.replace(at, 11, "install.exe");
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kCorrupt, "index.json"},
    {"extraneous dependencies", "more contents in the name of the reviewer who saw less",
     [](Site& site) {
       site.make_evil("model and more", "plant-7", 18, {kPacker});
       const Parts seen = site.make("/media/seen.pannier", "model", "plant-7", 18, {kPacker});
       site.plant(approval_file(payload_of(seen), {kReviewer}), std::string(kEvil) + ".approval");
       return Attempt{};
     },
     ErrorKind::kUntrusted, "of other contents"},
    {"extraneous dependencies", "roots that the statement does not name",
     [](Site& site) {
       Parts parts = site.make_evil("model", "plant-7", 18, {kPacker});
       parts.trust = carrying({revoking_root()});
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kCorrupt, "trust.json"},
    {"extraneous dependencies", "the payload digest that was approved, over an index with more",
     [](Site& site) {
       Parts parts = site.make_evil("model and more", "plant-7", 18, {kPacker});
       const Digest seen = payload_of(site.seventeenth);
       parts.statement =
           restated(parts, [&](BundleStatement& changed) { changed.payload_digest = seen; }, {kPacker});
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kCorrupt, "payload digest"},
};

const std::vector<Attack> kDenial = {
    {"malicious mirrors", "nothing but an empty file",
     [](Site& site) {
       site.plant("");
       return Attempt{};
     },
     ErrorKind::kIncomplete, ""},
    {"malicious mirrors", "something else altogether",
     [](Site& site) {
       site.plant(bundle_test::noise(20'000, 5));
       return Attempt{};
     },
     ErrorKind::kCorrupt, ""},
    {"malicious mirrors", "half of the bundle",
     [](Site& site) {
       const std::string file =
           site.make_evil(bundle_test::noise(50'000, 6), "plant-7", 18, {kPacker}).file();
       site.plant(file.substr(0, file.size() / 2));
       return Attempt{};
     },
     ErrorKind::kIncomplete, ""},
    {"malicious mirrors", "one bit of the last block",
     [](Site& site) {
       std::string file = site.make_evil("model", "plant-7", 18, {kPacker}).file();
       file[file.size() - 3000] ^= 1;
       site.plant(file);
       return Attempt{};
     },
     ErrorKind::kCorrupt, "does not match its digest"},
    {"malicious mirrors", "a broken approval beside a genuine bundle",
     [](Site& site) {
       site.make_evil("model", "plant-7", 18, {kPacker});
       site.plant("{}", std::string(kEvil) + ".approval");
       return Attempt{};
     },
     ErrorKind::kCorrupt, "evil.pannier.approval"},
    {"malicious mirrors", "a flipped bit in one signature of two",
     [](Site& site) {
       Parts parts = site.make_evil("model", "plant-7", 18, {kPacker, kPackerTwo});
       auto found = parse_bundle_statement(parts.statement, "evil");
       found->envelope.signatures[1].signature[7] ^= 1;
       parts.statement = write_dsse(found->envelope);
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kUntrusted, "does not verify"},
};

const std::vector<Attack> kKeyCompromise = {
    {"key compromise", "a packer's stolen key, revoked by `keys import` alone",
     [](Site& site) {
       EXPECT_TRUE(add_trust_roots(site.fs, kStore, {revoking_root()}).ok());
       site.make_evil("evil", "plant-7", 18, {kPacker});
       return Attempt{};
     },
     ErrorKind::kUntrusted, "packer >= 1 (none so far)"},
    {"key compromise", "a stolen key signs the very bundle that carries its revocation",
     [](Site& site) {
       site.make_evil("evil", "plant-7", 18, {kPacker}, carrying({revoking_root()}));
       return Attempt{};
     },
     ErrorKind::kUntrusted, "packer >= 1 (none so far)"},
    {"key compromise", "a revoked key signs under a number from before the cut-off",
     [](Site& site) {
       EXPECT_TRUE(add_trust_roots(site.fs, kStore, {revoking_root()}).ok());
       site.make_evil("evil", "plant-7", 16, {kPacker});
       return Attempt{};
     },
     ErrorKind::kStale, "number 17 was installed here already"},
    {"key compromise", "a revoked key signs for no channel, where no number counts",
     [](Site& site) {
       EXPECT_TRUE(add_trust_roots(site.fs, kStore, {revoking_root()}).ok());
       site.make_evil("evil", "", 0, {kPacker});
       return Attempt{};
     },
     ErrorKind::kUntrusted, "packer >= 1 (none so far)"},
    {"key compromise", "one stolen root key of the two that are needed names the thief",
     [](Site& site) {
       TrustRoot thiefs = site_root(2);
       thiefs.keys.push_back(root_key(kStranger, "thief", {"packer"}));
       site.make_evil("evil", "plant-7", 18, {kStranger}, carrying({signed_root(thiefs, {kRootA})}));
       return Attempt{};
     },
     ErrorKind::kUntrusted, "signed by 1 of the 3 root keys of root 1, 2 are needed"},
    {"key compromise", "a root of the thief's own keys",
     [](Site& site) {
       TrustRoot thiefs;
       thiefs.number = 2;
       thiefs.name = "Plant 7";
       thiefs.keys = {root_key(kStranger, "thief", {"packer", "root"})};
       site.make_evil("evil", "plant-7", 18, {kStranger}, carrying({signed_root(thiefs, {kStranger})}));
       return Attempt{};
     },
     ErrorKind::kUntrusted, "signed by 0"},
    {"key compromise", "a stolen reviewer's key packs nothing",
     [](Site& site) {
       const Parts parts = site.make_evil("evil", "plant-7", 18, {kReviewer, kReviewerTwo});
       site.plant(approval_file(payload_of(parts), {kReviewer}), std::string(kEvil) + ".approval");
       return Attempt{};
     },
     ErrorKind::kUntrusted, "packer >= 1 (none so far)"},
    {"key compromise", "a later root forgets the revocation",
     [](Site& site) {
       EXPECT_TRUE(add_trust_roots(site.fs, kStore, {revoking_root()}).ok());
       site.make_evil("evil", "plant-7", 18, {kPacker},
                      carrying({signed_root(site_root(3), {kRootA, kRootB})}));
       return Attempt{};
     },
     ErrorKind::kUntrusted, "forgets that the key petra was revoked"},
};

TEST(TufAttacks, IndefiniteFreeze) { expect_all_stopped(kFreeze); }
TEST(TufAttacks, EndlessData) { expect_all_stopped(kEndlessData); }
TEST(TufAttacks, SlowRetrieval) { expect_all_stopped(kSlow); }
TEST(TufAttacks, ExtraneousDependencies) { expect_all_stopped(kExtraneous); }
TEST(TufAttacks, MaliciousMirrors) { expect_all_stopped(kDenial); }
TEST(TufAttacks, KeyCompromise) { expect_all_stopped(kKeyCompromise); }

// Whoever stole a packer's key may have had a bundle installed that is numbered so high that nothing is
// newer. Once the key is revoked, the packer's next number counts again.
TEST(TufAttacks, AFastForwardByAStolenKeyIsUndoneByItsRevocation) {
  Site site;
  site.make_evil("evil", "plant-7", limits::kSequenceMax, {kPacker});
  ASSERT_TRUE(site.install({}).ok());
  site.make("/media/18.pannier", "eighteen", "plant-7", 18, {kPackerTwo});
  EXPECT_EQ(site.install({{"/media/18.pannier"}}).error().kind, ErrorKind::kStale);
  ASSERT_TRUE(add_trust_roots(site.fs, kStore, {revoking_root()}).ok());
  const auto real = site.install({{"/media/18.pannier"}});
  ASSERT_TRUE(real.ok()) << real.error().to_string();
  EXPECT_EQ(site.references().channels.at(0).sequence, 18u);
}

}  // namespace
}  // namespace pannier::tuf
