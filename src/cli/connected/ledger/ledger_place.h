// This user's ledger.
#pragma once

#include "carry/connected/ledger.h"

namespace pannier {

// kInvalid where no folder is known for it.
Result<Ledger> user_ledger();

}  // namespace pannier
