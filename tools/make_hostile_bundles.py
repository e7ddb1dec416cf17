#!/usr/bin/env python3
"""Writes tests/hostile/bundle/*.pannier: one bundle for each attack, from a good golden one (those on data
sets and wheelhouses from all_kinds.pannier beside it).

    make_hostile_bundles.py [GOLDEN [FOLDER]]

Each sample is consistent but for its attack: every digest that an attacker would fix up is fixed up, so
that a reader which skips one check accepts it. tests/hostile/bundle/README.md says what each one is.
Building the golden bundle again without an attack must give its very bytes; that is checked first.
"""
import base64
import copy
import json
import os
import sys

from hostile_bundle_sample import LISTS, Sample, dump, entry_bytes, header, sha256

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "../tests/goldens/bundle/two_models.pannier")
FOLDER = os.path.join(HERE, "../tests/hostile/bundle")


ATTACKS = {}


def attack(function):
    ATTACKS[function.__name__] = function
    return function


# ---- Names ----

def renamed(old, new):
    return lambda sample: sample.rename_file(0, old, new)


for _name, _new in {
        "path_traversal": "../../etc/cron.d/x", "path_absolute": "/etc/passwd", "path_dot_component": "a/./b",
        "path_backslash": "..\\x", "path_drive_letter": "C:x", "path_device_name": "nul.txt",
        "path_trailing_dot": "config.json.", "path_empty_component": "a//b", "path_control_character": "a\x1bb",
        "path_too_long": "x/" * 31 + "y" * 300, "path_too_deep": "d/" * 40 + "f"}.items():
    ATTACKS[_name] = renamed("vocab.txt", _new)


@attack
def path_case_collision(sample):
    sample.rename_file(0, "vocab.txt", "Config.json")
    files = sample.index["models"][0]["files"]
    files.sort(key=lambda item: item["path"].encode())


@attack
def path_twice(sample):
    sample.rename_file(0, "vocab.txt", "run.sh")


@attack
def path_file_and_folder(sample):
    sample.rename_file(0, "vocab.txt", "run.sh/x")


@attack
def model_name_traversal(sample):
    sample.index["models"][1]["name"] = "../up"
    sample.index["models"].sort(key=lambda model: model["name"])


@attack
def model_twice(sample):
    sample.index["models"][1] = copy.deepcopy(sample.index["models"][0])


@attack
def models_out_of_order(sample):
    sample.index["models"].reverse()


@attack
def files_out_of_order(sample):
    sample.index["models"][0]["files"].reverse()


@attack
def mode_setuid(sample):
    sample.index["models"][0]["files"][0]["mode"] = "4755"


# ---- Tar entries: block digests are right, the entries are not ----

def with_entry(path_of, make):
    def bend(sample):
        bent = sample.paths[sample.find(path_of)]
        sample.entry_hook = lambda path, contents: (make if path == bent else entry_bytes)(path, contents)
    return bend


ATTACKS["entry_symlink"] = with_entry("vocab.txt", lambda path, contents: header(
    path, len(contents), b"2", b"/etc/passwd") + contents + bytes(-len(contents) % 512))
ATTACKS["entry_hard_link"] = with_entry("vocab.txt", lambda path, contents: header(
    path, len(contents), b"1", b"oci-layout") + contents + bytes(-len(contents) % 512))
ATTACKS["entry_folder"] = with_entry("vocab.txt", lambda path, contents: header(
    path, len(contents), b"5") + contents + bytes(-len(contents) % 512))
ATTACKS["entry_device"] = with_entry("vocab.txt", lambda path, contents: header(
    path, len(contents), b"3") + contents + bytes(-len(contents) % 512))
ATTACKS["entry_mode"] = with_entry("vocab.txt", lambda path, contents: header(
    path, len(contents), mode=b"0004777") + contents + bytes(-len(contents) % 512))
