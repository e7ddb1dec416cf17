#!/usr/bin/env python3
"""Writes src/run/text/unicode_tables.cc: what the pinned reference library thinks of every code point.

The reference (PyPI `tokenizers`, pinned in tools/golden/requirements.txt) mixes crates built from
different Unicode versions, so no single Unicode database agrees with it. This asks the library itself
about each of the 1,112,064 code points, one property at a time, and checks what it assumes: that
decompositions are full, that Hangul is algorithmic, that the two notions of white space are one.

    python tools/make_unicode_tables.py            # writes the table (about two minutes)
    python tools/make_unicode_tables.py --check    # fails where the committed table differs
"""

import itertools
import pathlib
import sys
import unicodedata

import tokenizers
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers

TARGET = pathlib.Path(__file__).resolve().parent.parent / "src/run/text/unicode_tables.cc"
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
BLOCK = 128
HANGUL = range(0xAC00, 0xAC00 + 11172)

# Bits of a code point's byte; the same numbers stand in unicode_tables.h.
DROPPED, SPACED, CHINESE, WHITE, PUNCTUATION, MARK, WORD, MAPPED = (1 << i for i in range(8))


def bert(clean=False, chinese=False, accents=False, lower=False):
    return normalizers.BertNormalizer(
        clean_text=clean, handle_chinese_chars=chinese, strip_accents=accents, lowercase=lower)


def changed(normalizer):
    """What a normalizer makes of each code point between two letters, where that is not itself."""
    result = {}
    for c in CODE_POINTS:
        text = "a" + chr(c) + "b"
        out = normalizer.normalize_str(text)
        if out != text:
            assert out[0] == "a" and out[-1] == "b", hex(c)
            result[c] = out[1:-1]
    return result


def clean_sets():
    out = changed(bert(clean=True))
    dropped = {c for c, text in out.items() if text == ""}
    spaced = {c for c, text in out.items() if text == " "} | {0x20}
    assert dropped | spaced == set(out) | {0x20}
    return dropped, spaced


def chinese_set():
    out = changed(bert(chinese=True))
    assert all(text == f" {chr(c)} " for c, text in out.items())
    return set(out)


def word_sets():
    """White space and punctuation of the BERT pre-tokenizer: how many pieces "a?b" falls into."""
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    pieces = {c: len(split("a" + chr(c) + "b")) for c in CODE_POINTS}
    return {c for c, n in pieces.items() if n == 2}, {c for c, n in pieces.items() if n == 3}


def added_token_matches(token, make_text):
    """For which code points an added token is found in the text made with it."""
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.add_tokens([token])
    found = {}
    for start in range(0, len(CODE_POINTS), 50_000):
        part = CODE_POINTS[start:start + 50_000]
        for c, encoding in zip(part, tokenizer.encode_batch([make_text(chr(c)) for c in part])):
            found[c] = [o for i, o in zip(encoding.ids, encoding.offsets) if i == 1]
    return found


def regex_sets():
    r"""What the library's \w and \s match, seen through added tokens (single_word, lstrip, rstrip)."""
    single = AddedToken("qq", single_word=True, normalized=False)
    before = {c for c, hits in added_token_matches(single, lambda c: c + "qq").items() if not hits}
    after = {c for c, hits in added_token_matches(single, lambda c: "qq" + c).items() if not hits}
    assert before == after
    strip = AddedToken("qq", lstrip=True, rstrip=True, normalized=False)
    space = {c for c, hits in added_token_matches(strip, lambda c: "a" + c + "qq" + c + "a").items()
             if hits == [(1, 5)]}
    return before, space


def combining_classes(decompositions):
    """The canonical combining class by which the library sorts each code point, where it is not 0."""
    nfd = normalizers.NFD().normalize_str
    low, high = chr(0x334), chr(0x345)  # the lowest class, 1, and the highest, 240

    def swaps(first, second):
        return first != second and nfd("a" + first + second) == "a" + second + first

    marks = [c for c in CODE_POINTS if c not in decompositions
             and (swaps(high, chr(c)) or swaps(chr(c), low) or chr(c) in (low, high))]
    sample = {}
    for c in marks:  # one of each class, by Python's own (newer) database
        sample.setdefault(unicodedata.combining(chr(c)), chr(c))
    for (k, x), (m, y) in itertools.product(sample.items(), repeat=2):
        assert swaps(x, y) == (m < k), (k, m)
    classes = {}
    for c in marks:
        equal = [k for k, x in sample.items() if not swaps(x, chr(c)) and not swaps(chr(c), x)]
        assert len(equal) == 1, hex(c)
        classes[c] = equal[0]
    return classes


