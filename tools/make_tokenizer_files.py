#!/usr/bin/env python3
"""Writes the table of the files that transformers' tokenizers are loaded from: tokenizer_files.inc.

usage: make_tokenizer_files.py SITE_PACKAGES [OUTPUT]

SITE_PACKAGES holds an installed `transformers`. Its source is read as text, nothing of it is run. OUTPUT is
src/carry/connected/closure/tokenizer_files.inc unless given.
"""
import ast
import glob
import os
import re
import sys

OUTPUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src", "carry", "connected", "closure",
                      "tokenizer_files.inc")
# Files that no tokenizer fails without.
OPTIONAL = {"added_tokens.json", "special_tokens_map.json", "tokenizer_config.json", "normalizer.json",
            "target_vocab.json"}


class ClassSource:
    """What one class says of itself: its bases, and which files it is loaded from (None: as its base)."""

    def __init__(self, bases, files):
        self.bases = bases
        self.files = files


def name_of(node):
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None


def assignments(body):
    for node in body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
            yield node.target.id, node.value


def literal(node):
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def read_classes(path, classes):
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    constants = {name: literal(value) for name, value in assignments(tree.body)}
    imported = {alias.asname: alias.name for node in tree.body if isinstance(node, ast.ImportFrom)
                for alias in node.names if alias.asname}
    for name, value in assignments(tree.body):
        if isinstance(value, ast.Name) and "Tokenizer" in name:  # another name of a class
            classes.setdefault(name, ClassSource([imported.get(value.id, value.id)], None))
    for node in tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        files = None
        for name, value in assignments(node.body):
            if name == "vocab_files_names":
                files = constants.get(value.id) if isinstance(value, ast.Name) else literal(value)
        classes[node.name] = ClassSource([name_of(base) for base in node.bases], files)


def lineage(name, classes):
    while name in classes:
        yield name
        name = next((base for base in classes[name].bases if base), None)


def files_of(name, classes):
    for ancestor in lineage(name, classes):
        files = classes[ancestor].files
        if files is not None:
            return files
    return {}


def assigned(tree, name):
    for other, value in assignments(tree.body):
        if other == name:
            return value
    raise SystemExit(f"{name} is not there any more: look at how this release says it")


def class_of(node):
    """The class in `("albert", "AlbertTokenizer" if is_tokenizers_available() else None)`."""
    if isinstance(node, ast.IfExp):
        return class_of(node.body) or class_of(node.orelse)
    if isinstance(node, ast.Tuple):
        return next(filter(None, map(class_of, node.elts)), None)
    return literal(node)


def model_types(folder):
    with open(os.path.join(folder, "models", "auto", "tokenization_auto.py"), encoding="utf-8") as file:
        tree = ast.parse(file.read())
    rows = {}
    for call_or_list in ast.walk(assigned(tree, "TOKENIZER_MAPPING_NAMES")):
        if isinstance(call_or_list, ast.Tuple) and len(call_or_list.elts) == 2:
            model_type, name = literal(call_or_list.elts[0]), class_of(call_or_list.elts[1])
            if isinstance(model_type, str) and isinstance(name, str):
                rows[model_type] = name
    # Types whose repositories name a class that is not theirs are read by the general one.
    for node in ast.walk(assigned(tree, "MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS")):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            rows.setdefault(node.value, "TokenizersBackend")
    return rows


def version_of(folder):
    with open(os.path.join(folder, "__init__.py"), encoding="utf-8") as file:
        return re.search(r'^__version__ = "([^"]+)"$', file.read(), re.MULTILINE).group(1)


def class_row(name, classes):
    files = files_of(name, classes)
    fast = files.get("tokenizer_file") == "tokenizer.json" or "TokenizersBackend" in lineage(name, classes)
    own = sorted({value for key, value in files.items()
                  if isinstance(value, str) and key != "tokenizer_file" and value not in OPTIONAL})
    return f'    {{"{name}", "{" ".join(own)}", {"true" if fast else "false"}}},'


def table(folder):
    classes = {}
    pattern = os.path.join(folder, "models", "*", "tokenization_*.py")
    for path in sorted(glob.glob(os.path.join(folder, "tokenization*.py")) + glob.glob(pattern)):
        read_classes(path, classes)
    types = model_types(folder)
    names = sorted({name for name in classes
                    if files_of(name, classes) and not name.startswith("PreTrained") and "Mixin" not in name}
                   | set(types.values()))
    names = [name for name in names if not (name.endswith("Fast") and name[:-4] in names)]
    version = version_of(folder)
    lines = [f"// Generated by tools/make_tokenizer_files.py from transformers {version}; do not edit.",
             f'constexpr std::string_view kTokenizerFilesSource = "transformers {version}";',
             "constexpr TokenizerClass kTokenizerClasses[] = {"]
    lines += [class_row(name, classes) for name in names]
    lines += ["};", "constexpr ModelTypeTokenizer kModelTypes[] = {"]
    lines += [f'    {{"{model_type}", "{name}"}},' for model_type, name in sorted(types.items())]
    lines += ["};"]
    return "\n".join(lines) + "\n"


def main():
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    text = table(os.path.join(sys.argv[1], "transformers"))
    with open(sys.argv[2] if len(sys.argv) == 3 else OUTPUT, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
