// The attacks that the specification of The Update Framework names, on a site behind an air gap: who sends
// what it should not get, older, other, or mixed. docs/formats/trust.md has the table. Endless, slow and
// denied deliveries and stolen keys: tuf_attacks_more_test.cc.
#include "carry/isolated/tuf_site.h"

namespace pannier::tuf {
namespace {

const std::vector<Attack> kArbitrarySoftware = {
    {"arbitrary software", "nobody signed it",
     [](Site& site) {
       site.make_evil("evil", "plant-7", 18, {});
       return Attempt{};
     },
     ErrorKind::kUnsigned, "nobody signed it"},
    {"arbitrary software", "a stranger signed it",
     [](Site& site) {
       site.make_evil("evil", "plant-7", 18, {kStranger});
       return Attempt{};
     },
     ErrorKind::kUntrusted, "packer >= 1 (none so far)"},
    {"arbitrary software", "a reviewer signed it, who may not pack",
     [](Site& site) {
       site.make_evil("evil", "plant-7", 18, {kReviewer});
       return Attempt{};
     },
     ErrorKind::kUntrusted, "packer >= 1 (none so far)"},
    {"arbitrary software", "root keys signed it, who may not pack",
     [](Site& site) {
       site.make_evil("evil", "plant-7", 18, {kRootA, kRootB});
       return Attempt{};
     },
     ErrorKind::kUntrusted, "packer >= 1 (none so far)"},
    {"arbitrary software", "the packer's signature is taken from another bundle",
     [](Site& site) {
       Parts parts = site.make_evil("evil", "plant-7", 18, {});
       parts.statement = with_signatures_of(parts.statement, site.seventeenth.statement);
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kUntrusted, "petra"},
    {"arbitrary software", "other weights behind a genuine head",
     [](Site& site) {
       Parts parts = site.make_evil("the real weights", "plant-7", 18, {kPacker});
       parts.data.replace(parts.data.find("the real weights"), 16, "the evil weights");
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kCorrupt, "does not match its digest"},
    {"arbitrary software", "a reviewer who is a packer too approves; nobody signs the statement",
     [](Site& site) {
       const Parts parts = site.make_evil("evil", "plant-7", 18, {});
       site.plant(approval_file(payload_of(parts), {kBoth}), std::string(kEvil) + ".approval");
       return Attempt{};
     },
     ErrorKind::kUnsigned, "packer >= 1"},
};

const std::vector<Attack> kRollback = {
    {"rollback", "the number before the last",
     [](Site& site) {
       site.make_evil("sixteen", "plant-7", 16, {kPacker});
       return Attempt{};
     },
     ErrorKind::kStale, "number 17 was installed here already"},
    {"rollback", "the very first bundle of the channel",
     [](Site& site) {
       site.make_evil("one", "plant-7", 1, {kPacker});
       return Attempt{};
     },
     ErrorKind::kStale, "number 1 of channel plant-7"},
    {"rollback", "an old bundle under a new number, with the old signature",
     [](Site& site) {
       Parts parts = site.make_evil("sixteen", "plant-7", 16, {kPacker});
       const std::string old = parts.statement;
       parts.statement = restated(parts, [](BundleStatement& statement) { statement.sequence = 18; }, {});
       parts.statement = with_signatures_of(parts.statement, old);
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kUntrusted, "does not verify"},
    {"rollback", "the last number once more, with older contents",
     [](Site& site) {
       site.make_evil("sixteen", "plant-7", 17, {kPacker});
       return Attempt{};
     },
     ErrorKind::kUntrusted, "another bundle was installed here as number 17"},
    {"rollback", "an old bundle with its signatures cut off, taken with --allow-unsigned",
     [](Site& site) {
       Parts parts = site.make_evil("sixteen", "plant-7", 16, {kPacker});
       parts.statement = restated(parts, [](BundleStatement&) {}, {});
       site.plant(parts.file());
       Attempt attempt;
       attempt.options.allow_unsigned = true;
       return attempt;
     },
     ErrorKind::kStale, "number 16 of channel plant-7"},
    {"rollback", "an old root travels with it, in which a key still counts that was taken out since",
     [](Site& site) {
       TrustRoot second = site_root(2);
       std::erase(second.keys, root_key(kPacker, "petra", {"packer"}));
       EXPECT_TRUE(add_trust_roots(site.fs, kStore, {signed_root(second, {kRootA, kRootB})}).ok());
       site.make_evil("evil", "plant-7", 18, {kPacker},
                      carrying({signed_root(site_root(1), {kRootA, kRootB})}));
       return Attempt{};
     },
     ErrorKind::kUntrusted, "packer >= 1 (none so far)"},
};

const std::vector<Attack> kFastForward = {
    {"fast-forward", "an unsigned bundle of the highest number, taken with --allow-unsigned",
     [](Site& site) {
       site.make_evil("evil", "plant-7", limits::kSequenceMax, {});
       Attempt attempt;
       attempt.options.allow_unsigned = true;
       return attempt;
     },
     std::nullopt},
    {"fast-forward", "the same, signed by a stranger",
     [](Site& site) {
       site.make_evil("evil", "plant-7", limits::kSequenceMax, {kStranger});
       Attempt attempt;
       attempt.options.allow_unsigned = true;
       return attempt;
     },
     std::nullopt},
    {"fast-forward", "a stranger opens a channel of his own, taken with --allow-unsigned and named",
     [](Site& site) {
       site.make_evil("evil", "plant-8", limits::kSequenceMax, {kStranger});
       Attempt attempt;
       attempt.options.allow_unsigned = true;
       attempt.options.channels = {"plant-8"};
       return attempt;
     },
     std::nullopt},
    {"fast-forward", "a root of the highest number",
     [](Site& site) {
       site.make_evil("evil", "plant-7", 18, {kPacker},
                      carrying({signed_root(site_root(limits::kRootNumberMax), {kRootA, kRootB})}));
       return Attempt{};
     },
     ErrorKind::kUntrusted, "does not follow root 1"},
    {"fast-forward", "the packer's signature under a number that was raised",
     [](Site& site) {
       Parts parts = site.seventeenth;
       parts.statement =
           restated(parts, [](BundleStatement& statement) { statement.sequence = limits::kSequenceMax; }, {});
       parts.statement = with_signatures_of(parts.statement, site.seventeenth.statement);
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kUntrusted, "does not verify"},
    {"fast-forward", "an older bundle, taken with --allow-older, does not make 17 new again",
     [](Site& site) {
       site.make_evil("sixteen", "plant-7", 16, {kPacker});
       Attempt attempt;
       attempt.options.allow_older = true;
       return attempt;
     },
     std::nullopt},
};

const std::vector<Attack> kMixAndMatch = {
    {"mix-and-match", "the head of one bundle, the data of another",
     [](Site& site) {
       Parts parts = site.make_evil("model A", "plant-7", 18, {kPacker});
       parts.data = site.make("/media/b.pannier", "model B", "plant-7", 19, {kPacker}).data;
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kCorrupt, "does not match its digest"},
    {"mix-and-match", "the statement of one bundle, the index of another",
     [](Site& site) {
       Parts parts = site.make_evil("model A", "plant-7", 18, {kPacker});
       parts.index = site.make("/media/b.pannier", "model B", "plant-7", 19, {kPacker}).index;
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kCorrupt, "index.json"},
    {"mix-and-match", "the statement of one bundle, index and data of another",
     [](Site& site) {
       Parts parts = site.make("/media/b.pannier", "model B", "plant-7", 19, {kPacker});
       parts.statement = site.make_evil("model A", "plant-7", 18, {kPacker}).statement;
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kCorrupt, "index.json"},
    {"mix-and-match", "the roots of another bundle",
     [](Site& site) {
       Parts parts = site.make_evil("model A", "plant-7", 18, {kPacker}, carrying({revoking_root()}));
       TrustRoot other = site_root(2);
       parts.trust = carrying({signed_root(other, {kRootA, kRootB})});
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kCorrupt, "trust.json"},
    {"mix-and-match", "the approval of another bundle",
     [](Site& site) {
       site.make_evil("model A", "plant-7", 18, {kPacker});
       const Parts other = site.make("/media/b.pannier", "model B", "plant-7", 19, {kPacker});
       site.plant(approval_file(payload_of(other), {kReviewer}), std::string(kEvil) + ".approval");
       return Attempt{};
     },
     ErrorKind::kUntrusted, "of other contents"},
    {"mix-and-match", "the signature of one bundle on another, both the packer's",
     [](Site& site) {
       Parts parts = site.make_evil("model A", "plant-7", 18, {kPacker});
       const Parts other = site.make("/media/b.pannier", "model B", "plant-7", 19, {kPacker});
       parts.statement = with_signatures_of(parts.statement, other.statement);
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kUntrusted, "does not verify"},
};

const std::vector<Attack> kWrongSoftware = {
    {"wrong software", "a bundle that the packer made for another site",
     [](Site& site) {
       site.make_evil("for plant 9", "plant-9", 40, {kPacker});
       return Attempt{};
     },
     ErrorKind::kStale, "this store takes plant-7"},
    {"wrong software", "another channel was named, but not that one",
     [](Site& site) {
       site.make_evil("for plant 9", "plant-9", 40, {kPacker});
       Attempt attempt;
       attempt.options.channels = {"plant-8"};
       return attempt;
     },
     ErrorKind::kStale, "this store takes plant-7, plant-8"},
    {"wrong software", "a difference against what another site holds",
     [](Site& site) {
       site.make(kEvil, "a difference", "plant-7", 18, {kPacker}, {"", {sha256("a receipt of plant 9")}});
       return Attempt{};
     },
     ErrorKind::kStale, "this store did not issue"},
    {"wrong software", "signed by the packer of another organisation, whose root travels with it",
     [](Site& site) {
       TrustRoot other;
       other.name = "Others";
       other.keys = {root_key(150, "root-x", {"root"}), root_key(151, "pam", {"packer"})};
       site.make_evil("theirs", "plant-7", 18, {151}, carrying({signed_root(other, {150})}));
       return Attempt{};
     },
     ErrorKind::kUntrusted, "another root 1"},
    {"wrong software", "the channel's name was changed on the way",
     [](Site& site) {
       Parts parts = site.make_evil("for plant 9", "plant-9", 40, {kPacker});
       const std::string signed_statement = parts.statement;
       parts.statement =
           restated(parts, [](BundleStatement& statement) { statement.channel = "plant-7"; }, {});
       parts.statement = with_signatures_of(parts.statement, signed_statement);
       site.plant(parts.file());
       return Attempt{};
     },
     ErrorKind::kUntrusted, "does not verify"},
    {"wrong software", "the name of the channel in other letters",
     [](Site& site) {
       site.make_evil("for another", "Plant-7", 40, {kPacker});
       return Attempt{};
     },
     ErrorKind::kStale, "channel Plant-7"},
};

TEST(TufAttacks, ArbitrarySoftware) { expect_all_stopped(kArbitrarySoftware); }
TEST(TufAttacks, Rollback) { expect_all_stopped(kRollback); }
TEST(TufAttacks, FastForward) { expect_all_stopped(kFastForward); }
TEST(TufAttacks, MixAndMatch) { expect_all_stopped(kMixAndMatch); }
TEST(TufAttacks, WrongSoftware) { expect_all_stopped(kWrongSoftware); }

}  // namespace
}  // namespace pannier::tuf