def check_hangul(decompositions):
    for s in HANGUL:
        index = s - 0xAC00
        text = chr(0x1100 + index // 588) + chr(0x1161 + index % 588 // 28)
        text += chr(0x11A7 + index % 28) if index % 28 else ""
        assert decompositions.pop(s) == text, hex(s)


def ask_library():
    dropped, spaced = clean_sets()
    white, punctuation = word_sets()
    word, regex_space = regex_sets()
    assert regex_space == white and not white & punctuation
    nfd = normalizers.NFD().normalize_str
    decompositions = {c: text for c in CODE_POINTS if (text := nfd(chr(c))) != chr(c)}
    assert all(nfd(text) == text for text in decompositions.values())
    classes = combining_classes(decompositions)
    check_hangul(decompositions)
    marks = {c for c, text in changed(bert(accents=True)).items()
             if text == "" and c not in decompositions}
    lower_str = normalizers.Lowercase().normalize_str
    lower = {c: text for c in CODE_POINTS if (text := lower_str(chr(c))) != chr(c)}
    mapped = set(decompositions) | set(HANGUL) | set(classes) | set(lower)
    sets = [(DROPPED, dropped), (SPACED, spaced), (CHINESE, chinese_set()), (WHITE, white),
            (PUNCTUATION, punctuation), (MARK, marks), (WORD, word), (MAPPED, mapped)]
    properties = bytearray(0x110000)
    for bit, members in sets:
        for c in members:
            properties[c] |= bit
    return properties, decompositions, classes, lower


def rows(numbers, width=16):
    numbers = [str(n) for n in numbers]
    return "\n".join("    " + ", ".join(numbers[i:i + width]) + ","
                     for i in range(0, len(numbers), width))


def array(kind, name, numbers, comment):
    return f"// {comment}\nextern const {kind} {name}[{len(numbers)}] = {{\n{rows(numbers)}\n}};\n"


def mapping(name, entries, comment):
    """Sorted code points, where each one's text begins in a pool, and the pool."""
    keys = sorted(entries)
    pool, begins = [], []
    for key in keys:
        begins.append(len(pool))
        pool += [ord(ch) for ch in entries[key]]
    begins.append(len(pool))
    return "\n".join([
        f"extern const uint32_t k{name}Count = {len(keys)};",
        array("uint32_t", f"k{name}Keys", keys, comment),
        array("uint16_t", f"k{name}Begins", begins, "Where the text of each begins in the pool."),
        array("uint32_t", f"k{name}Pool", pool, "The texts, one after another."),
    ])


def render():
    properties, decompositions, classes, lower = ask_library()
    blocks, index = [], []
    for start in range(0, 0x110000, BLOCK):
        block = bytes(properties[start:start + BLOCK])
        if block not in blocks:
            blocks.append(block)
        index.append(blocks.index(block))
    class_keys = sorted(classes)
    parts = [
        "// Generated by tools/make_unicode_tables.py from tokenizers "
        f"{tokenizers.__version__}; do not edit. What the reference library\n"
        "// thinks of every code point; unicode_tables.h says what each table means.\n"
        '#include "run/text/unicode_tables.h"\n\nnamespace pannier::unicode_tables {\n',
        "// clang-format off",
        array("uint16_t", "kPropertyIndex", index, f"Which block the {BLOCK} code points of a row are in."),
        array("uint8_t", "kPropertyBlocks", [b for block in blocks for b in block],
              f"The distinct blocks of {BLOCK}."),
        f"extern const uint32_t kClassCount = {len(class_keys)};",
        array("uint32_t", "kClassKeys", class_keys, "Code points with a combining class that is not 0."),
        array("uint8_t", "kClassValues", [classes[c] for c in class_keys], "Their classes."),
        mapping("Decomposition", decompositions,
                "Code points with a full canonical decomposition, Hangul left out."),
        mapping("Lower", lower, "Code points whose lower case is something else."),
        "// clang-format on\n\n}  // namespace pannier::unicode_tables",
    ]
    return "\n".join(parts) + "\n"


def main():
    text = render()
    if sys.argv[1:] == ["--check"]:
        if TARGET.read_text() != text:
            sys.exit(f"{TARGET} is not what tokenizers {tokenizers.__version__} says")
        return
    TARGET.write_text(text)


if __name__ == "__main__":
    main()
