// DistilBERT (Sanh et al. 2019): BERT's encoder without token types and pooler, half as many blocks.
#pragma once

#include "run/model/families.h"

namespace pannier {

// A row of the table in families.cc: DistilBertModel, DistilBertForSequenceClassification.
Result<std::unique_ptr<TextEncoder>> load_distilbert_encoder(ModelSource source);
Result<std::unique_ptr<SequenceClassifier>> load_distilbert_classifier(ModelSource source,
                                                                       uint32_t label_count);

}  // namespace pannier