ATTACKS["entry_other_path"] = with_entry("vocab.txt", lambda path, contents: header(
    "../../" + path[6:], len(contents)) + contents + bytes(-len(contents) % 512))
ATTACKS["entry_padding"] = with_entry("vocab.txt", lambda path, contents: entry_bytes(path, contents, b"x"))
ATTACKS["entry_gap"] = with_entry("vocab.txt", lambda path, contents: bytes(512) + entry_bytes(path, contents))


@attack
def trailer_not_zero(sample):
    sample.data_hook = lambda data: data[:-1] + b"x"


@attack
def trailer_longer(sample):
    sample.data_hook = lambda data: data + bytes(512)


@attack
def trailer_missing(sample):
    sample.data_hook = lambda data: data[:-1024]


@attack
def trailing_bytes(sample):
    sample.end_hook = lambda data: data + bytes(512)


@attack
def truncated(sample):
    sample.end_hook = lambda data: data[:-2000]


@attack
def truncated_head(sample):
    sample.end_hook = lambda data: data[:1500]


@attack
def entry_twice(sample):
    sample.paths.append(sample.paths[-1])
    sample.contents.append(sample.contents[-1])


@attack
def entry_extra(sample):
    sample.paths.append("blobs/sha256/" + sha256(b"rides along"))
    sample.contents.append(b"rides along")


@attack
def entry_outside_layout(sample):
    sample.paths.append("etc/cron.d/x")
    sample.contents.append(b"* * * * * root true\n")


@attack
def entry_missing(sample):
    number = sample.find("vocab.txt")
    del sample.paths[number], sample.contents[number]


@attack
def entries_out_of_order(sample):
    sample.paths[-1], sample.paths[-2] = sample.paths[-2], sample.paths[-1]
    sample.contents[-1], sample.contents[-2] = sample.contents[-2], sample.contents[-1]


@attack
def entry_named_wrongly(sample):
    sample.paths[-1] = "blobs/sha256/" + "0" * 64


@attack
def oci_layout_other(sample):
    sample.contents[0] = b'{"imageLayoutVersion":"9.9.9"}'


# ---- Claims about contents ----

@attack
def blob_digest_lie(sample):
    """Blocks match, but a blob is not what its name says: other weights under a reviewed name."""
    number = sample.find("model.safetensors")
    sample.lie[number] = sha256(sample.contents[number])
    sample.contents[number] = b"\xff" * len(sample.contents[number])


@attack
def block_digest_lie(sample):
    def hook(index):
        index["blocks"][0] = "0" * 64
        return index
    sample.index_hook = hook


def changed_manifest(edit):
    return lambda sample: sample.edit_manifest(0, edit)


def _path_in_manifest(manifest):
    manifest["layers"][0]["annotations"]["org.cncf.model.filepath"] = "other.json"


def _title_in_manifest(manifest):
    manifest["annotations"]["org.opencontainers.image.title"] = "trusted/model"


def _layer_less(manifest):
    del manifest["layers"][-1]


def _layer_swapped(manifest):
    first, second = manifest["layers"][0], manifest["layers"][1]
    for key in ("digest", "size"):
        first[key], second[key] = second[key], first[key]


def _executable_in_manifest(manifest):
    layer = manifest["layers"][0]
    layer["annotations"]["org.cncf.model.file.metadata+json"] = '{"mode":493,"size":%d}' % layer["size"]


def _other_config(manifest):
    manifest["config"]["digest"] = "sha256:" + "0" * 64


def _other_artifact_type(manifest):
    manifest["artifactType"] = "application/vnd.example.program.v1"


for _name, _edit in {
        "manifest_path": _path_in_manifest, "manifest_title": _title_in_manifest, "manifest_file_less": _layer_less,
        "manifest_files_swapped": _layer_swapped, "manifest_executable": _executable_in_manifest,
        "manifest_other_config": _other_config, "manifest_other_type": _other_artifact_type}.items():
    ATTACKS[_name] = changed_manifest(_edit)


