#!/usr/bin/env python3
"""An independent reader of Pannier bundles: Python's standard library only, short enough to audit.

    bundle_reader.py list    FILE           what the head says (the data is not read)
    bundle_reader.py verify  FILE           read everything, check everything
    bundle_reader.py extract FILE FOLDER    the same, and write FOLDER/<model>/<path>; FOLDER must be new

Written from docs/formats/bundle.md, not from the C++ code: what cannot be derived (models, block digests) is
checked, all the rest is derived and compared byte for byte. Exit code 1: refused, 2: wrong usage.
"""
import base64
import hashlib
import json
import os
import re
import shutil
import sys
import unicodedata

BLOCK, STATEMENT_MAX, INDEX_MAX, JSON_BLOB_MAX, BUNDLE_MAX = 4 << 20, 16 << 20, 256 << 20, 64 << 20, 1 << 50
STATEMENT, INDEX = "pannier/statement.json", "pannier/index.json"
STATEMENT_TYPE = "application/vnd.pannier.bundle-statement.v1+json"
OCI_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
# Lists of the index: kind in the payload text, artifact type.
LISTS = {"models": ("model", "application/vnd.cncf.model.manifest.v1+json"),
         "datasets": ("dataset", "application/vnd.pannier.dataset.v1+json"),
         "wheelhouses": ("wheelhouse", "application/vnd.pannier.wheelhouse.v1+json")}
NEWER = " (damaged, or made by a newer version)"

class Refused(Exception):
    """The bundle is not what the format page asks for."""

def check(condition, reason):
    if not condition:
        raise Refused(reason)

def sha256(data):
    return hashlib.sha256(data).hexdigest()

def padding(size):  # after contents in a tar, see section 1 of the page
    return -size % 512

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
    def no_number(text):
        raise ValueError("not an integer: " + text[:20])
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=no_duplicates,
                          parse_float=no_number, parse_constant=no_number)
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

