#!/usr/bin/env python3
"""Makes tests/goldens/logits/: what transformers answers, for our tests to be held to.

Needs torch, transformers, tokenizers, safetensors and numpy at the versions below (it refuses others:
another version is another golden) and writes the same bytes each time. Run through `./dev golden`, and
read the diff.

  sst2-tiny.json    the example model over odd texts and SST-2 dev: logits, and the pipeline's answers
  models/NAME/      small models with seeded RANDOM weights: they prove that numbers agree, no more
  models/NAME/golden.json   texts, token counts, logits and the pipeline's answers for that model
  encoders/NAME/    the same without a tokenizer, in the many ways checkpoints name an encoder's tensors
  encoders/NAME/golden.json   token ids and types, and the last hidden state of every token
"""

import json
import os
import pathlib
import shutil
import sys

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

import numpy as np
import safetensors.torch
import tokenizers
import torch
import transformers

VERSIONS = {"torch": "2.13.0", "transformers": "5.23.0", "tokenizers": "0.23.3"}
ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "tests" / "goldens" / "logits"
EXAMPLE = ROOT / "examples" / "offline-sentiment"
PIPELINE_TEXTS = 300  # of SST-2 dev; labels and scores follow from the logits, so not all are kept

ODD_TEXTS = [
    "",
    " ",
    "a",
    "This is a great day!",
    "😀😃 great 👍🏽 movie 👨‍👩‍👧",
    "ÀÉÎÕÜ naïve café Straße İstanbul",
    "今天天气很好 and 한국어 と日本語",
    "tab\tnew\nline\r\nreturn\u00a0space\u3000wide",
    "\u0000\ufffd\u200b control \u0007 characters",
    "[CLS] a text with [SEP] special [MASK] tokens [PAD] [UNK]",
    "supercalifragilisticexpialidocious" * 20,
    "..." * 100,
    "not bad , not good , not anything at all -- just there .",
    "word " * 508 + "end",   # 509 words: 511 tokens, one below the model's 512
    "word " * 509 + "end",   # 512 tokens: exactly as many as fit
    "word " * 510 + "end",   # 513: the first that is cut
    "this is a bad start , but " + "it gets better and better " * 130,
    "so good " * 400 + "in the end a terrible , awful mess",
]
SMALL_TEXTS = ["", "a", "the cat sat on the mat .", "good", "bad bad BAD", "xyzzy 12345 !?", "Café naïve 😀",
               "good bad cat " * 9 + "dog", "the good dog is not bad , the bad cat is not good . " * 6]


def rounded(values):
    """Six digits: a hundredth of the tolerance, and the same on every machine that computes in fp32."""
    return [round(float(v), 6) + 0.0 for v in values]


def load(folder):
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
    return model.eval(), transformers.AutoTokenizer.from_pretrained(folder)


def answers(folder, texts, pipeline_count=None):
    """Logits one text at a time, unpadded, cut to what the model takes; and the pipeline's answers."""
    model, tokenizer = load(folder)
    length = min(tokenizer.model_max_length, model.config.max_position_embeddings)
    pipe = transformers.pipeline("text-classification", model=model, tokenizer=tokenizer)
    rows = []
    for i, text in enumerate(texts):
        batch = tokenizer(text, return_tensors="pt", truncation=True, max_length=length)
        whole = len(tokenizer(text)["input_ids"])
        with torch.inference_mode():
            logits = model(**batch).logits[0]
        row = {"tokens": batch["input_ids"].shape[1], "dropped": whole - batch["input_ids"].shape[1],
               "logits": rounded(logits)}
        if pipeline_count is None or i < pipeline_count:
            options = {"truncation": True, "max_length": length}
            row["best"] = pipe(text, **options)[0]
            row["all"] = pipe(text, top_k=None, **options)
            for answer in [row["best"], *row["all"]]:
                answer["score"] = round(answer["score"], 7)
        rows.append(row)
    return rows


def write_json(path, value):
    """One row a line, so that a diff shows which text changed."""
    lines = ["{"]
    for key, rows in value.items():
        body = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        lines.append(json.dumps(key) + ": [\n" + body + "\n]" + ("," if key != list(value)[-1] else ""))
    path.write_text("\n".join(lines) + "\n}\n", encoding="utf-8")


# --- the example model ---------------------------------------------------------------------------


def example_golden():
    folder = EXAMPLE / "sst2-tiny"
    lines = (EXAMPLE / "dev.tsv").read_text(encoding="utf-8").splitlines()
    dev = [line.split("\t")[0] for line in lines]
    truth = [int(line.split("\t")[1]) for line in lines]
    odd = answers(folder, ODD_TEXTS)
    for row, text in zip(odd, ODD_TEXTS):
        row["text"] = text
    rows = answers(folder, dev, PIPELINE_TEXTS)
    right = sum(int(np.argmax(row["logits"])) == t for row, t in zip(rows, truth))
    stated = json.loads((folder / "training.json").read_text())["dev_accuracy"]
    assert right / len(truth) == stated, (right / len(truth), stated)
    write_json(OUT / "sst2-tiny.json", {"odd": odd, "dev": rows})