@attack
def manifest_deep_json(sample):
    number = sample.paths.index("blobs/sha256/" + sample.index["models"][0]["manifest"]["digest"][7:])
    sample.replace_blob(number, b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}")


@attack
def image_index_other_name(sample):
    name = sample.index["models"][0]["name"].encode()
    sample.contents[1] = sample.contents[1].replace(b'ref.name":"' + name, b'ref.name":"someone/else')


@attack
def image_index_model_less(sample):
    value = json.loads(sample.contents[1])
    del value["manifests"][0]
    sample.contents[1] = dump(value)


# ---- The index ----

def with_index(edit):
    def bend(sample):
        def hook(index):
            edit(index)
            return index
        sample.index_hook = hook
    return bend


for _name, _edit in {
        "index_newer_version": lambda index: index.update(version=2),
        "index_version_zero": lambda index: index.update(version=0),
        "index_unknown_member": lambda index: index.update(parity=[]),
        "index_unknown_encoding": lambda index: index["entries"][-1].update(encoding="zstd"),
        "index_unknown_entry_member": lambda index: index["entries"][-1].update(base="sha256:" + "0" * 64),
        "index_unknown_file_member": lambda index: index["models"][0]["files"][0].update(owner="root"),
        "index_other_block_bytes": lambda index: index.update(block_bytes=4096),
        "index_overlapping_entries": lambda index: index["entries"][-1].update(
            offset=index["entries"][-2]["offset"]),
        "index_offset_beyond_end": lambda index: index["entries"][-1].update(offset=1 << 49),
        "index_offset_not_aligned": lambda index: index["entries"][-1].update(
            offset=index["entries"][-1]["offset"] + 1),
        "index_bytes_overflow": lambda index: index["entries"][-1].update(bytes=(1 << 64) - 1),
        "index_blocks_bomb": lambda index: index.update(data_bytes=1 << 60),
        "index_padding_in_a_plain_one": lambda index: index.update(padding="000"),
        "index_held_and_present": lambda index: index.update(
            held=[{key: index["models"][0]["files"][0][key] for key in ("digest", "bytes")}], padding=""),
        "index_signature_missing": lambda index: index["models"][0].update(
            signatures=[{"digest": "sha256:" + "0" * 64, "bytes": 3}]),
        "index_data_bytes_huge": lambda index: index.update(data_bytes=1 << 50),
        "index_blocks_too_few": lambda index: index.update(blocks=[]),
        "index_blocks_too_many": lambda index: index.update(blocks=index["blocks"] * 2),
        "index_no_models": lambda index: index.update(models=[]),
        "index_empty_list": lambda index: index.update(datasets=[]),
        "index_no_files": lambda index: index["models"][0].update(files=[]),
        "index_file_bytes_differ": lambda index: index["models"][0]["files"][0].update(bytes=1),
        "index_huge_manifest": lambda index: index["models"][0]["manifest"].update(bytes=1 << 40),
        "index_not_an_object": lambda index: index.update(entries=[1, 2, 3]),
        "index_digest_algorithm": lambda index: index["entries"][-1].update(digest="sha512:" + "0" * 128),
        "index_digest_upper_case": lambda index: index["entries"][-1].update(
            digest=index["entries"][-1]["digest"].upper().replace("SHA", "sha"))}.items():
    ATTACKS[_name] = with_index(_edit)


def with_index_text(edit):
    def bend(sample):
        sample.index_text_hook = edit
    return bend


for _name, _edit in {
        "index_white_space": lambda text: text.replace(b",", b", ", 1),
        "index_final_newline": lambda text: text + b"\n",
        "index_second_value": lambda text: text + text,
        "index_duplicate_key": lambda text: text.replace(b'"version":1', b'"version":1,"version":1'),
        "index_escaped_letter": lambda text: text.replace(b'"identity"', b'"\\u0069dentity"', 1),
        "index_exponent": lambda text: text.replace(b'"block_bytes":4194304', b'"block_bytes":4194304e0'),
        "index_deep_json": lambda text: b'{"version":1,"blocks":' + b"[" * 100000,
        "index_invalid_utf8": lambda text: text.replace(b"vocab", b"voc\xff\xfe"),
        "index_empty": lambda text: b"",
        "index_cut": lambda text: text[:-10]}.items():
    ATTACKS[_name] = with_index_text(_edit)


