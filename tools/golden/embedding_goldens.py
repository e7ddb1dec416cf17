#!/usr/bin/env python3
"""Makes tests/goldens/embeddings/: what transformers' feature-extraction and sentence-transformers answer.

Needs the versions below (it refuses others: another version is another golden) and writes the same bytes
each time. Run through `./dev golden`, and read the diff.

  NAME/             small BERTs and DistilBERTs with seeded RANDOM weights: they prove that numbers agree
  NAME/golden.json  texts, token counts, hidden states of a few, and embeddings, from these libraries

`dropped` is how many tokens did not fit. Everything is computed in fp32, one text at a time.
"""

import json
import os
import pathlib
import shutil
import sys
import warnings

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
warnings.filterwarnings("ignore")

import safetensors.torch
import sentence_transformers
import tokenizers
import torch
import transformers

VERSIONS = {"torch": "2.13.0", "transformers": "5.23.0", "tokenizers": "0.23.3", "sentence_transformers": "5.6.0"}
ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "tests" / "goldens" / "embeddings"

TEXTS = ["", "a", "the cat sat on the mat .", "good", "bad bad BAD", "xyzzy 12345 !?", "Café naïve 😀",
         "good bad cat " * 5 + "dog", "the good dog is not bad , the bad cat is not good . " * 6]
FEATURE_TEXTS = 4  # hidden states of so many are kept, rounded: they are large


def rounded(values):
    """Six digits: a hundredth of the tolerance, and the same on every machine that computes in fp32."""
    return [round(float(v), 6) + 0.0 for v in values]


def modules(*kinds, prefix="sentence_transformers.models."):
    """modules.json: each kind with its folder; a kind with a dot is the whole type."""
    rows = []
    for i, (kind, path) in enumerate(kinds):
        rows.append({"idx": i, "name": str(i), "path": path, "type": kind if "." in kind else prefix + kind})
    return rows


def legacy_pooling(dimension, *modes):
    keys = ["cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken"]
    assert set(modes) <= set(keys)
    return {"word_embedding_dimension": dimension, **{"pooling_mode_" + key: key in modes for key in keys}}


PLAIN = modules(("Transformer", ""), ("Pooling", "1_Pooling"))
UNIT = modules(("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize"))
NEW = modules(("sentence_transformers.base.modules.transformer.Transformer", ""),
              ("sentence_transformers.sentence_transformer.modules.pooling.Pooling", "1_Pooling"))
BERT = {"hidden_size": 24, "num_attention_heads": 3, "intermediate_size": 40, "num_hidden_layers": 2,
        "max_position_embeddings": 64}
DISTIL = {"dim": 24, "n_heads": 3, "hidden_dim": 40, "n_layers": 2, "max_position_embeddings": 48}

# name -> (seed, family, stored type, lower case, config, files beside the model).
# The tokenizer's own files always say other lengths: model_max_length 60, truncation 12 in tokenizer.json.
MODELS = {
    "mean-normalized": (11, "bert", torch.float32, True, BERT, {
        "modules.json": UNIT, "1_Pooling/config.json": legacy_pooling(24, "mean_tokens"),
        "sentence_bert_config.json": {"max_seq_length": 20, "do_lower_case": False}}),
    "cls-f16": (12, "bert", torch.float16, True, BERT, {
        "modules.json": PLAIN, "1_Pooling/config.json": legacy_pooling(24, "cls_token"),
        "sentence_bert_config.json": {"max_seq_length": None, "do_lower_case": False}}),
    "three-legacy-modes": (13, "distilbert", torch.float32, True, DISTIL, {
        "modules.json": PLAIN,
        "1_Pooling/config.json": legacy_pooling(24, "mean_tokens", "cls_token", "max_tokens")}),
    "sqrt-legacy": (14, "distilbert", torch.bfloat16, True, DISTIL, {
        "modules.json": UNIT, "1_Pooling/config.json": legacy_pooling(24, "mean_sqrt_len_tokens"),
        "sentence_distilbert_config.json": {"max_seq_length": 30}}),
    "new-weightedmean-lasttoken": (15, "bert", torch.float32, True, BERT, {
        "modules.json": NEW,
        "1_Pooling/config.json": {"embedding_dimension": 24, "pooling_mode": ["weightedmean", "lasttoken"],
                                  "include_prompt": True},
        "sentence_bert_config.json": {
            "transformer_task": "feature-extraction", "max_seq_length": 24, "do_lower_case": False,
            "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
            "module_output_name": "token_embeddings"}}),
    "subfolder-lowercase-prompt": (16, "bert", torch.float32, False, BERT, {
        "modules.json": modules(("Transformer", "0_Transformer"), ("Pooling", "1_Pooling")),
        "1_Pooling/config.json": {"embedding_dimension": 24, "pooling_mode": "max"},
        "0_Transformer/sentence_bert_config.json": {"max_seq_length": 20, "do_lower_case": True},
        "config_sentence_transformers.json": {"prompts": {"query": "the good : ", "passage": "x"},
                                              "default_prompt_name": "query", "similarity_fn_name": "cosine"}}),
    "no-modules": (17, "distilbert", torch.float32, True, DISTIL, {}),
}


