// The one message for "stopped because asked".
#include "carry/transport/transfer.h"

namespace pannier {

Status Transfer::check_cancel() const {
  if (cancel == nullptr || !cancel->load(std::memory_order_relaxed)) return {};
  return Error{ErrorKind::kInterrupted, "stopped as asked; nothing was left half-done", ""};
}

}  // namespace pannier