# ---- The statement ----

def with_payload(edit):
    def bend(sample):
        def hook(payload):
            edit(payload)
            return payload
        sample.payload_hook = hook
    return bend


for _name, _edit in {
        "statement_newer_version": lambda payload: payload.update(version=2),
        "statement_other_layout": lambda payload: payload.update(layout="sparse"),
        "statement_unknown_member": lambda payload: payload.update(expires="never"),
        "statement_channel": lambda payload: payload.update(channel="production"),
        "statement_sequence": lambda payload: payload.update(sequence=7),
        "statement_sequence_zero": lambda payload: payload.update(channel="plant-7", sequence=0),
        "statement_channel_path": lambda payload: payload.update(channel="../up", sequence=1),
        "statement_receipts_unsorted": lambda payload: payload.update(
            receipts=["sha256:" + "1" * 64, "sha256:" + "0" * 64]),
        "statement_receipts_too_many": lambda payload: payload.update(
            receipts=["sha256:%064x" % number for number in range(65)]),
        "statement_trust_bomb": lambda payload: payload.update(
            trust={"digest": "sha256:" + "0" * 64, "bytes": (4 << 20) + 1}),
        "statement_trust_absent": lambda payload: payload.update(trust={"digest": "sha256:" + "0" * 64, "bytes": 10}),
        "statement_other_payload_digest": lambda payload: payload.update(payload_digest="sha256:" + "0" * 64),
        "statement_other_index_digest": lambda payload: payload["index"].update(digest="sha256:" + "0" * 64),
        "statement_other_index_bytes": lambda payload: payload["index"].update(bytes=payload["index"]["bytes"] + 1),
        "statement_other_data_bytes": lambda payload: payload["data"].update(bytes=payload["data"]["bytes"] + 512),
        "statement_other_block_bytes": lambda payload: payload["data"].update(block_bytes=512)}.items():
    ATTACKS[_name] = with_payload(_edit)


@attack
def statement_signed(sample):
    sample.envelope_hook = lambda envelope: dict(envelope, signatures=[{"keyid": "x", "sig": "AA=="}])


@attack
def statement_other_type(sample):
    sample.envelope_hook = lambda envelope: dict(envelope, payloadType="application/vnd.in-toto+json")


@attack
def statement_unknown_envelope_member(sample):
    sample.envelope_hook = lambda envelope: dict(envelope, note="hello")


@attack
def statement_base64_bits(sample):
    """The unused bits of the last character are set: the same payload, other bytes."""
    def hook(envelope):
        text = envelope["payload"].rstrip("=")
        pad = len(envelope["payload"]) - len(text)
        if pad == 0:  # make room for unused bits
            payload = base64.b64decode(envelope["payload"]) + b" "
            text = base64.b64encode(payload).decode().rstrip("=")
            pad = -len(text) % 4
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        return dict(envelope, payload=text[:-1] + letters[letters.index(text[-1]) + 1] + "=" * pad)
    sample.envelope_hook = hook


@attack
def statement_base64_line_break(sample):
    sample.envelope_hook = lambda envelope: dict(
        envelope, payload=envelope["payload"][:76] + "\n" + envelope["payload"][76:])


@attack
def statement_white_space(sample):
    sample.statement_text_hook = lambda text: text.replace(b",", b", ", 1)


@attack
def statement_empty(sample):
    sample.statement_text_hook = lambda text: b""


@attack
def statement_deep_json(sample):
    sample.statement_text_hook = lambda text: b"[" * 100000


