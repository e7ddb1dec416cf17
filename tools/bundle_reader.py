#!/usr/bin/env python3
"""An independent reader of Pannier bundles: Python's standard library only, short enough to audit.

    bundle_reader.py list    FILE           what the head says (the data is not read)
    bundle_reader.py verify  FILE           read everything, check everything
    bundle_reader.py extract FILE FOLDER    the same, and write FOLDER/<model>/<path>; FOLDER must be new

--key PUBLIC.pem (several times): this key must have signed it; the `openssl` command says so. --base STORE: has the
blobs that deltas build on. Encoded parts are left to bundle_parts.py, which wants Python 3.14 or the `zstd` command.
Volumes are joined first: for v in NAME.v*.pannier; do tail -c +4097 $v; done > NAME.pannier
Exit code 1: refused, 2: wrong usage. Written from docs/formats, not from the C++ code: what cannot be derived (models,
block digests, sizes of parts) is checked, all the rest is derived and compared.
"""
import argparse
import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata

BLOCK, PART, STATEMENT_MAX, TRUST_MAX, INDEX_MAX = 4 << 20, 16 << 20, 16 << 20, 4 << 20, 256 << 20
JSON_BLOB_MAX, BUNDLE_MAX = 64 << 20, 1 << 50
STATEMENT, TRUST, INDEX = "pannier/statement.json", "pannier/trust.json", "pannier/index.json"
STATEMENT_TYPE = "application/vnd.pannier.bundle-statement.v1+json"
ENCODINGS = ("stored", "planes", "planes-delta", "chunks-delta")
OCI_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
LISTS = {"models": ("model", "application/vnd.cncf.model.manifest.v1+json"),
         "datasets": ("dataset", "application/vnd.pannier.dataset.v1+json"),
         "wheelhouses": ("wheelhouse", "application/vnd.pannier.wheelhouse.v1+json")}  # kind, artifact type
NEWER = " (damaged, or made by a newer version)"

class Refused(Exception):
    """The bundle is not what the format page asks for."""

def check(condition, reason):
    if not condition:
        raise Refused(reason)

def sha256(data):
    return hashlib.sha256(data).hexdigest()

def ustar_block(path, size, kind):
    block = bytearray(512)
    block[0:len(path)] = path.encode("ascii")
    block[100:148] = b"0000644\0" + b"0000000\0" * 2 + b"%011o\0" % size + b"00000000000\0"
    block[156:157] = kind
    block[257:265] = b"ustar\x0000"
    block[329:345] = b"0000000\0" * 2
    block[148:156] = b"%06o\0 " % (sum(block) + 8 * 32)
    return bytes(block)

def tar_header(path, size):
    if size <= 0o77777777777:
        return ustar_block(path, size, b"0")
    rest = b" size=%d\n" % size
    length = len(rest) + 1
    while len(b"%d" % length) + len(rest) != length:
        length += 1
    record = ustar_block("././@PaxHeader", length, b"x") + (b"%d" % length + rest).ljust(512, b"\0")
    return record + ustar_block(path, 0, b"0")

def parse_json(data, what):
    def no_duplicates(pairs):
        check(len(dict(pairs)) == len(pairs), what + ": a member appears twice")
        return dict(pairs)
    try:  # a number that is no integer becomes text, which nobody takes for a number
        return json.loads(data.decode("utf-8"), object_pairs_hook=no_duplicates, parse_float=repr, parse_constant=repr)
    except (ValueError, RecursionError) as error:
        raise Refused("%s: not JSON as it is read here: %s" % (what, error)) from None

def write_json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")

def integer(value, limit):
    check(type(value) is int and 0 <= value <= limit, "%r is no size up to %d" % (value, limit))
    return value

def digest(value):
    check(isinstance(value, str) and re.fullmatch("sha256:[0-9a-f]{64}", value), "%r is no digest" % (value,))
    return value[7:]

def members(value, *names):  # a name that ends in '?' may be left out
    wanted = [name.rstrip("?") for name in names if name[-1] != "?" or name[:-1] in value]
    check(list(value) == wanted, "members %s instead of %s" % (list(value), wanted) + NEWER)
    return value

def blob(value, limit):
    members(value, "digest", "bytes")
    return digest(value["digest"]), integer(value["bytes"], limit)

def blob_list(value, name, limit):  # left out where it would be empty
    blobs = [blob(item, limit) for item in value.get(name, [])]
    check((name in value) == bool(blobs) and blobs == sorted(dict(blobs).items()), name + " is empty or not in order")
    return blobs