# --- small models with random weights ------------------------------------------------------------


def small_tokenizer(folder, cased_files, tokenizer_class):
    """A WordPiece vocabulary of letters and a few words; as tokenizer.json, or in the older files."""
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)] + list("0123456789")
    words = ["the", "cat", "sat", "on", "mat", "good", "bad", "dog", "is", "not", "##ing", "##ed", ".", ",", "!", "?"]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *("##" + c for c in letters), *words]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    settings = {"tokenizer_class": tokenizer_class, "model_max_length": 40, "do_lower_case": True,
                "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]",
                "mask_token": "[MASK]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1) + "\n")
    if cased_files:
        return len(vocabulary)
    fast = transformers.AutoTokenizer.from_pretrained(folder)
    (folder / "tokenizer.json").write_text(fast.backend_tokenizer.to_str(pretty=False), encoding="utf-8")
    (folder / "vocab.txt").unlink()
    return len(vocabulary)


# name -> (seed, stored type, vocab.txt instead of tokenizer.json, config)
BASE = {"dim": 32, "n_heads": 4, "hidden_dim": 64, "n_layers": 2, "max_position_embeddings": 48}
THREE = {"id2label": {0: "negative", 1: "neutral", 2: "positive"}}
MODELS = {
    "three-labels-f32": (1, torch.float32, False, {**BASE, **THREE, "problem_type": "single_label_classification"}),
    "three-labels-bf16": (2, torch.bfloat16, True, {**BASE, **THREE}),
    "one-label-sigmoid-f16": (3, torch.float16, False, {**BASE, "num_labels": 1}),
    "regression-f32": (4, torch.float32, True, {**BASE, "num_labels": 1, "problem_type": "regression"}),
    "multi-label-f32": (5, torch.float32, False, {**BASE, "num_labels": 5, "problem_type": "multi_label_classification"}),
    "relu-sinusoidal-f16": (6, torch.float16, False, {**BASE, "activation": "relu", "sinusoidal_pos_embds": True}),
    "odd-sizes-f32": (7, torch.float32, False,
                      {**BASE, **THREE, "dim": 24, "n_heads": 3, "hidden_dim": 40, "n_layers": 3}),
    "odder-sizes-bf16": (8, torch.bfloat16, False,
                         {**BASE, "dim": 35, "n_heads": 5, "hidden_dim": 51, "n_layers": 1, "num_labels": 37}),
}


# The same for BERT, and how its checkpoint differs from what transformers writes today: see stored().
BERT = {"hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 64, "num_hidden_layers": 2,
        "max_position_embeddings": 48}
BERT_MODELS = {
    "bert-three-labels-f32": (11, torch.float32, False, {**BERT, **THREE}, set()),
    "bert-old-names-f16": (12, torch.float16, True, {**BERT, **THREE, "layer_norm_eps": 1e-5},
                           {"gamma-beta", "leftovers", "no-architectures"}),
    "bert-no-prefix-relu-bf16": (13, torch.bfloat16, False,
                                 {**BERT, "num_labels": 1, "hidden_act": "relu", "type_vocab_size": 1},
                                 {"no-prefix"}),
    "bert-gelu-new-odd-sizes-f32": (14, torch.float32, True,
                                    {**BERT, "hidden_size": 35, "num_attention_heads": 5, "intermediate_size": 51,
                                     "num_hidden_layers": 3, "num_labels": 5, "hidden_act": "gelu_new",
                                     "problem_type": "multi_label_classification"}, set()),
}
# name -> (seed, stored type, class, config, how the checkpoint differs)
ENCODERS = {
    "bert-f32": (21, torch.float32, "BertModel", BERT, set()),
    "bert-with-prefix-bf16": (22, torch.bfloat16, "BertModel", BERT, {"add-prefix", "leftovers"}),
    "bert-masked-lm-f16": (23, torch.float16, "BertForMaskedLM", {**BERT, "type_vocab_size": 3},
                           {"gamma-beta", "leftovers"}),
    "bert-pretraining-f32": (24, torch.float32, "BertForPreTraining", {**BERT, "hidden_act": "gelu_pytorch_tanh"},
                             {"no-architectures"}),
    "distilbert-masked-lm-bf16": (25, torch.bfloat16, "DistilBertForMaskedLM", BASE, set()),
    "distilbert-no-prefix-f32": (26, torch.float32, "DistilBertModel", BASE, {"gamma-beta"}),
}
ENCODER_VOCABULARY = 61
HIDDEN_STATE_TOKENS = [1, 2, 7, 20, 48]  # up to as many as there are positions


def random_tensors(model, seed, dtype):
    """As initialised (0.02 wide, biases 0, gains 1) every text gets nearly the same logits: widen it all."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for key, value in sorted(model.state_dict().items()):
        wide = 0.3 * torch.randn(value.shape, generator=generator)
        is_gain = key.endswith("norm.weight") or "LayerNorm.weight" in key
        tensors[key] = (wide + (1.0 if is_gain else 0.0)).to(dtype)
    return tensors


def stored(tensors, base, width, quirks):
    """The tensors under the names that other versions and classes store them by."""
    tensors = {key: value for key, value in tensors.items() if ".decoder." not in key and "vocab_projector.weight" not in key}
    if "no-prefix" in quirks:
        tensors = {key.removeprefix(base + "."): value for key, value in tensors.items()}
    if "add-prefix" in quirks:
        tensors = {base + "." + key: value for key, value in tensors.items()}
    if "gamma-beta" in quirks:
        tensors = {key.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): value
                   for key, value in tensors.items()}
    if "leftovers" in quirks:
        tensors[base + ".embeddings.position_ids"] = torch.arange(48).unsqueeze(0)
        tensors["cls.seq_relationship.weight"] = torch.zeros(2, width)
        tensors["cls.seq_relationship.bias"] = torch.zeros(2)
    return tensors


def save(folder, config, tensors, dtype, quirks):
    safetensors.torch.save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config.dtype = str(dtype).removeprefix("torch.")
    config.save_pretrained(folder)
    if "no-architectures" in quirks:
        path = folder / "config.json"
        settings = json.loads(path.read_text())
        del settings["architectures"]
        path.write_text(json.dumps(settings, indent=2) + "\n")


def small_model(name, family, seed, dtype, older_files, settings, quirks=frozenset()):
    folder = OUT / "models" / name
    folder.mkdir(parents=True)
    vocabulary = small_tokenizer(folder, older_files, family + "Tokenizer")
    config = getattr(transformers, family + "Config")(vocab_size=vocabulary, **settings)
    torch.manual_seed(seed)
    model = getattr(transformers, family + "ForSequenceClassification")(config).eval()
    tensors = random_tensors(model, seed, dtype)
    config.architectures = [family + "ForSequenceClassification"]
    width = config.hidden_size
    save(folder, config, stored(tensors, model.base_model_prefix, width, quirks), dtype, quirks)
    loaded = load(folder)[0].state_dict()
    assert all(torch.equal(loaded[key], value.float()) for key, value in tensors.items()), name
    rows = answers(folder, SMALL_TEXTS)
    for row, text in zip(rows, SMALL_TEXTS):
        row["text"] = text
    write_json(folder / "golden.json", {"rows": rows})


def encoder(name, seed, dtype, architecture, settings, quirks):
    folder = OUT / "encoders" / name
    folder.mkdir(parents=True)
    family = "DistilBert" if architecture.startswith("DistilBert") else "Bert"
    config = getattr(transformers, family + "Config")(vocab_size=ENCODER_VOCABULARY, **settings)
    torch.manual_seed(seed)
    model = getattr(transformers, architecture)(config).eval()
    tensors = random_tensors(model, seed, dtype)
    config.architectures = [architecture]
    base = model.base_model_prefix
    save(folder, config, stored(tensors, base, config.hidden_size, quirks), dtype, quirks)
    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    loaded = model.state_dict()
    encoder_keys = [key for key in loaded if not key.startswith("pooler.")]
    for key in encoder_keys:
        value = tensors[key] if key in tensors else tensors[base + "." + key]
        assert torch.equal(loaded[key], value.float()), (name, key)
    write_json(folder / "golden.json", {"rows": [hidden_states(model, n) for n in HIDDEN_STATE_TOKENS]})


def hidden_states(model, count):
    ids = [(i * 17 + count) % ENCODER_VOCABULARY for i in range(count)]
    types = [i * 2 // count % getattr(model.config, "type_vocab_size", 1) for i in range(count)]
    options = {"token_type_ids": torch.tensor([types])} if hasattr(model.config, "type_vocab_size") else {}
    with torch.inference_mode():
        hidden = model(input_ids=torch.tensor([ids]), **options).last_hidden_state[0]
    return {"ids": ids, "types": types, "hidden": [rounded(row) for row in hidden]}


def main():
    for module, version in VERSIONS.items():
        found = sys.modules[module].__version__.split("+")[0]
        if found != version:
            sys.exit(f"model_goldens.py: {module} is {found}; the goldens are made with {version}")
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    for folder in ["models", "encoders"]:
        shutil.rmtree(OUT / folder, ignore_errors=True)
    OUT.mkdir(parents=True, exist_ok=True)
    for name, (seed, dtype, older_files, settings) in MODELS.items():
        small_model(name, "DistilBert", seed, dtype, older_files, settings)
    for name, (seed, dtype, older_files, settings, quirks) in BERT_MODELS.items():
        small_model(name, "Bert", seed, dtype, older_files, settings, quirks)
    for name, values in ENCODERS.items():
        encoder(name, *values)
    example_golden()


if __name__ == "__main__":
    main()