def write_tokenizer(folder, family, lower_case):
    """A WordPiece vocabulary of letters and a few words, as tokenizer.json with a truncation baked in."""
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)] + list("0123456789")
    words = ["the", "cat", "sat", "on", "mat", "good", "bad", "dog", "is", "not", "##ing", "##ed", ".", ",", "!", "?", ":",
             "é", "##é", "A", "B", "C", "##A", "##B", "##C", "##D"]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *("##" + c for c in letters), *words]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    settings = {"tokenizer_class": {"bert": "BertTokenizer", "distilbert": "DistilBertTokenizer"}[family],
                "model_max_length": 60, "do_lower_case": lower_case, "cls_token": "[CLS]", "sep_token": "[SEP]",
                "pad_token": "[PAD]", "unk_token": "[UNK]", "mask_token": "[MASK]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1) + "\n")
    fast = transformers.AutoTokenizer.from_pretrained(folder).backend_tokenizer
    fast.enable_truncation(12)
    fast.enable_padding(length=12)
    (folder / "tokenizer.json").write_text(fast.to_str(pretty=False), encoding="utf-8")
    (folder / "vocab.txt").unlink()
    return len(vocabulary)


def write_encoder(folder, seed, family, dtype, lower_case, settings):
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = write_tokenizer(folder, family, lower_case)
    if family == "bert":
        config = transformers.BertConfig(vocab_size=vocabulary, **settings)
        model = transformers.BertModel(config)
    else:
        config = transformers.DistilBertConfig(vocab_size=vocabulary, **settings)
        model = transformers.DistilBertModel(config)
    # As initialised (0.02 wide, biases 0, gains 1) every text gets nearly the same vector: widen it all.
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for key, value in sorted(model.state_dict().items()):
        if value.is_floating_point():
            wide = 0.3 * torch.randn(value.shape, generator=generator)
            gain = key.endswith("norm.weight") or "LayerNorm.weight" in key
            tensors[key] = (wide + (1.0 if gain else 0.0)).to(dtype)
    safetensors.torch.save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config.architectures = [type(model).__name__]
    config.dtype = str(dtype).removeprefix("torch.")
    config.save_pretrained(folder)


def write_files(folder, files):
    for name, value in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    if any(row["type"].endswith("Normalize") for row in files.get("modules.json", [])):
        (folder / "2_Normalize").mkdir(exist_ok=True)


def features_of(folder):
    """The feature-extraction pipeline's answers, texts cut to what the model takes."""
    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    pipe = transformers.pipeline("feature-extraction", model=model, tokenizer=tokenizer)
    length = min(tokenizer.model_max_length, model.config.max_position_embeddings)
    rows = []
    for i, text in enumerate(TEXTS):
        answer = pipe(text, tokenize_kwargs={"truncation": True, "max_length": length})
        assert len(answer) == 1
        row = {"tokens": len(answer[0]), "dropped": len(tokenizer(text)["input_ids"]) - len(answer[0])}
        if i < FEATURE_TEXTS:
            row["features"] = [rounded(token) for token in answer[0]]
        rows.append(row)
    return rows


def embeddings_of(folder):
    model = sentence_transformers.SentenceTransformer(str(folder), device="cpu", local_files_only=True,
                                                      model_kwargs={"dtype": torch.float32})
    # Longer texts than the positions fail in sentence-transformers; we cut there.
    model.max_seq_length = min(model.max_seq_length, model[0].config.max_position_embeddings)
    prompt = model.prompts.get(model.default_prompt_name) or ""
    rows = []
    for text in TEXTS:
        tokens = int(model.preprocess([prompt + text])["input_ids"].shape[1])
        whole = len(model.tokenizer(prompt + text, truncation=False)["input_ids"])
        rows.append({"tokens": tokens, "dropped": whole - tokens, "values": rounded(model.encode(text))})
    source = model.encode(TEXTS[2])
    similarities = sentence_transformers.util.cos_sim(source, model.encode(TEXTS, batch_size=1))[0]
    for row, similarity in zip(rows, similarities):
        row["similarity"] = round(float(similarity), 7)
    return rows


def write_golden(path, rows):
    """One row a line, so that a diff shows which text changed."""
    body = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text('{"rows": [\n' + body + "\n]}\n", encoding="utf-8")


def main():
    for module, version in VERSIONS.items():
        found = sys.modules[module].__version__.split("+")[0]
        if found != version:
            sys.exit(f"embedding_goldens.py: {module} is {found}; the goldens are made with {version}")
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    for name, (seed, family, dtype, lower_case, settings, files) in MODELS.items():
        folder = OUT / name
        shutil.rmtree(folder, ignore_errors=True)
        encoder = folder
        for row in files.get("modules.json", []):
            if row["type"].endswith("Transformer"):
                encoder = folder / row["path"]
        write_encoder(encoder, seed, family, dtype, lower_case, settings)
        write_files(folder, files)
        features, embeddings = features_of(encoder), embeddings_of(folder)
        rows = [{"text": t, "feature": f, "embedding": e} for t, f, e in zip(TEXTS, features, embeddings)]
        for empty in folder.rglob("*_Normalize"):
            empty.rmdir()  # git keeps no empty folder, and nothing reads it
        write_golden(folder / "golden.json", rows)


if __name__ == "__main__":
    main()