@attack
def statement_size_bomb(sample):
    """The header of the statement claims almost 8 GiB."""
    sample.end_hook = lambda data: header("pannier/statement.json", 0o77777777777) + data[512:]


@attack
def statement_header_mode(sample):
    sample.end_hook = lambda data: header("pannier/statement.json", int(data[124:135], 8), mode=b"0000755") + data[512:]


@attack
def statement_padding(sample):
    def hook(data):
        end = 512 + int(data[124:135], 8)
        assert end % 512 != 0
        return data[:end] + b"x" + data[end + 1:]
    sample.end_hook = hook


@attack
def head_swapped(sample):
    """The index stands where the statement belongs."""
    def hook(data):
        first = 512 + (int(data[124:135], 8) + 511) // 512 * 512
        second = first + 512 + (int(data[first + 124:first + 135], 8) + 511) // 512 * 512
        return data[first:second] + data[:first] + data[second:]
    sample.end_hook = hook


@attack
def not_a_bundle(sample):
    sample.end_hook = lambda data: b"PK\x03\x04" + bytes(2000)


@attack
def empty_file(sample):
    sample.end_hook = lambda data: b""


# ---- Data sets and wheelhouses ----

KIND_ATTACKS = {}


def kind_attack(function):
    KIND_ATTACKS[function.__name__] = function
    return function


def move_wheelhouse(sample, key):
    sample.index.setdefault(key, []).extend(sample.index.pop("wheelhouses"))
    sample.index[key].sort(key=lambda model: model["name"])


@kind_attack
def kinds_name_in_two_lists(sample):
    sample.index["datasets"] = copy.deepcopy(sample.index["models"])


@kind_attack
def kinds_wheelhouse_among_models(sample):
    """What `run` may open; the image index and the manifest tell the truth."""
    move_wheelhouse(sample, "models")


@kind_attack
def kinds_wheelhouse_called_a_dataset(sample):
    """In the index and the image index alike; the manifest tells the truth."""
    move_wheelhouse(sample, "datasets")
    sample.contents[1] = sample.contents[1].replace(b"vnd.pannier.wheelhouse.v1", b"vnd.pannier.dataset.v1")


@kind_attack
def kinds_lists_out_of_order(sample):
    def hook(index):
        datasets = index.pop("datasets")
        return dict(index, datasets=datasets)
    sample.index_hook = hook


@kind_attack
def kinds_payload_of_version_1(sample):
    text = sample.payload_text().replace("payload v2", "payload v1")
    for kind in LISTS.values():
        text = text.replace("\n" + kind + "\t", "\n")
    sample.payload_hook = lambda payload: dict(payload, payload_digest="sha256:" + sha256(text.encode()))


def rename_wheel(new):
    def bend(sample):
        [wheelhouse] = sample.index["wheelhouses"]
        wheelhouse["files"][-1]["path"] = new
        wheelhouse["files"].sort(key=lambda item: item["path"])
    return bend


KIND_ATTACKS["kinds_wheel_in_a_folder"] = rename_wheel("sub/two-2.1.0-py3-none-any.whl")
KIND_ATTACKS["kinds_wheel_traversal"] = rename_wheel("../two-2.1.0-py3-none-any.whl")


def write_samples(golden, attacks, folder):
    with open(golden, "rb") as file:
        data = file.read()
    assert Sample(data).write() == data, "building the golden bundle again gives other bytes"
    for name, bend in attacks.items():
        sample = Sample(data)
        bend(sample)
        bent = sample.write()
        assert bent != data, name
        with open(os.path.join(folder, name + ".pannier"), "wb") as file:
            file.write(bent)


def main(golden=GOLDEN, folder=FOLDER):
    os.makedirs(folder, exist_ok=True)
    write_samples(golden, ATTACKS, folder)
    write_samples(os.path.join(os.path.dirname(golden), "all_kinds.pannier"), KIND_ATTACKS, folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
