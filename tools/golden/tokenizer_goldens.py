#!/usr/bin/env python3
"""Writes tests/goldens/tokenizer/: what the reference tokenizers make of some 22,000 texts.

Run in an environment made from requirements.txt (`./dev golden` does that). Real texts come from the
repository and from Debian packages, whose versions are checked, because the files must come out the
same, byte for byte; odd texts are made from seeds. tests/goldens/tokenizer/README.md tells the format.
"""

import bz2
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["HF_HUB_OFFLINE"] = "1"

import tokenizers  # noqa: E402
import transformers  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OUT = ROOT / "tests/goldens/tokenizer"
EXAMPLE = "examples/offline-sentiment/sst2-tiny"
UNICODE = pathlib.Path("/usr/share/unicode")
CLDR = UNICODE / "cldr/common"
PACKAGES = {"unicode-cldr-core": "41-0.1", "unicode-data": "15.0.0-1"}
VERSIONS = {"transformers": "5.23.0", "tokenizers": "0.23.3"}


def check_sources():
    for module in (transformers, tokenizers):
        if module.__version__ != VERSIONS[module.__name__]:
            sys.exit(f"{module.__name__} {VERSIONS[module.__name__]} is needed, see requirements.txt")
    for package, version in PACKAGES.items():
        asked = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package],
                               capture_output=True, text=True, check=False)
        if asked.stdout != version:
            sys.exit(f"Debian package {package} {version} is needed (apt-get install {package}); "
                     f"found: {asked.stdout or 'none'}")


