// BERT (Devlin et al. 2018): an encoder with token types, and a pooler below its classification head.
#pragma once

#include "run/model/families.h"

namespace pannier {

// A row of the table in families.cc: BertModel, BertForSequenceClassification, and the encoder out of any
// other Bert class.
Result<std::unique_ptr<TextEncoder>> load_bert_encoder(ModelSource source);
Result<std::unique_ptr<SequenceClassifier>> load_bert_classifier(ModelSource source, uint32_t label_count);

}  // namespace pannier