def check_path(path):
    check(isinstance(path, str) and 0 < len(path.encode("utf-8")) <= 1024, "path %r refused" % (path,))
    check(not re.search(r"[\x00-\x1f\x7f\\:]", path), "path %r holds a character that is refused" % path)
    check(path.count("/") < 32, "path %r is too deep" % path)
    for part in path.split("/"):  # "." and ".." end in a dot too
        check(part and part[-1] not in ". " and len(part.encode("utf-8")) <= 255, "path %r refused" % path)
        check(not re.fullmatch(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?", part, re.I | re.A),
              "path %r is a device on some systems" % path)

def check_paths(paths):
    seen = {}
    for path in paths:
        check_path(path)
        parts = path.split("/")
        for end in range(1, len(parts) + 1):
            text, is_file = "/".join(parts[:end]), end == len(parts)
            key = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
            check(key not in seen or (seen[key] == (text, False) and not is_file),
                  "%r collides with %r" % (text, seen.get(key)))
            seen[key] = (text, is_file)

def check_name(name):
    check(isinstance(name, str) and 0 < len(name) <= 256 and name.count("@") <= 1, "name %r refused" % (name,))
    for part in re.split("[/@]", name):
        check(re.fullmatch("[A-Za-z0-9._-]+", part) and part not in (".", ".."), "name %r refused" % name)

def read_list(key, values):
    """[(name, manifest, config, files, list, signatures)], each file (path, mode, size, digest); paths checked."""
    models = []
    check(isinstance(values, list) and (values or key == "models"), key + " is no list")
    for value in values:
        members(value, "name", "manifest", "config", "signatures?", "files")
        check_name(value["name"])
        files = []
        check(isinstance(value["files"], list) and 0 < len(value["files"]) <= 100000, "the number of files")
        for item in value["files"]:
            members(item, "path", "mode", "bytes", "digest")
            check(item["mode"] in ("0644", "0755"), "a mode that is neither 0644 nor 0755")
            check(key != "wheelhouses" or "/" not in item["path"], "a wheelhouse with folders")
            files.append((item["path"], item["mode"], integer(item["bytes"], BUNDLE_MAX), digest(item["digest"])))
        check_paths([item[0] for item in files])
        check(files == sorted(files, key=lambda item: item[0].encode("utf-8")), "files are not in order")
        models.append((value["name"], blob(value["manifest"], JSON_BLOB_MAX), blob(value["config"], JSON_BLOB_MAX),
                       files, key, blob_list(value, "signatures", JSON_BLOB_MAX)))
    check([model[0] for model in models] == sorted({model[0] for model in models}), key + " are not in order")
    return models

def read_parts(values):
    """{blob: [(bytes, encoding, decoded bytes, base or None)]}: what crosses encoded."""
    parts = {}
    for value in values:
        name = re.fullmatch("transport/([0-9a-f]{64})/([0-9]{5})", value["path"])
        if name:
            check(int(name[2]) == len(parts.setdefault(name[1], [])), "a part out of order")
            check(value["encoding"] in ENCODINGS, "the encoding %r" % value["encoding"] + NEWER)
            size, decoded = integer(value["bytes"], PART), integer(value["decoded_bytes"], PART)
            base = digest(value["base"]) if "base" in value else None
            check(size == decoded if value["encoding"] == "stored" else size < decoded, "the size of a part")
            check(bool(base) == value["encoding"].endswith("-delta"), "a base that is missing or not needed")
            parts[name[1]].append((size, value["encoding"], decoded, base))
    return parts

def lay_out(models, image_index, parts, held):
    """[(path, size, blob, offset, part or None)] of every entry that these ask for, and the size of the data."""
    plain = [item for model in models for item in [*model[1:3], *model[5]]]
    files, sizes = [(item[3], item[2]) for model in models for item in model[3]], {}
    for found, size in plain + files:
        check(sizes.setdefault(found, size) == size, "a blob of two sizes")
    check(parts.keys() | held.keys() <= dict(files).keys() - dict(plain).keys(), "encoded or held is more than files")
    check(not parts.keys() & held.keys() and held.items() <= sizes.items(), "what is held")
    wanted = [("oci-layout", len(OCI_LAYOUT), sha256(OCI_LAYOUT), None), (*image_index, None)]
    for found, size in sizes.items():
        if found in parts:
            check([part[2] for part in parts[found]] == [PART] * ((size - 1) // PART) + [(size - 1) % PART + 1],
                  "the parts of a blob do not make it up")
            wanted += [("transport/%s/%05d" % (found, number), part[0], found, part)
                       for number, part in enumerate(parts[found])]
        elif found not in held:
            wanted.append(("blobs/sha256/" + found, size, found, None))
    entries, end = [], 0
    for path, size, found, part in wanted:
        entries.append((path, size, found, end + len(tar_header(path, size)), part))
        end = entries[-1][3] + size + -size % 512
    return entries, integer(end + 1024, BUNDLE_MAX)

def entry_json(path, size, found, offset, part):
    _, encoding, decoded, base = part or (None,) * 4
    value = {"path": path, "offset": offset, "bytes": size, "digest": part or "sha256:" + found,
             "encoding": encoding or "identity", "decoded_bytes": decoded, "base": base and "sha256:" + base}
    return {key: item for key, item in value.items() if item is not None and item is not part}

def read_index(data):
    value = parse_json(data, INDEX)
    check(integer(value["version"], 1) == 1 and write_json(value) == data, INDEX + " is written otherwise" + NEWER)
    members(value, "version", "block_bytes", "data_bytes", "blocks", "entries", "models", "datasets?", "wheelhouses?",
            "held?", "bases?", "padding?")
    models = sorted((model for key in LISTS if key in value for model in read_list(key, value[key])),
                    key=lambda model: model[0])
    check(0 < len(models) <= 100000 and len({model[0] for model in models}) == len(models), "the number of models")
    parts, held = read_parts(value["entries"]), dict(blob_list(value, "held", BUNDLE_MAX))
    is_encoded = bool(parts or held)
    check(("padding" in value) == is_encoded and not value.get("padding", "").strip("0"), "padding")
    second = {key: value["entries"][1][key] for key in ("digest", "bytes")}
    image_index = "index.json", *reversed(blob(second, JSON_BLOB_MAX))
    entries, data_bytes = lay_out(models, image_index, parts, held)
    check([write_json(entry) for entry in value["entries"]] == [write_json(entry_json(*entry)) for entry in entries]
          and (value["block_bytes"], value["data_bytes"]) == (BLOCK, data_bytes), "entries are not what models ask for")
    bases = dict(blob_list(value, "bases", BUNDLE_MAX))
    named = [{part[3] for part in some} - {None} for some in parts.values()]
    check(all(len(names) <= 1 for names in named) and bases.keys() == set().union(*named), "the bases of deltas")
    check(not bases.keys() & {entry[2] for entry in entries}, "a base that the bundle itself carries")
    check(len(value["blocks"]) == -(-data_bytes // BLOCK) and all(
        isinstance(item, str) and re.fullmatch("[0-9a-f]{64}", item) for item in value["blocks"]), "block digests")
    return value["blocks"], models, entries, data_bytes, "encoded" if is_encoded else "plain"

def payload_text(models):
    only_models = all(model[4] == "models" for model in models)
    return "pannier payload v%d\n" % (1 if only_models else 2) + "".join(
        "%s%s\t%s\t%s\t%d\t%s\n" % (("" if only_models else LISTS[model[4]][0] + "\t", model[0]) + item)
        for model in models for item in model[3])

def read_statement(data):
    """What it says, the bytes that are signed, and {key id: signature}."""
    envelope = members(parse_json(data, STATEMENT), "payload", "payloadType", "signatures")
    payload = base64.b64decode(envelope["payload"], validate=True)
    check(base64.b64encode(payload).decode() == envelope["payload"] and envelope["payloadType"] == STATEMENT_TYPE
          and write_json(envelope) == data, STATEMENT + " is written otherwise" + NEWER)
    signatures = [(item["keyid"], base64.b64decode(item["sig"], validate=True))
                  for item in envelope["signatures"] if members(item, "keyid", "sig")]
    written = [{"keyid": key, "sig": base64.b64encode(sig).decode()} for key, sig in sorted(dict(signatures).items())]
    check(written == envelope["signatures"] and len(written) <= 64 and all(
        re.fullmatch("[0-9a-f]{64}", key) and len(sig) == 64 for key, sig in signatures), "the form of signatures")
    said = members(parse_json(payload, STATEMENT), "version", "layout", "payload_digest", "index", "data", "trust",
                   "channel", "sequence", "receipts")
    receipts = [digest(item) for item in said["receipts"]]
    check(integer(said["version"], 1) == 1 and write_json(said) == payload, STATEMENT + " is written otherwise" + NEWER)
    check(receipts == sorted(set(receipts)) and len(receipts) <= 64, "receipts are not in order")
    check((said["channel"], said["sequence"]) == (None, None) or integer(said["sequence"], (1 << 53) - 1) > 0 and
          re.fullmatch("[A-Za-z0-9._-]{1,64}", said["channel"]), "channel and sequence")
    return said, b"DSSEv1 %d %s %d " % (len(STATEMENT_TYPE), STATEMENT_TYPE.encode(), len(payload)) + payload, \
        dict(signatures)

def check_signature(key_path, signed, signatures):
    with open(key_path, "rb") as file:
        key = sha256(base64.b64decode(b"".join(file.read().split(b"-----")[2].split())))
    check(key in signatures, "the key %s has not signed it" % key_path)
    numbers = [number.lstrip(b"\0") for number in (signatures[key][:32], signatures[key][32:])]
    body = b"".join(b"\x02%c%s" % (len(number) + (number[:1] >= b"\x80"), b"\0" * (number[:1] >= b"\x80") + number)
                    for number in numbers)  # as ASN.1 DER
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"\x30%c%s" % (len(body), body))
        file.flush()
        command = ["openssl", "dgst", "-sha256", "-verify", key_path, "-signature", file.name]
        done = subprocess.run(command, input=signed, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    check(done.returncode == 0, "the signature of %s does not verify" % key_path)

def decode_part(part, data, read_base):
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import bundle_parts  # only here: a plain bundle is read by this file alone
    return bundle_parts.decode(part[1], data, part[2], lambda offset, count: read_base(part[3], offset, count))

class Bundle:
    """Opens a bundle and checks its head against itself and against the size of the file."""
    def __init__(self, path, keys, store):
        self.file, self.size, self.store = open(path, "rb"), os.path.getsize(path), store
        said, signed, self.signatures = read_statement(self.head_entry(STATEMENT, STATEMENT_MAX))
        for key in keys:
            check_signature(key, signed, self.signatures)
        heads = [(TRUST, TRUST_MAX, "trust")] if said["trust"] else []
        for head_path, limit, name in heads + [(INDEX, INDEX_MAX, "index")]:
            head = self.head_entry(head_path, limit)
            check(blob(said[name], limit) == (sha256(head), len(head)), head_path + " does not match the statement")
        self.blocks, self.models, self.entries, self.data_bytes, layout = read_index(head)
        self.payload = "sha256:" + sha256(payload_text(self.models).encode("utf-8"))
        check(write_json([said["layout"], said["payload_digest"], said["data"]]) == write_json(
            [layout, self.payload, {"bytes": self.data_bytes, "block_bytes": BLOCK}]), "statement and index disagree")
        missing = self.file.tell() + self.data_bytes - self.size
        check(missing == 0, "%d bytes are missing at the end, or too many if negative" % missing)
    def head_entry(self, path, limit):
        header = self.file.read(512)
        field = re.fullmatch(rb"([0-7]{11})\0", header[124:136])
        size = int(field.group(1), 8) if field else 0
        check(header == tar_header(path, size), path + ": its tar header is not as it must be")
        check(size <= min(limit, self.size), path + ": too large, or the file is cut off")
        data = self.file.read(size + -size % 512)
        check(len(data) == size + -size % 512 and not any(data[size:]), path + ": cut off, or padding is not zero")
        return data[:size]
    def read_base(self, found, offset, count):
        check(self.store, "deltas build on blob %s: say --base STORE" % found)
        with open(os.path.join(self.store, "blobs", "sha256", found), "rb") as file:
            file.seek(offset)
            data = file.read(count)
        check(len(data) == count, "a delta reads beyond the end of its base")
        return data
    def verified_blocks(self):
        for number, wanted in enumerate(self.blocks):
            data = self.file.read(min(BLOCK, self.data_bytes - number * BLOCK))
            check(sha256(data) == wanted, "block %d does not match its digest" % number)
            yield memoryview(data)
    def read_data(self, write):
        """Reads all of the data once; write(digest, piece) gets contents whose block was verified."""
        blocks, rest = self.verified_blocks(), memoryview(b"")
        def pieces(count):
            nonlocal rest
            while count:
                rest = rest if len(rest) else next(blocks)
                piece, rest = rest[:count], rest[count:]
                count -= len(piece)
                yield piece
        def contents(size, found, part):
            if part is None:
                return pieces(size)
            return [decode_part(part, b"".join(pieces(size)), self.read_base)]
        manifests, whole = {model[1][0]: model for model in self.models}, None
        for number, (path, size, found, _, part) in enumerate(self.entries):
            header = tar_header(path, size)
            check(b"".join(pieces(len(header))) == header, path + ": its tar header is not as it must be")
            whole, kept = whole or hashlib.sha256(), []
            for piece in contents(size, found, part):
                whole.update(piece)
                if number > 1:
                    write(found, piece)
                if number == 1 or found in manifests:
                    kept.append(bytes(piece))
            if not part or found not in [entry[2] for entry in self.entries[number + 1:number + 2]]:  # the last part
                check(whole.hexdigest() == found, path + ": its contents do not match its digest")
                whole = None
            if number == 1:
                self.check_image_index(parse_json(b"".join(kept), path))
            elif found in manifests:
                check_manifest(parse_json(b"".join(kept), path), manifests[found])
            check(not any(b"".join(pieces(-size % 512))), path + ": padding is not zero")
        check(not any(b"".join(pieces(1024))), "the end of the archive is not zero")
    def check_image_index(self, value):
        listed = [(item["annotations"]["org.opencontainers.image.ref.name"], digest(item["digest"]), item["size"],
                   item["artifactType"]) for item in value["manifests"]]
        wanted = [(model[0], *model[1], LISTS[model[4]][1]) for model in self.models]
        check(sorted(listed) == wanted, "index.json names other models than the index")

def check_manifest(value, model):
    def mode(layer):
        text = layer["annotations"].get("org.cncf.model.file.metadata+json", '{"mode":0}')
        return "0755" if json.loads(text)["mode"] & 0o111 else "0644"
    check(value["artifactType"] == LISTS[model[4]][1], "the manifest of %s is of another type" % model[0])
    listed = [(layer["annotations"]["org.cncf.model.filepath"], mode(layer), layer["size"], digest(layer["digest"]))
              for layer in value["layers"]]
    config = digest(value["config"]["digest"]), value["config"]["size"]
    check((value["annotations"]["org.opencontainers.image.title"], config, sorted(listed)) == (
        model[0], model[2], sorted(model[3])), "the manifest of %s and the index disagree" % model[0])

def extract(bundle, folder):
    files = [(model[0] + "/" + item[0], item) for model in bundle.models for item in model[3]]
    check_paths([path for path, _ in files])
    check({item[3] for _, item in files} <= {entry[2] for entry in bundle.entries}, "files of it are held elsewhere")
    check(not os.path.lexists(folder), folder + " exists already")
    partial, first = folder.rstrip("/") + ".partial", {}
    os.mkdir(partial)
    try:
        for path, (_, mode, _, found) in files:
            place = os.path.join(partial, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, int(mode, 8)))
            first.setdefault(found, place)
        def write(found, piece):
            with open(first.get(found, os.devnull), "ab") as out:
                out.write(piece)
        bundle.read_data(write)
        for path, item in files:
            if os.path.join(partial, path) != first[item[3]]:
                shutil.copyfile(first[item[3]], os.path.join(partial, path))
        os.rename(partial, folder)
    except BaseException:
        shutil.rmtree(partial)
        raise

def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, how in (("command", {"choices": ["list", "verify", "extract"]}), ("file", {}), ("folder", {"nargs": "?"}),
                      ("--key", {"action": "append", "default": []}), ("--base", {})):
        parser.add_argument(name, **how)
    args = parser.parse_args(arguments)
    if (args.folder is not None) != (args.command == "extract"):
        parser.error("extract, and no other command, takes a folder")
    try:
        bundle = Bundle(args.file, args.key, args.base)
        if args.command == "verify":
            bundle.read_data(lambda found, piece: None)
        elif args.command == "extract":
            extract(bundle, args.folder)
    except (Refused, LookupError, TypeError, ValueError, AttributeError, RecursionError, OSError,
            subprocess.SubprocessError) as error:
        print("%s: refused: %r" % (args.file, error), file=sys.stderr)
        return 1
    print(("signed (%d of %d keys checked)" % (len(args.key), len(bundle.signatures)) if bundle.signatures else
           "unsigned") + ", payload " + bundle.payload)
    sys.stdout.write(payload_text(bundle.models).split("\n", 1)[1])
    return 0

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