class Dice:
    """Small random numbers that no Python release can change (a 64-bit linear congruential generator)."""

    def __init__(self, seed):
        self.state = seed * 2 + 1

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n

    def choice(self, items):
        return items[self.below(len(items))]

    def sample(self, items, count):
        """About `count` of them, evenly spread, in order."""
        step = max(1, len(items) // count)
        return items[self.below(step)::step][:count]


# --- Real texts ---

def sst2_texts():
    lines = (ROOT / "examples/offline-sentiment/dev.tsv").read_text("utf-8").splitlines()
    return [line.rsplit("\t", 1)[0] for line in lines]


def annotation_texts(count):
    """What emoji and symbols are called, in some 140 languages."""
    texts = []
    files = sorted((CLDR / "annotations").glob("*.xml"))
    for number, path in enumerate(files):
        nodes = ElementTree.parse(path).getroot().iter("annotation")
        found = [f"{node.get('cp')} {node.text}" if i % 3 == 0 else node.text.replace(" | ", ", ")
                 for i, node in enumerate(nodes) if node.text]
        texts += Dice(number).sample(found, count // len(files) + 1)
    return texts[:count]


def name_texts(count):
    """Names of languages, countries and currencies, in some hundreds of languages."""
    texts = []
    files = sorted((CLDR / "main").glob("*.xml"))
    for number, path in enumerate(files):
        found = [node.text for tag in ("language", "territory", "displayName")
                 for node in ElementTree.parse(path).getroot().iter(tag) if node.text]
        pairs = [f"{a} ({b})" if i % 2 else f"{a}, {b}!"
                 for i, (a, b) in enumerate(zip(found, found[7:]))]
        texts += Dice(number).sample(pairs, count // len(files) + 3)
    return texts[:count]


def code_point_texts(count):
    lines = (UNICODE / "UnicodeData.txt").read_text("utf-8").splitlines()
    fields = [line.split(";") for line in lines]
    fields = [f for f in fields if f[2] != "Cs"]
    return [f"{chr(int(f[0], 16))} is {f[1].lower()}: {f[1][:1]}{chr(int(f[0], 16))}{f[1][-1:]}"
            for f in Dice(3).sample(fields, count)]


def emoji_texts(count):
    lines = (UNICODE / "emoji/emoji-test.txt").read_text("utf-8").splitlines()
    lines = [line for line in lines if line and line[0] != "#"]
    texts = []
    for line in Dice(4).sample(lines, count):
        emoji = "".join(chr(int(c, 16)) for c in line.split(";")[0].split())
        texts.append(f"so {emoji}{emoji} good{emoji}, {line.split('#')[1].strip()}")
    return texts


def normalization_texts(count):
    with bz2.open(UNICODE / "NormalizationTest.txt.bz2", "rt", encoding="utf-8") as file:
        lines = [line for line in file if line[0] not in "#@\n"]
    texts = []
    for line in Dice(5).sample(lines, count):
        columns = ["".join(chr(int(c, 16)) for c in part.split()) for part in line.split(";")[:4]]
        texts.append(f"a{columns[0]}b {columns[1]} {columns[2]}É{columns[3]}")
    return texts


# --- Odd texts ---

SPACES = ("\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f \x85\xa0\u1680\u180e\u2000\u2003\u2007\u200a\u200b\u200c\u200d"
          "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff")
ODD = ("\0\x01\x07\x1b\x7f\x80\x9f\xad\u0378\u061c\u070f\u200e\u202e\u2066\ud7ff\ue000\uf8ff\ufdd0\ufffd\ufffe"
       "\uffff\U0001fffe\U000e0001\U000e0100\U000f0000\U0010ffff")
MARKS = ("\u0300\u0301\u0307\u0308\u0315\u0323\u0327\u0328\u0334\u0338\u0344\u0345\u0358\u0360\u05b0\u05bc\u064b"
         "\u0651\u093c\u094d\u0e38\u0e48\u0f71\u0f72\u0f73\u0f74\u0f81\u1ab0\u1dce\u1dfa\u20d0\u20e3\u302a\u302e"
         "\u302f\u3099\ufb1e\U00016ff0\U0001d165\U0001d16d\U0001d172\U00011133\U0001e8d0\U0001e944")
LETTERS = ("aAbBzZ09_éÉñÅßẞİıſKΣσςΆάЙйЁёקאالعربيةहिन्दीไทยกำमுঅ한국어각힣ᄀ깍漢字中文㐀\u9fff\ufa0e\uf900豈"
           "\U00020000\U0002f800\U0002b81dひらカナーﾊﾟ！ＡａǅǲⅧ①ﬁﬃ℀Ω㎏\u1e9e\u2126\u212b\U00010400\U00010428\U0001d400")
SYMBOLS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~¡§«·»¿‐—‘’“”†•…‰′‽⁂₠€™←∀⌘①■☃✂➜⟦⸘、。〈〜・︰﹏＠｡\U00010100\U0001f600\U0001f468"
SPECIAL = ["[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]"]
NEAR = ["[MASK", "MASK]", "[ MASK ]", "[mask]", "[Mask]", "[MASK]]", "[[MASK]", "[MAS\u200bK]", "[MASḰ]",
        "[MA SK]", "[CLS][SEP]", "x[SEP]y", " [SEP] ", "［MASK］", "[\u0301MASK]", "[SEP]\u0301", "[unused1]"]


def odd_texts(count):
    texts = ["", " ", "  \t\n ", "\0", "\ufffd", "\u200d", "\u0301", "a\u0301\u0323", "\u0323\u0301", "##ing", "##"]
    texts += list(SPACES) + list(ODD) + [f"a{c}b" for c in SPACES + ODD + SYMBOLS]
    texts += SPECIAL + NEAR + [f"so {t} good" for t in SPECIAL + NEAR] + [f"so{t}good" for t in SPECIAL + NEAR]
    texts += ["a" * n for n in (1, 98, 99, 100, 101, 102, 250)] + ["漢" * n for n in (99, 100, 101, 300)]
    texts += ["é" * n for n in (99, 100, 101)] + ["e\u0301" * n for n in (50, 99, 100, 101)]
    texts += ["\U0001f600" * n for n in (99, 100, 101)] + ["q" * 60 + "#" + "q" * 60, "unaffable" * 12, "." * 300]
    texts += ["word " * 600, "e" + "\u0301\u0323" * 200 + "\u302e", "\u302e" * 60, "\u0f73" * 40 + "\u302e\u0344"]
    dice = Dice(6)
    pools = [SPACES, ODD, MARKS, LETTERS, SYMBOLS, SPECIAL + NEAR]
    words = [word for text in sst2_texts()[:200] for word in text.split()]
    while len(texts) < count:
        kind = dice.below(8)
        if kind == 0:  # any code points at all
            pieces = [chr(c) for c in (dice.below(0x110000) for _ in range(1 + dice.below(12)))
                      if not 0xD800 <= c <= 0xDFFF]
        elif kind == 1:  # starters with piles of marks
            pieces = [dice.choice(LETTERS) + "".join(dice.choice(MARKS) for _ in range(dice.below(6)))
                      for _ in range(1 + dice.below(8))]
        elif kind == 2:  # one block of the first planes
            base = dice.below(0x200) * 0x80
            pieces = [chr(c) for c in (base + dice.below(0x80) for _ in range(1 + dice.below(16)))
                      if not 0xD800 <= c <= 0xDFFF]
        elif kind in (3, 4):  # words with something odd in between or inside
            pieces = []
            for _ in range(2 + dice.below(8)):
                word = dice.choice(words)
                cut = dice.below(len(word) + 1)
                odd = dice.choice(dice.choice(pools))
                pieces += [word, " "] if dice.below(2) else [word[:cut], odd, word[cut:].upper(), " "]
        else:  # everything mixed
            pieces = [dice.choice(dice.choice(pools)) for _ in range(1 + dice.below(20))]
        texts.append("".join(pieces))
    return texts


# --- Small tokenizers of other kinds ---

def small_vocabulary():
    words = {}
    for text in sst2_texts():
        for word in text.split():
            words[word] = words.get(word, 0) + 1
    common = sorted(words, key=lambda w: (-words[w], w))[:500]
    cased = [word.capitalize() for word in common[:120]] + [word.upper() for word in common[:40]]
    letters = [c for c in LETTERS + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" if c.strip()]
    pieces = [f"##{c}" for c in letters] + ["##ing", "##ed", "##s", "##ly", "##é", "##e\u0301", "##\u0301", "##\u0307"]
    extra = ["café", "cafe", "naïve", "İstanbul", "i\u0307stanbul", "istanbul", "straße", "中文", "한국어", "\u0301"]
    order = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + list(SYMBOLS) + letters + pieces + extra + common + cased
    return list(dict.fromkeys(order))


def added(content, **flags):
    usual = dict(single_word=False, lstrip=False, rstrip=False, normalized=True, special=False)
    return {"content": content, **usual, **flags}


ODD_ADDED = [
    added("[MASK]", special=True, normalized=False, lstrip=True),
    added("<ent>", special=True, normalized=False, rstrip=True),
    added("<both>", special=True, normalized=False, lstrip=True, rstrip=True),
    added("film", single_word=True, normalized=False),
    added("ÉCLAIR", normalized=True),
    added("New York", normalized=True, single_word=True),
    added("new y", normalized=True),
    added("中x", normalized=True, lstrip=True),
    added("aa", normalized=False), added("aaab", normalized=False), added("ab", normalized=False),
    added(" sp ", normalized=False, rstrip=True),
    added("İ", normalized=True), added("ing", normalized=True, single_word=True, rstrip=True),
    added("a", normalized=False, single_word=True),
]
ADDED_TEXTS = ["[MASK]", "<ent>", "<both>", "film", "films", "éclair", "ÉCLAIR", "e\u0301clair", "New York", "new york",
               "newyork", "NEW YORKER", "中x", " 中 x", "aa", "aaab", "aaaab", "ab", " sp ", "  sp   ", "İ", "i\u0307", "ing",
               "making", "a", "é", "_", "\u200d", "٣", "ª", "\u0301", "\u3000", "\n", " ", "  ", "\u2028", "-", ".", "<ent", "x"]


def added_texts(count):
    dice = Dice(7)
    return ["".join(dice.choice(ADDED_TEXTS) for _ in range(1 + dice.below(10))) for _ in range(count)]


def tokenizer_json(vocabulary, **parts):
    document = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
                "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": None, "decoder": None}
    document.update(parts)
    document["model"] = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                         "max_input_chars_per_word": 100, "vocab": vocabulary, **parts.get("model", {})}
    return json.dumps(document, ensure_ascii=False, indent=1)


def bert_normalizer(**flags):
    return {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
            "lowercase": True, **flags}


def template(*pieces, **ids):
    special = {name: {"id": name, "ids": numbers, "tokens": [name] * len(numbers)} for name, numbers in ids.items()}
    single = [{"Sequence": {"id": "A", "type_id": t}} if name == "A" else {"SpecialToken": {"id": name, "type_id": t}}
              for name, t in pieces]
    pair = [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}]
    return {"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": special}


def numbered(tokens, vocabulary):
    """Added tokens with the ids that the library will give them."""
    next_id = len(vocabulary)
    result = []
    for token in tokens:
        if token["content"] in vocabulary:
            result.append({"id": vocabulary[token["content"]], **token})
        else:
            result.append({"id": next_id, **token})
            next_id += 1
    return result


def small_models():
    """Folder name -> {file name: contents}."""
    lines = small_vocabulary()
    vocab_txt = "".join(line + "\n" for line in lines)
    vocabulary = {token: i for i, token in enumerate(lines)}
    gapped = {token: i * 3 + 7 for i, token in enumerate(lines[:400])}

    def txt(**config):
        return {"vocab.txt": vocab_txt, "tokenizer_config.json": json.dumps(config, indent=1, ensure_ascii=False)}

    def fast(document, **config):
        return {"tokenizer.json": document, "tokenizer_config.json": json.dumps(
            {"tokenizer_class": "PreTrainedTokenizerFast", **config}, indent=1, ensure_ascii=False)}

    plain = {t: {k: v for k, v in added(t, special=True, normalized=False).items() if k != "content"} for t in SPECIAL}
    decoder = {str(vocabulary[t]): {"content": t, **flags} for t, flags in plain.items()}
    decoder["9000"] = added("film", single_word=True)
    decoder["8000"] = added("<ent>", lstrip=True, special=True, normalized=False)
    odd_json = tokenizer_json(vocabulary, normalizer=bert_normalizer(), added_tokens=numbered(ODD_ADDED, vocabulary),
                              post_processor=template(("CLS", 0), ("A", 0), ("SEP", 0), CLS=[2], SEP=[3]))
    models = {
        "txt-uncased": txt(tokenizer_class="BertTokenizer", do_lower_case=True, model_max_length=10**30),
        "txt-cased": txt(tokenizer_class="BertTokenizerFast", do_lower_case=False),
        "txt-cased-strip-accents": txt(tokenizer_class="BertTokenizer", do_lower_case=False, strip_accents=True),
        "txt-uncased-keep-accents": txt(do_lower_case=True, strip_accents=False, truncation_side="left"),
        "txt-no-chinese": txt(tokenizer_class="DistilBertTokenizer", tokenize_chinese_chars=False),
        "txt-added": txt(tokenizer_class="DistilBertTokenizer", added_tokens_decoder=decoder,
                         additional_special_tokens=["[NEW]", "<ent>"], cls_token="[SEP]", fancy_token="[fancy]",
                         sep_token={"__type": "AddedToken", **added("[END]", rstrip=True, special=True)}),
        "txt-legacy": {
            "vocab.txt": vocab_txt.replace("\n", " \t\u3000\r\n", 300) + "café\n\n[PAD]\nlast without newline",
            "special_tokens_map.json": json.dumps({"cls_token": "[CLS]", "mask_token": added("[MASK]", lstrip=True),
                                                   "unk_token": "[UNK]", "additional_special_tokens": ["<new>"]}),
            "added_tokens.json": json.dumps({"film": 7001, "<new>": 7000}),
        },
        "json-added": fast(odd_json),
        "json-added-split-special": fast(odd_json, split_special_tokens=True, unk_token="[UNK]", mask_token="[MASK]",
                                         eos_token="</s>", extra_special_tokens=["ing"]),
        "json-bert-class": {
            "tokenizer.json": tokenizer_json(
                vocabulary, normalizer=bert_normalizer(lowercase=False, handle_chinese_chars=False),
                added_tokens=numbered(ODD_ADDED, vocabulary), model={"max_input_chars_per_word": 5},
                truncation={"direction": "Left", "max_length": 9, "strategy": "LongestFirst", "stride": 0}),
            "tokenizer_config.json": json.dumps({"tokenizer_class": "BertTokenizer", "strip_accents": False}),
        },
        "json-plain": fast(
            tokenizer_json(gapped, normalizer=bert_normalizer(clean_text=False, lowercase=False, strip_accents=True),
                           post_processor={"type": "BertProcessing", "sep": ["[SEP]", 16], "cls": ["[CLS]", 13]},
                           truncation={"direction": "Left", "max_length": 9, "strategy": "LongestFirst", "stride": 0},
                           padding={"strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": None,
                                    "pad_id": 0, "pad_type_id": 0, "pad_token": "<pad>"},
                           model={"max_input_chars_per_word": 10, "continuing_subword_prefix": "#"})),
        "json-type-ids": fast(tokenizer_json(
            vocabulary, pre_tokenizer=None, added_tokens=numbered(ODD_ADDED, vocabulary),
            post_processor=template(("X", 4), ("A", 3), ("Y", 1), ("A", 2), X=[5, 6], Y=[3]))),
    }
    untyped = json.loads(models["json-plain"]["tokenizer.json"])
    del untyped["model"]["type"]
    models["json-plain"]["tokenizer.json"] = json.dumps(untyped, ensure_ascii=False, indent=1)
    for files in models.values():
        files["config.json"] = json.dumps({"model_type": "distilbert"})
    return models


def write_models():
    for name, files in small_models().items():
        folder = OUT / "models" / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, contents in files.items():
            (folder / file).write_bytes(contents.encode("utf-8"))


# --- Writing ---

def escape(text):
    raw = [chr(c) if c >= 0x20 and c != 0x5C and not 0x7F <= c <= 0xA0 and c not in (0x2028, 0x2029, 0xFEFF)
           else f"\\{{{c:X}}}" for c in map(ord, text)]
    return "".join(raw)


def pack_offsets(offsets):
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    packed, previous = [], 0
    for begin, end in offsets:
        gap, length = begin - previous, end - begin
        if (begin, end) == (0, 0):
            packed.append("*")
            continue
        short = 0 <= gap < 36 and 0 <= length < 36
        packed.append(digits[gap] + digits[length] if short else f"({begin},{end})")
        previous = end
    return "".join(packed)


def write_golden(name, folder, texts, special=True, length=None):
    tokenizer = transformers.AutoTokenizer.from_pretrained(ROOT / folder)
    options = dict(truncation=True, max_length=length) if length else {}
    lines = [f"# folder: {folder}", f"# special: {str(special).lower()}", f"# length_max: {length or 0}"]
    for text in texts:
        result = tokenizer(text, add_special_tokens=special, return_offsets_mapping=True,
                           return_token_type_ids=True, **options)
        fields = [escape(text), " ".join(map(str, result["input_ids"])), pack_offsets(result["offset_mapping"])]
        if any(result["token_type_ids"]):
            fields.append(" ".join(map(str, result["token_type_ids"])))
        lines.append("\t".join(fields))
    (OUT / f"{name}.txt").write_bytes(("\n".join(lines) + "\n").encode("utf-8"))


def write_code_points():
    """Every code point in a context: one digest for each 1,024 of them and each kind of normalizer."""
    lines = ["# clean chinese accents lower, first code point, sha256 (16 digits)"]
    for flags in ((1, 1, 1, 1), (1, 1, 0, 1), (0, 0, 1, 0), (0, 0, 0, 0)):
        clean, chinese, accents, lower = map(bool, flags)
        tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece({"[UNK]": 0}, unk_token="[UNK]"))
        tokenizer.normalizer = tokenizers.normalizers.BertNormalizer(
            clean_text=clean, handle_chinese_chars=chinese, strip_accents=accents, lowercase=lower)
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
        for first in range(0, 0x110000, 1024):
            digest = hashlib.sha256()
            for c in range(first, first + 1024):
                if 0xD800 <= c <= 0xDFFF:
                    continue
                text = f"A{chr(c)}\u0301{chr(c)} \u302e{chr(c)}É"
                offsets = ",".join(f"{begin}-{end}" for begin, end in tokenizer.encode(text).offsets)
                digest.update(f"{tokenizer.normalizer.normalize_str(text)}\n{offsets}\n".encode("utf-8"))
            lines.append(f"{''.join(map(str, flags))} {first:X} {digest.hexdigest()[:16]}")
    (OUT / "code_points.txt").write_text("\n".join(lines) + "\n")


def main():
    check_sources()
    write_models()
    odd = odd_texts(5000)
    real = (sst2_texts() + annotation_texts(10500) + name_texts(5200) + code_point_texts(2000) + emoji_texts(1200)
            + normalization_texts(1200))
    write_golden("sst2-tiny", EXAMPLE, real + odd)
    few = sst2_texts()[:60] + odd[::12]
    write_golden("sst2-tiny-no-special", EXAMPLE, few, special=False)
    for length in (2, 3, 5, 16, 128):
        write_golden(f"sst2-tiny-truncated-{length}", EXAMPLE, few[::4] + ["word " * 300], length=length)
    write_golden("sst2-tiny-truncated-no-special", EXAMPLE, few[::4], special=False, length=4)
    for name in sorted(small_models()):
        folder = f"tests/goldens/tokenizer/models/{name}"
        texts = added_texts(900) if "added" in name or "class" in name or "type" in name else []
        write_golden(name, folder, texts + odd[::10])
        write_golden(f"{name}-truncated", folder, texts[:60] + odd[::40], length=6)
    write_code_points()


if __name__ == "__main__":
    main()
