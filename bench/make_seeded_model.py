#!/usr/bin/env python3
"""Makes a model of a well-known shape with seeded random weights: as fast as a trained one, and free.

usage: make_seeded_model.py SHAPE FOLDER        SHAPE: distilbert-base or bert-base

Its labels mean nothing. The tokenizer is that of the example model, 30,522 words of uncased BERT. The bytes are the same
each time with the versions of requirements.txt.
"""

import json
import pathlib
import shutil
import sys

EXAMPLE = pathlib.Path(__file__).resolve().parents[1] / "examples" / "offline-sentiment" / "sst2-tiny"
SEED = 20240229
LABELS = {0: "NEGATIVE", 1: "POSITIVE"}
# The library's defaults are the base shapes: 768 wide, 12 heads, 3072 inside; 6 blocks and 12.
SHAPES = {
    "distilbert-base": ("DistilBertConfig", "DistilBertForSequenceClassification", "DistilBertTokenizer"),
    "bert-base": ("BertConfig", "BertForSequenceClassification", "BertTokenizer"),
}


def make(shape, folder):
    import torch
    import transformers
    config_class, model_class, tokenizer_class = SHAPES[shape]
    torch.manual_seed(SEED)
    config = getattr(transformers, config_class)(
        id2label=LABELS, label2id={name: number for number, name in LABELS.items()}, name_or_path=shape + "-seeded")
    model = getattr(transformers, model_class)(config).eval()
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    shutil.copy(EXAMPLE / "tokenizer.json", folder)
    settings = json.loads((EXAMPLE / "tokenizer_config.json").read_text(encoding="utf-8"))
    settings["tokenizer_class"] = tokenizer_class
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in SHAPES:
        sys.exit(__doc__)
    make(sys.argv[1], pathlib.Path(sys.argv[2]))


if __name__ == "__main__":
    main()
