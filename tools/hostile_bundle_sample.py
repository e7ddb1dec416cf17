"""A good bundle in parts that can be bent one by one: what tools/make_hostile_bundles.py makes its samples of.

All digests that an attacker would fix up are computed again when a sample is written.
"""
import base64
import hashlib
import json

BLOCK = 4 << 20
LISTS = {"models": "model", "datasets": "dataset", "wheelhouses": "wheelhouse"}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def dump(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def header(path, size, kind=b"0", link=b"", mode=b"0000644"):
    block = bytearray(512)
    block[0:len(path)] = path.encode()
    block[100:148] = mode + b"\0" + b"0000000\0" * 2 + b"%011o\0" % size + b"00000000000\0"
    block[156:157] = kind
    block[157:157 + len(link)] = link
    block[257:265] = b"ustar\x0000"
    block[329:345] = b"0000000\0" * 2
    block[148:156] = b"%06o\0 " % (sum(block) + 8 * 32)
    return bytes(block)


def entry_bytes(path, contents, fill=b"\0"):
    return header(path, len(contents)) + contents + fill * (-len(contents) % 512)


class Sample:
    """A bundle in parts that can be bent one by one. Hooks get the part and return what to write."""

    def __init__(self, data):
        size = int(data[124:136].rstrip(b"\0"), 8)
        at = 512 + size + (-size % 512)
        size = int(data[at + 124:at + 136].rstrip(b"\0"), 8)
        self.index = json.loads(data[at + 512:at + 512 + size])
        start = at + 512 + size + (-size % 512)
        self.contents = [data[start + e["offset"]:start + e["offset"] + e["bytes"]] for e in self.index["entries"]]
        self.paths = [e["path"] for e in self.index["entries"]]
        self.lie = {}                         # entry number -> the digest to claim
        self.entry_hook = entry_bytes         # (path, contents) -> bytes in the archive
        self.data_hook = lambda data: data    # before block digests are taken
        self.index_hook = lambda index: index
        self.index_text_hook = lambda text: text
        self.payload_hook = lambda payload: payload
        self.envelope_hook = lambda envelope: envelope
        self.statement_text_hook = lambda text: text
        self.end_hook = lambda data: data

    def find(self, path):
        """Number of the entry that holds this file of the first model that has it."""
        for model in self.index["models"]:
            for item in model["files"]:
                if item["path"] == path:
                    return self.paths.index("blobs/sha256/" + item["digest"][7:])
        raise KeyError(path)

    def all_models(self):
        """Of every list, by name; one list alone as it stands."""
        if not any(key in self.index for key in ("datasets", "wheelhouses")):
            return self.index["models"]
        return sorted((model for key in LISTS for model in self.index.get(key, [])), key=lambda model: model["name"])

    def payload_text(self):
        version = 2 if any(key in self.index for key in ("datasets", "wheelhouses")) else 1
        kinds = {id(model): LISTS[key] + "\t" for key in LISTS for model in self.index.get(key, [])}
        return "pannier payload v%d\n" % version + "".join(
            "%s%s\t%s\t%s\t%d\t%s\n" % ("" if version == 1 else kinds[id(m)], m["name"], f["path"], f["mode"],
                                        f["bytes"], f["digest"][7:]) for m in self.all_models() for f in m["files"])

    def replace_blob(self, number, contents):
        """Changes a blob and every place that names it."""
        old, new = sha256(self.contents[number]), sha256(contents)
        size = len(self.contents[number])
        self.contents[number] = contents
        self.paths[number] = "blobs/sha256/" + new
        for model in self.all_models():
            for blob in [model["manifest"], model["config"]] + model["files"]:
                if blob["digest"] == "sha256:" + old:
                    blob["digest"], blob["bytes"] = "sha256:" + new, len(contents)
        listing = self.contents[1].replace(old.encode(), new.encode())
        if listing != self.contents[1]:
            self.contents[1] = listing.replace(b'"size":%d' % size, b'"size":%d' % len(contents))

    def edit_manifest(self, model, edit):
        """Changes the manifest of the model of that number."""
        number = self.paths.index("blobs/sha256/" + self.index["models"][model]["manifest"]["digest"][7:])
        value = json.loads(self.contents[number])
        edit(value)
        self.replace_blob(number, dump(value))

    def rename_file(self, model, old, new, extra=None):
        """Renames a file in index and manifest alike."""
        def edit(manifest):
            for layer in manifest["layers"]:
                if layer["annotations"]["org.cncf.model.filepath"] == old:
                    layer["annotations"]["org.cncf.model.filepath"] = new
        self.edit_manifest(model, edit)
        for item in self.index["models"][model]["files"]:
            if item["path"] == old:
                item["path"] = new

    def write(self):
        entries, data = [], b""
        for number, (path, contents) in enumerate(zip(self.paths, self.contents)):
            data += self.entry_hook(path, contents)
            offset = len(data) - len(contents) - (-len(contents) % 512)
            entries.append({"path": path, "offset": offset, "bytes": len(contents),
                            "digest": "sha256:" + self.lie.get(number, sha256(contents)), "encoding": "identity"})
        data = self.data_hook(data + bytes(1024))
        index = {"version": 1, "block_bytes": BLOCK, "data_bytes": len(data),
                 "blocks": [sha256(data[at:at + BLOCK]) for at in range(0, len(data), BLOCK)],
                 "entries": entries, **{key: self.index[key] for key in self.index if key in LISTS}}
        text = self.payload_text()
        index = self.index_hook(index)
        index_text = self.index_text_hook(dump(index))
        payload = self.payload_hook({
            "version": 1, "layout": "plain", "payload_digest": "sha256:" + sha256(text.encode()),
            "index": {"digest": "sha256:" + sha256(index_text), "bytes": len(index_text)},
            "data": {"bytes": index["data_bytes"] if isinstance(index, dict) else len(data), "block_bytes": BLOCK},
            "trust": None, "channel": None, "sequence": None, "receipts": []})
        envelope = self.envelope_hook({
            "payload": base64.b64encode(dump(payload)).decode(),
            "payloadType": "application/vnd.pannier.bundle-statement.v1+json", "signatures": []})
        statement = self.statement_text_hook(dump(envelope))
        return self.end_hook(entry_bytes("pannier/statement.json", statement) +
                             entry_bytes("pannier/index.json", index_text) + data)