def check_path(path):
    check(isinstance(path, str) and 0 < len(path.encode("utf-8")) <= 1024, "path %r refused" % (path,))
    check(not re.search(r"[\x00-\x1f\x7f\\:]", path), "path %r holds a character that is refused" % path)
    check(path.count("/") < 32, "path %r is too deep" % path)
    for part in path.split("/"):  # "." and ".." end in a dot too
        check(part and part[-1] not in ". " and len(part.encode("utf-8")) <= 255, "path %r refused" % path)
        check(not re.fullmatch(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?", part, re.I | re.A),
              "path %r is a device on some systems" % path)

def check_no_collision(paths):
    seen = {}
    for path in paths:
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

def read_models(index):
    """[(name, manifest, config, files, list)] by name, each file (path, mode, size, digest); paths checked."""
    models = [model for key in LISTS if key in index for model in read_list(key, index[key])]
    check(0 < len(models) <= 100000, "the number of models")
    models.sort(key=lambda model: model[0])
    check(len({model[0] for model in models}) == len(models), "a name is in two lists")
    return models

def read_list(key, values):
    models = []
    check(isinstance(values, list), key + " is no list")
    for value in values:
        check_name(value["name"])
        blobs = [(digest(value[key]["digest"]), integer(value[key]["bytes"], JSON_BLOB_MAX))
                 for key in ("manifest", "config")]
        files = []
        check(isinstance(value["files"], list) and 0 < len(value["files"]) <= 100000, "the number of files")
        for item in value["files"]:
            check_path(item["path"])
            check(key != "wheelhouses" or "/" not in item["path"], "a wheelhouse with folders")
            check(item["mode"] in ("0644", "0755"), "mode of " + item["path"])
            files.append((item["path"], item["mode"], integer(item["bytes"], BUNDLE_MAX), digest(item["digest"])))
        check_no_collision([item[0] for item in files])
        check(files == sorted(files, key=lambda item: item[0].encode("utf-8")), "files are not in order")
        models.append((value["name"], blobs[0], blobs[1], files, key))
    names = [model[0] for model in models]
    check(names == sorted(set(names)), key + " are not in order")
    return models

def lay_out(models, image_index):
    """[(path, size, digest, offset)] of every entry that these models ask for, and the size of the data."""
    blobs = [blob for model in models for blob in model[1:3]] + [
        (item[3], item[2]) for model in models for item in model[3]]
    sizes = {}
    for found, size in blobs:
        check(sizes.setdefault(found, size) == size, "a blob of two sizes")
    wanted = [("oci-layout", len(OCI_LAYOUT), sha256(OCI_LAYOUT)), image_index]
    wanted += [("blobs/sha256/" + found, size, found) for found, size in sizes.items()]
    entries, end = [], 0
    for path, size, found in wanted:
        offset = end + len(tar_header(path, size))
        entries.append((path, size, found, offset))
        end = offset + size + padding(size)
    return entries, integer(end + 1024, BUNDLE_MAX)

def read_index(data):
    def blob(found, size):
        return {"digest": "sha256:" + found, "bytes": size}
    value = parse_json(data, INDEX)
    check(value.get("version") == 1, INDEX + ": another version" + NEWER)
    blocks, models = value["blocks"], read_models(value)
    image_index = value["entries"][1]
    image_index = "index.json", integer(image_index["bytes"], JSON_BLOB_MAX), digest(image_index["digest"])
    entries, data_bytes = lay_out(models, image_index)
    check(len(blocks) == -(-data_bytes // BLOCK), "the number of blocks")
    check(all(isinstance(item, str) and re.fullmatch("[0-9a-f]{64}", item) for item in blocks), "block digests")
    derived = {
        "version": 1, "block_bytes": BLOCK, "data_bytes": data_bytes, "blocks": blocks,
        "entries": [{"path": path, "offset": offset, "bytes": size, "digest": "sha256:" + found, "encoding": "identity"}
                    for path, size, found, offset in entries]}
    for key in LISTS:
        listed = [{"name": name, "manifest": blob(*manifest), "config": blob(*config),
                   "files": [{"path": path, "mode": mode, "bytes": size, "digest": "sha256:" + found}
                             for path, mode, size, found in files]}
                  for name, manifest, config, files, its_list in models if its_list == key]
        if listed or key == "models":
            derived[key] = listed
    check(write_json(derived) == data, INDEX + " is not what its models ask for" + NEWER)
    return blocks, models, entries, data_bytes

def payload_text(models):
    only_models = all(model[4] == "models" for model in models)
    lines = ["%s%s\t%s\t%s\t%d\t%s\n" % (("" if only_models else LISTS[model[4]][0] + "\t", model[0]) + item)
             for model in models for item in model[3]]
    return "pannier payload v%d\n" % (1 if only_models else 2) + "".join(lines)

def write_statement(index, models, data_bytes):
    payload = write_json({
        "version": 1, "layout": "plain",
        "payload_digest": "sha256:" + sha256(payload_text(models).encode("utf-8")),
        "index": {"digest": "sha256:" + sha256(index), "bytes": len(index)},
        "data": {"bytes": data_bytes, "block_bytes": BLOCK}, "channel": None, "sequence": None, "receipt": None})
    return write_json({"payload": base64.b64encode(payload).decode("ascii"), "payloadType": STATEMENT_TYPE,
                       "signatures": []})

class Bundle:
    """Opens a bundle and checks its head against itself and against the size of the file."""
    def __init__(self, path):
        self.file = open(path, "rb")
        self.size = os.path.getsize(path)
        statement = self.head_entry(STATEMENT, STATEMENT_MAX)
        index = self.head_entry(INDEX, INDEX_MAX)
        payload = parse_json(base64.b64decode(parse_json(statement, STATEMENT)["payload"]), STATEMENT)
        check(payload["index"]["digest"] == "sha256:" + sha256(index), INDEX + " does not match the statement")
        self.blocks, self.models, self.entries, self.data_bytes = read_index(index)
        check(statement == write_statement(index, self.models, self.data_bytes),
              STATEMENT + " is not what the index asks for" + NEWER)
        missing = self.file.tell() + self.data_bytes - self.size
        check(missing == 0, "%d bytes are missing at the end, or too many if negative" % missing)
    def head_entry(self, path, limit):
        header = self.file.read(512)
        field = re.fullmatch(rb"([0-7]{11})\0", header[124:136])
        check(len(header) == 512 and field, path + ": no tar header")
        size = int(field.group(1), 8)
        check(header == tar_header(path, size), path + ": its tar header is not as it must be")
        check(size <= min(limit, self.size), path + ": too large, or the file is cut off")
        data = self.file.read(size + padding(size))
        check(len(data) == size + padding(size), path + ": the file is cut off")
        check(not any(data[size:]), path + ": padding is not zero")
        return data[:size]
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
        manifests = {model[1][0]: model for model in self.models}
        for path, size, wanted, _ in self.entries:
            header = tar_header(path, size)
            check(b"".join(pieces(len(header))) == header, path + ": its tar header is not as it must be")
            whole, kept, is_blob = hashlib.sha256(), [], path.startswith("blobs/")
            for piece in pieces(size):
                whole.update(piece)
                if is_blob:
                    write(wanted, piece)
                if not is_blob or wanted in manifests:
                    kept.append(bytes(piece))
            check(whole.hexdigest() == wanted, path + ": its contents do not match its digest")
            if path == "index.json":
                self.check_image_index(parse_json(b"".join(kept), path))
            elif is_blob and wanted in manifests:
                check_manifest(parse_json(b"".join(kept), path), manifests[wanted])
            check(not any(b"".join(pieces(padding(size)))), path + ": padding is not zero")
        check(not any(b"".join(pieces(1024))), "the end of the archive is not zero")
    def check_image_index(self, value):
        listed = [(item["annotations"]["org.opencontainers.image.ref.name"], item["digest"], item["size"],
                   item["artifactType"]) for item in value["manifests"]]
        wanted = [(model[0], "sha256:" + model[1][0], model[1][1], LISTS[model[4]][1]) for model in self.models]
        check(sorted(listed) == wanted, "index.json names other models than the index")

def check_manifest(value, model):
    def mode(layer):
        text = layer["annotations"].get("org.cncf.model.file.metadata+json")
        return "0755" if text and json.loads(text)["mode"] & 0o111 else "0644"
    check(value["artifactType"] == LISTS[model[4]][1], "the manifest of %s is of another type" % model[0])
    listed = [(layer["annotations"]["org.cncf.model.filepath"], mode(layer), layer["size"], digest(layer["digest"]))
              for layer in value["layers"]]
    config = digest(value["config"]["digest"]), value["config"]["size"]
    title = value["annotations"]["org.opencontainers.image.title"]
    check((title, config, sorted(listed)) == (model[0], model[2], sorted(model[3])),
          "the manifest of %s and the index disagree" % model[0])

def extract(bundle, folder):
    files = [(model[0] + "/" + item[0], item) for model in bundle.models for item in model[3]]
    for path, _ in files:
        check_path(path)
    check_no_collision([path for path, _ in files])
    check(not os.path.lexists(folder), folder + " exists already")
    partial = folder.rstrip("/") + ".partial"
    os.mkdir(partial)
    try:
        first = {}
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
    commands = {"list": 1, "verify": 1, "extract": 2}
    if not arguments or commands.get(arguments[0]) != len(arguments) - 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        bundle = Bundle(arguments[1])
        if arguments[0] == "verify":
            bundle.read_data(lambda found, piece: None)
        elif arguments[0] == "extract":
            extract(bundle, arguments[2])
    except (Refused, LookupError, TypeError, ValueError, AttributeError, RecursionError, OSError) as error:
        print("%s: refused: %r" % (arguments[1], error), file=sys.stderr)
        return 1
    print("unsigned, payload sha256:" + sha256(payload_text(bundle.models).encode("utf-8")))
    sys.stdout.write(payload_text(bundle.models).split("\n", 1)[1])
    return 0

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
