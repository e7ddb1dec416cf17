// Walks the audit log piece by piece: whole lines are a chain, what lies between them must be told of.
#include "carry/audit/audit_reader.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"

namespace pannier {
namespace {

constexpr size_t kFindingsShownMax = 100;
constexpr uint64_t kPieceBytes = 1 * limits::kMiB;

// Bytes since the last whole line that are no line. When the program next wrote, it put a line feed behind
// them where there was none: so their digest is taken with and without the last one.
class CutBytes {
 public:
  void add(std::string_view text) {
    if (text.empty()) return;
    if (held_) digest_.update(std::string_view(&*held_, 1));
    digest_.update(text.substr(0, text.size() - 1));
    held_ = text.back();
    bytes_ += text.size();
  }
  uint64_t bytes() const { return bytes_; }

  // Whether a "cut" event speaks of these bytes. They are then forgotten.
  bool is_told_by(const AuditEvent& event) {
    Sha256 with_last = digest_;
    if (held_) with_last.update(std::string_view(&*held_, 1));
    const std::string told = event.digests.size() == 1 ? event.digests.front() : "";
    const bool is_told = event.action == "cut" && (told == "cut " + digest_.finish().oci() ||
                                                   told == "cut " + with_last.finish().oci());
    forget();
    return is_told;
  }
  void forget() {
    digest_ = Sha256();
    held_.reset();
    bytes_ = 0;
  }

 private:
  Sha256 digest_;
  std::optional<char> held_;
  uint64_t bytes_ = 0;
};

class Checker {
 public:
  Checker(const AuditVisitor& visit, const std::optional<AuditHead>& seen) : visit_(visit), seen_(seen) {}

  // One line, without its line feed if it has one; `whole` with it.
  Status add(std::string_view whole, std::string_view text, uint64_t offset) {
    const auto line = parse_audit_line(text, "line");
    if (!line.ok()) {
      add_cut(whole, offset);
      return {};
    }
    check_cut(*line, offset);
    check_chain(*line, offset);
    report_.head = {line->number, sha256(text)};
    if (seen_ && seen_->count == line->number) {
      is_seen_ = true;
      if (report_.head.digest != seen_->digest) {
        damage(offset, fmt::format("line {} is not the one that the receipt saw", line->number));
      }
    }
    for (const std::string& digest : line->event.digests) {
      if (const auto generation = audit_generation_of(digest)) report_.generations.insert(*generation);
    }
    return visit_(*line);
  }

  void add_cut(std::string_view text, uint64_t offset) {
    if (cut_.bytes() == 0) cut_offset_ = offset;
    cut_.add(text);
  }

  AuditReport finish() {
    if (cut_.bytes() > 0) {
      report_.add({cut_offset_,
                   fmt::format("the log ends in {} bytes that are no whole line: the next line will say so",
                               cut_.bytes()),
                   true});
    }
    if (seen_ && seen_->count > 0 && !is_seen_) {
      damage(0, fmt::format("the log ends with line {}, but the receipt saw line {}: its end was cut off",
                            report_.head.count, seen_->count));
    }
    return std::move(report_);
  }

 private:
  void damage(uint64_t offset, std::string message) { report_.add({offset, std::move(message), false}); }

  void check_cut(const AuditLine& line, uint64_t offset) {
    const uint64_t bytes = cut_.bytes();
    const bool is_cut_event = line.event.action == "cut";
    if (bytes == 0 && !is_cut_event) return;
    if (bytes == 0) {
      damage(offset, fmt::format("line {} speaks of bytes before it that are not there", line.number));
      return;
    }
    if (cut_.is_told_by(line.event)) {
      report_.add({cut_offset_,
                   fmt::format("{} bytes were never finished (a crash), as line {} says", bytes, line.number),
                   true});
    } else {
      damage(cut_offset_, fmt::format("{} bytes before line {} are no line, and it does not tell of them",
                                      bytes, line.number));
    }
  }

  void check_chain(const AuditLine& line, uint64_t offset) {
    const AuditHead& last = report_.head;
    if (line.number != last.count + 1) {
      damage(offset, fmt::format("line {} follows line {}", line.number, last.count));
    } else if (last.count > 0 && line.previous != last.digest) {
      damage(offset, fmt::format("line {} does not fit line {} before it: one of them was changed",
                                 line.number, last.count));
    }
  }

  const AuditVisitor& visit_;
  const std::optional<AuditHead>& seen_;
  AuditReport report_;
  CutBytes cut_;
  uint64_t cut_offset_ = 0;
  bool is_seen_ = false;
};

// Cuts the file into lines. A line that is longer than any that was written goes to the checker in pieces, as
// bytes that are none.
class LineCutter {
 public:
  explicit LineCutter(Checker& checker) : checker_(checker) {}

  Status add(std::string_view piece) {
    while (!piece.empty()) {
      const size_t feed = piece.find('\n');
      const size_t taken = feed == std::string_view::npos ? piece.size() : feed + 1;
      pending_ += piece.substr(0, taken);
      piece.remove_prefix(taken);
      if (feed != std::string_view::npos) {
        PANNIER_TRY(flush());
      } else if (pending_.size() > limits::kAuditLineBytesMax + 1) {
        is_too_long_ = true;
        give_up_pending();
      }
    }
    return {};
  }

  Status flush() {
    if (pending_.empty()) return {};
    if (is_too_long_) {
      is_too_long_ = false;
      give_up_pending();
      return {};
    }
    std::string_view text = pending_;
    if (text.ends_with('\n')) text.remove_suffix(1);
    PANNIER_TRY(checker_.add(pending_, text, offset_));
    offset_ += pending_.size();
    pending_.clear();
    return {};
  }

 private:
  void give_up_pending() {
    checker_.add_cut(pending_, offset_);
    offset_ += pending_.size();
    pending_.clear();
  }

  Checker& checker_;
  std::string pending_;
  uint64_t offset_ = 0;
  bool is_too_long_ = false;
};

}  // namespace

void AuditReport::add(AuditFinding finding) {
  ++(finding.is_note ? note_count : damage_count);
  if (findings.size() < kFindingsShownMax) findings.push_back(std::move(finding));
}

Result<AuditReport> read_audit_log(FileSystem& fs, const std::string& path, const AuditVisitor& visit,
                                   const std::optional<AuditHead>& seen) {
  Checker checker(visit, seen);
  auto file = fs.open(path);
  if (!file.ok() && file.error().kind == ErrorKind::kNotFound) return checker.finish();
  if (!file.ok()) return std::move(file).error();
  LineCutter cutter(checker);
  const uint64_t bytes = (*file)->size();  // what is appended meanwhile is left for the next time
  std::string piece;
  for (uint64_t offset = 0; offset < bytes; offset += piece.size()) {
    piece.resize(std::min(kPieceBytes, bytes - offset));
    PANNIER_TRY((*file)->read_at(offset, {reinterpret_cast<uint8_t*>(piece.data()), piece.size()}));
    PANNIER_TRY(cutter.add(piece));
  }
  PANNIER_TRY(cutter.flush());
  return checker.finish();
}

void compare_generations(const std::vector<uint64_t>& generations, AuditReport& report) {
  if (report.generations.empty()) return;
  const uint64_t first = *report.generations.begin();
  for (const uint64_t generation : generations) {
    if (generation < first || report.generations.contains(generation)) continue;
    report.add({0,
                fmt::format("no line says who made generation {} of the store: a program died between the "
                            "change and its line, or something else wrote the store",
                            generation),
                true});
  }
}

}  // namespace pannier
