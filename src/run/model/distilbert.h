// DistilBERT (Sanh et al. 2019): BERT's encoder without token types and pooler, half as many blocks.
#pragma once

#include <memory>

#include "base/result.h"
#include "run/model/sequence_classifier.h"

namespace pannier {

// DistilBertForSequenceClassification. A row of the table in families.cc.
Result<std::unique_ptr<SequenceClassifier>> load_distilbert_classifier(ClassifierSource source);

}  // namespace pannier
