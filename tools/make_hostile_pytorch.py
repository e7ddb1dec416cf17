#!/usr/bin/env python3
"""Writes tests/hostile/pytorch/: one small pytorch_model.bin for each attack that src/format refuses.

Standard library only, same bytes each time; nothing here runs a pickle. Each sample is named after its
attack, and so is the test that reads it (src/format/pytorch_hostile_test.cc). Run from anywhere.
"""

import pathlib
import pickle
import struct
import zlib

OUT = pathlib.Path(__file__).resolve().parents[1] / "tests" / "hostile" / "pytorch"

# ---- pickles, by hand: what a machine of protocol 2 is told

PROTO = b"\x80\x02"
STOP = b"."
MARK = b"("
EMPTY_TUPLE = b")"
NONE = b"N"
TRUE = b"\x88"
FALSE = b"\x89"
REDUCE = b"R"


def text(value):
    raw = value if isinstance(value, bytes) else value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def integer(value):
    if 0 <= value < 256:
        return b"K" + bytes([value])
    raw = value.to_bytes(9, "little", signed=True)
    return b"\x8a\x09" + raw if not -(1 << 63) <= value < 1 << 63 else b"\x8a\x08" + raw[:8]


def name(module, attribute):
    return b"c" + module.encode() + b"\n" + attribute.encode() + b"\n"


def items(*values):
    return MARK + b"".join(values) + b"t"


def integers(*values):
    return items(*map(integer, values))


ORDERED_DICT = name("collections", "OrderedDict") + EMPTY_TUPLE + REDUCE
REBUILD = name("torch._utils", "_rebuild_tensor_v2")
FLOATS = name("torch", "FloatStorage")


def storage(key="0", elements=4, kind=FLOATS, tag="storage", legacy=False, location="cpu"):
    parts = [text(tag), kind, text(key), text(location), integer(elements)] + [NONE] * legacy
    return items(*parts) + b"Q"


def tensor(at=None, first=0, shape=(4,), strides=(1,), flags=FALSE, hooks=ORDERED_DICT, more=b""):
    at = storage() if at is None else at
    return REBUILD + items(at, integer(first), integers(*shape), integers(*strides), flags, hooks, more) + REDUCE


def entry(key, value):
    return text(key) + value


def state(*entries, tail=b""):
    return PROTO + ORDERED_DICT + MARK + b"".join(entries) + b"u" + tail + STOP


GOOD = state(entry("w", tensor()))
DATA = struct.pack("<4f", 1, 2, 3, 4)

# ---- zips, by hand: every field can lie


class Entry:
    """One entry; local, central and descriptor are what each of the three says, by field."""

    def __init__(self, path, data=b"", descriptor=True, **lies):
        self.path = path if isinstance(path, bytes) else path.encode()
        self.data = data
        flags = 0x808 if descriptor else 0x800
        truth = {"flags": flags, "method": 0, "crc": zlib.crc32(data), "size": len(data), "plain_size": len(data),
                 "name": self.path, "extra": b""}
        self.central = {**truth, "offset": None, "comment": 0, "disk": 0, **lies.get("central", {})}
        self.local = {**truth, **({"crc": 0, "size": 0, "plain_size": 0} if descriptor else {}),
                      **lies.get("local", {})}
        self.descriptor = {**truth, **lies.get("descriptor", {})} if descriptor else None
        self.after = lies.get("after", b"")
        self.wide_descriptor = lies.get("wide_descriptor", False)

    def write_local(self):
        f = self.local
        header = struct.pack("<IHHHHHIIIHH", 0x04034B50, 0, f["flags"], f["method"], 0, 0, f["crc"], f["size"],
                             f["plain_size"], len(f["name"]), len(f["extra"]))
        out = header + f["name"] + f["extra"] + self.data
        if self.descriptor:
            d = self.descriptor
            form = "<IIQQ" if self.wide_descriptor else "<IIII"
            out += struct.pack(form, 0x08074B50, d["crc"], d["size"], d["plain_size"])
        return out + self.after

    def write_central(self, offset):
        f = self.central
        return struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0, 0, f["flags"], f["method"], 0, 0, f["crc"],
                           f["size"], f["plain_size"], len(f["name"]), len(f["extra"]), f["comment"], f["disk"],
                           0, 0, offset if f["offset"] is None else f["offset"]) + f["name"] + f["extra"]


def archive(entries, zip64=False, prefix=b"", tail=b"", central_tail=b"", wide=None, **lies):
    """`lies` change the end record; `wide` changes the zip64 end record and its locator."""
    body = bytearray(prefix)
    central = b""
    for one in entries:
        central += one.write_central(len(body))
        body += one.write_local()
    central += central_tail
    end = {"disk": 0, "count": len(entries), "count_here": len(entries), "size": len(central),
           "offset": len(body), "comment": 0, **lies}
    out = bytes(body) + central
    if zip64:
        w = {"record": 44, "count": len(entries), "count_here": len(entries), "size": len(central),
             "offset": len(body), "at": len(out), "disks": 1, **(wide or {})}
        out += struct.pack("<IQHHIIQQQQ", 0x06064B50, w["record"], 45, 45, 0, 0, w["count_here"], w["count"],
                           w["size"], w["offset"])
        out += struct.pack("<IIQI", 0x07064B50, 0, w["at"], w["disks"])
    out += struct.pack("<IHHHHIIH", 0x06054B50, end["disk"], 0, end["count_here"], end["count"],
                       end["size"] & 0xFFFFFFFF, end["offset"] & 0xFFFFFFFF, end["comment"])
    return out + tail


def parts(pickled=GOOD, version=b"3\n", order=b"little"):
    return [Entry("m/data.pkl", pickled), Entry("m/byteorder", order), Entry("m/data/0", DATA),
            Entry("m/version", version)]


def torch_zip(pickled=GOOD, **options):
    entries = parts(pickled, **options)
    # A storage that the pickle does not mention is an attack of its own.
    return archive([one for one in entries if one.path != b"m/data/0" or b"storage" in pickled])


def with_storage(**lies):
    """A good file, but for what is said about the entry of its storage."""
    return archive([Entry("m/data.pkl", GOOD), Entry("m/data/0", DATA, **lies), Entry("m/version", b"3\n")])


def legacy(pickled=None, keys=("0",), storages=((4, DATA),), little=True, version=1001, magic=0x1950A86A20F9469CFC6C,
           tail=b""):
    pickled = state(entry("w", tensor(storage(legacy=True)))) if pickled is None else pickled
    facts = {"protocol_version": 1001, "little_endian": little, "type_sizes": {"int": 4}}
    head = b"".join(pickle.dumps(part, 2) for part in (magic, version, facts))
    keyed = keys if isinstance(keys, bytes) else pickle.dumps(list(keys), 2)
    return head + pickled + keyed + b"".join(struct.pack("<Q", n) + raw for n, raw in storages) + tail


# ---- the attacks

def call(module, attribute, *arguments):
    return name(module, attribute) + items(*arguments) + REDUCE


def framed(program, length=None):
    return b"\x80\x04\x95" + struct.pack("<Q", len(program) if length is None else length) + program


def short(value):
    return b"\x8c" + bytes([len(value)]) + value.encode()


PICKLES = {
    # Code: the classic one, the one that hides in an ordinary state_dict, and the roads around a ban on it.
    "calls_os_system": PROTO + call("os", "system", text("id")) + STOP,
    "calls_posix_system_inside_a_good_file": state(entry("w", tensor()), entry("x", call("posix", "system", text("id")))),
    "calls_eval": PROTO + call("builtins", "eval", text("1")) + STOP,
    "calls_eval_python2": PROTO + call("__builtin__", "eval", text("1")) + STOP,
    "calls_getattr_of_an_allowed_module": PROTO + call("builtins", "getattr", name("collections", "OrderedDict"), text("x")) + STOP,
    "names_a_member_of_an_allowed_name": b"\x80\x04" + short("collections") + short("OrderedDict.__init__.__globals__") + b"\x93.",
    "names_torch_load": PROTO + call("torch", "load", text("x")) + STOP,
    "names_a_storage_in_another_module": PROTO + name("evil", "FloatStorage") + STOP,
    "names_a_whole_model": PROTO + name("transformers.models.bert.modeling_bert", "BertModel") + b")\x81" + STOP,
    "name_with_control_characters": PROTO + name("os\x1b[2J", "system") + STOP,
    "name_without_an_end": PROTO + b"c" + b"a" * 4000,
    "stack_global_system": b"\x80\x04" + short("os") + short("system") + b"\x93" + short("id") + b"\x85R.",
    "stack_global_of_computed_names": b"\x80\x04" + tensor() + short("system") + b"\x93.",
    "stack_global_of_lists": b"\x80\x04]]\x93.",
    "inst_runs_code": PROTO + b"(X\x02\x00\x00\x00idios\nsystem\n.",
    "obj_runs_code": PROTO + MARK + name("collections", "OrderedDict") + b"o.",
    "newobj_runs_code": PROTO + name("collections", "OrderedDict") + b")\x81.",
    "newobj_ex_runs_code": b"\x80\x04" + name("collections", "OrderedDict") + b")}\x92.",
    "extension_registry": PROTO + b"\x82\x01.",
    "calls_a_tensor": PROTO + tensor() + EMPTY_TUPLE + REDUCE + STOP,
    "calls_a_text": PROTO + text("os.system") + EMPTY_TUPLE + REDUCE + STOP,
    "calls_a_storage_type": PROTO + FLOATS + EMPTY_TUPLE + REDUCE + STOP,
    "calls_with_a_list": PROTO + name("collections", "OrderedDict") + b"]R.",
    "ordered_dict_with_arguments": PROTO + name("collections", "OrderedDict") + b"](]ta\x85R.",
    "size_of_a_text": PROTO + name("torch", "Size") + text("x") + b"\x85R.",
    "build_on_a_dict": PROTO + b"}}b.",
    "build_on_a_tensor": PROTO + tensor() + b"}b.",
    "build_on_a_name": PROTO + name("collections", "OrderedDict") + b"}b.",
    "build_with_a_tuple": PROTO + ORDERED_DICT + b")b.",
    "tensor_with_hooks": state(entry("w", tensor(hooks=b"}" + text("h") + NONE + b"s"))),
    "tensor_negated_by_metadata": state(entry("w", tensor(more=b"}" + text("neg") + TRUE + b"s"))),
    "parameter_of_a_text": PROTO + call("torch._utils", "_rebuild_parameter", text("x"), TRUE, ORDERED_DICT) + STOP,
    "kind_of_tensor_not_read": PROTO + name("torch._utils", "_rebuild_sparse_tensor") + STOP,
    # Memory and time.
    "memo_index_absurd": PROTO + b"}r\xff\xff\xff\xff.",
    "memo_never_set": PROTO + b"h\x07.",
    "memo_set_twice": PROTO + b"}q\x00]q\x00.",
    "memo_of_an_empty_stack": PROTO + b"q\x00.",
    # Each tuple holds the one before twice: 2^2000 elements for a reader that writes it out.
    "memo_bomb": b"\x80\x04)\x94" + b"".join(b"j" + struct.pack("<I", i) + b"\x86\x94" for i in range(2000)) + STOP,
    "list_in_itself": PROTO + b"]q\x00h\x00a.",
    "recursion_bomb_tuples": PROTO + b")" + b"\x85" * 100_000 + STOP,
    "recursion_bomb_marks": PROTO + MARK * 100_000 + STOP,
    "stack_bomb": PROTO + NONE * 100_001 + STOP,
    "text_longer_than_the_file": PROTO + b"X\xff\xff\xff\xffabc.",
    "text_not_utf8": PROTO + text(b"\xff\xfe") + STOP,
    "text_8_byte_length": b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
    "bytes_8_byte_length": b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff.",
    "long_4_byte_length": PROTO + b"\x8b\xff\xff\xff\x7f.",
    "frame_longer_than_the_file": framed(b"}.", 1 << 62),
    "frame_empty": framed(b"", 0) + b"}.",
    "frame_inside_a_frame": framed(b"\x95" + struct.pack("<Q", 2) + b"}."),
    "frame_cuts_an_opcode": framed(b"X", None) + struct.pack("<I", 1) + b"a.",
    "frame_goes_on_after_stop": framed(b"}.ab"),
    # Not what a pickle is.
    "protocol_0": b"cos\nsystem\n(S'id'\ntR.",
    "protocol_6": b"\x80\x06}.",
    "second_proto": PROTO + PROTO + b"}.",
    "unknown_opcode": PROTO + b"\xfe.",
    "buffers_out_of_band": b"\x80\x05\x97.",
    "ends_without_stop": PROTO + b"}",
    "ends_within_an_operand": PROTO + b"J\x00",
    "stop_on_an_empty_stack": PROTO + STOP,
    "stop_with_two_values": PROTO + b"}}.",
    "stop_with_an_open_mark": PROTO + b"(}.",
    "pops_across_a_mark": PROTO + b"}](a.",
    "tuple_without_a_mark": PROTO + b"}t.",
    "appends_to_a_dict": PROTO + b"}}a.",
    "sets_an_item_of_a_list": PROTO + b"]" + text("k") + NONE + b"s.",
    "key_without_a_value": PROTO + b"}(" + text("k") + b"u.",
    "key_is_a_list": PROTO + b"}]" + NONE + b"s.",
    "bytes_after_stop": GOOD + b"cos\nsystem\n.",
    # Persistent ids.
    "persistent_id_is_a_text": PROTO + text("storage") + b"Q.",
    "persistent_id_is_a_module": PROTO + items(text("module"), NONE, NONE, NONE) + b"Q.",
    "persistent_id_as_a_line": PROTO + b"P0\n.",
    "persistent_id_too_short": PROTO + items(text("storage"), FLOATS) + b"Q.",
    "persistent_id_type_is_a_text": PROTO + storage(kind=text("FloatStorage")) + STOP,
    "persistent_id_type_is_no_storage": PROTO + storage(kind=name("torch", "float32")) + STOP,
    "persistent_id_key_is_a_number": PROTO + items(text("storage"), FLOATS, integer(0), text("cpu"), integer(4)) + b"Q.",
    "persistent_id_key_leaves_the_folder": state(entry("w", tensor(storage(key="../version")))),
    "persistent_id_negative_elements": PROTO + storage(elements=-4) + STOP,
    "persistent_id_absurd_elements": state(entry("w", tensor(storage(elements=1 << 62)))),
    "persistent_id_elements_wrap_around": state(entry("w", tensor(storage(elements=(1 << 62) + 4)))),
    "persistent_id_elements_above_64_bits": PROTO + storage(elements=1 << 64) + STOP,
    "persistent_id_view": state(entry("w", tensor(items(text("storage"), FLOATS, text("0"), text("cpu"), integer(4), EMPTY_TUPLE) + b"Q"))),
    "persistent_id_changes_its_size": state(entry("w", tensor()), entry("v", tensor(storage(elements=8)))),
    "persistent_id_changes_its_type": state(entry("w", tensor()), entry("v", tensor(storage(kind=name("torch", "HalfStorage"))))),
    "storage_missing": state(entry("w", tensor(storage(key="7")))),
    "storage_smaller_than_said": state(entry("w", tensor(storage(elements=8), shape=(8,)))),
    "storage_larger_than_said": state(entry("w", tensor(storage(elements=2), shape=(2,)))),
    # Tensors.
    "tensor_beyond_its_storage": state(entry("w", tensor(shape=(5,)))),
    "tensor_offset_beyond_its_storage": state(entry("w", tensor(first=1))),
    "tensor_offset_huge": state(entry("w", tensor(first=(1 << 63) - 1))),
    "tensor_offset_negative": state(entry("w", tensor(first=-1))),
    "tensor_stride_beyond_its_storage": state(entry("w", tensor(shape=(2, 2), strides=(3, 1)))),
    "tensor_strides_wrap_around": state(entry("w", tensor(shape=(3, 2), strides=((1 << 63) - 1, 1)))),
    "tensor_stride_negative": state(entry("w", tensor(strides=(-1,)))),
    "tensor_strides_missing": state(entry("w", tensor(strides=()))),
    "tensor_shape_negative": state(entry("w", tensor(shape=(-4,)))),
    "tensor_shape_wraps_around": state(entry("w", tensor(shape=(1 << 32, 1 << 32), strides=(0, 0)))),
    "tensor_shape_too_many_dimensions": state(entry("w", tensor(shape=(1,) * 200, strides=(1,) * 200))),
    "tensor_shape_is_a_list": state(entry("w", REBUILD + items(storage(), integer(0), b"]", integers(1), FALSE, ORDERED_DICT) + REDUCE)),
    "tensor_of_a_text": state(entry("w", tensor(at=text("0")))),
    "tensor_with_too_few_arguments": state(entry("w", REBUILD + items(storage()) + REDUCE)),
    "tensor_requires_grad_is_a_text": state(entry("w", tensor(flags=text("no")))),
    "tensor_named_twice": state(entry("w", tensor()), entry("w", tensor(shape=(2,)))),
    "tensor_named_by_a_number": PROTO + b"}" + integer(0) + tensor() + b"s.",
    "tensors_one_level_down": PROTO + b"}" + text("state_dict") + b"}" + text("w") + tensor() + b"ss.",
    "root_is_a_list": PROTO + b"]" + tensor() + b"a.",
}

BIG = 1 << 62
DEFLATED = zlib.compress(b"\0" * 1_000_000, 9)[2:-4]

ZIPS = {
    "zip_deflated": with_storage(central={"method": 8}, local={"method": 8}),
    # 1 MB of zeros in 1 kB; a thousand times that is as easily written.
    "zip_bomb": archive([Entry("m/data.pkl", DEFLATED, central={"method": 8, "plain_size": 1 << 30},
                               local={"method": 8})]),
    "zip_stored_sizes_differ": with_storage(central={"plain_size": 1 << 30}),
    "zip_encrypted": with_storage(central={"flags": 0x809}, local={"flags": 0x809}),
    "zip_strong_encryption": with_storage(central={"flags": 0x848}, local={"flags": 0x848}),
    "zip_name_twice": archive(parts() + [Entry("m/data.pkl", GOOD)]),
    "zip_entries_overlap": archive([Entry("m/data.pkl", GOOD), Entry("m/data/0", DATA),
                                    Entry("m/version", b"3\n", central={"offset": 40})]),
    "zip_entries_share_a_header": archive([Entry("m/data.pkl", GOOD), Entry("m/data/0", DATA, central={"offset": 0})]),
    "zip_entry_covers_the_next": archive([Entry("m/data.pkl", GOOD, central={"size": 400, "plain_size": 400}),
                                          Entry("m/data/0", DATA)]),
    "zip_entry_covers_the_directory": archive(parts()[:-1] + [Entry("m/version", b"3\n", central={"size": 90, "plain_size": 90})]),
    "zip_entry_beyond_the_file": archive(parts()[:-1] + [Entry("m/version", b"3\n", central={"offset": 1 << 31})]),
    "zip_local_name_differs": with_storage(local={"name": b"m/data/1"}),
    "zip_local_name_longer": with_storage(local={"name": b"m/data/0" + b"x" * 60_000}, descriptor=False),
    "zip_local_size_differs": with_storage(descriptor=False, local={"size": 8, "plain_size": 8}),
    "zip_local_size_differs_before_a_descriptor": with_storage(local={"size": 8, "plain_size": 8}),
    "zip_local_checksum_differs": with_storage(descriptor=False, local={"crc": 7}),
    "zip_local_method_differs": with_storage(local={"method": 8}),
    "zip_local_flags_differ": with_storage(local={"flags": 0x800}),
    "zip_local_extra_lies": with_storage(local={"extra": struct.pack("<HHQ", 1, 8, 99)}),
    "zip_local_header_missing": with_storage(local={"name": b"m/data/0"}).replace(b"PK\x03\x04", b"PK\x03\x05", 2).replace(b"PK\x03\x05", b"PK\x03\x04", 1),
    "zip_descriptor_checksum_lies": with_storage(descriptor=True).replace(
        struct.pack("<II", 0x08074B50, zlib.crc32(DATA)), struct.pack("<II", 0x08074B50, 7)),
    "zip_descriptor_size_lies": archive([Entry("m/data.pkl", GOOD, after=b""), Entry("m/data/0", DATA)]).replace(
        struct.pack("<IIII", 0x08074B50, zlib.crc32(DATA), 16, 16), struct.pack("<IIII", 0x08074B50, zlib.crc32(DATA), 8, 8)),
    "zip_descriptor_without_signature": with_storage().replace(
        struct.pack("<II", 0x08074B50, zlib.crc32(DATA)), struct.pack("<II", 0, zlib.crc32(DATA))),
    "zip_descriptor_missing": archive([Entry("m/data.pkl", GOOD), Entry("m/data/0", DATA, descriptor=False,
                                       central={"flags": 0x808}, local={"flags": 0x808})]),
    "zip_gap_between_entries": archive([Entry("m/data.pkl", GOOD, descriptor=False, after=b"#!/bin/sh\n"),
                                        Entry("m/data/0", DATA), Entry("m/version", b"3\n")]),
    "zip_gap_before_the_directory": archive(parts()[:-1] + [Entry("m/version", b"3\n", after=b"#!/bin/sh\n")]),
    "zip_bytes_before": archive(parts(), prefix=b"PK\x03\x04"),
    "zip_bytes_behind": archive(parts(), tail=b"#!/bin/sh\n"),
    "zip_second_archive_behind": archive(parts()) + archive(parts()),
    "zip_comment": archive(parts(), comment=10, tail=b"#!/bin/sh\n"),
    "zip_comment_announced": archive(parts(), comment=10),
    "zip_bytes_in_the_directory": archive(parts(), central_tail=b"#!/bin/sh\n"),
    "zip_directory_too_short": archive(parts(), size=20),
    "zip_directory_elsewhere": archive(parts(), offset=0),
    "zip_count_too_high": archive(parts(), count=5, count_here=5),
    "zip_count_too_low": archive(parts(), count=3, count_here=3),
    "zip_counts_differ": archive(parts(), count_here=3),
    "zip_several_disks": archive(parts(), disk=1),
    "zip_cut_short": archive(parts())[:-30],
    "zip_only_a_local_header": archive(parts())[:60],
    "zip_entry_comment": with_storage(central={"comment": 4}),
    "zip_entry_on_another_disk": with_storage(central={"disk": 3}),
    "zip_name_not_utf8": archive(parts() + [Entry(b"m/\xff", b"")]),
    "zip_name_with_control_characters": archive(parts() + [Entry("m/a\nb", b"")]),
    "zip_name_empty": archive(parts() + [Entry("", b"")]),
    "zip_name_leaves_the_directory": with_storage()[:-30] + b"\xff" * 8 + with_storage()[-22:],
    "zip_extra_malformed": with_storage(central={"extra": b"\x01\x00\xff\x00"}),
    "zip64_size_absurd": with_storage(central={"size": 0xFFFFFFFF, "plain_size": 0xFFFFFFFF,
                                               "extra": struct.pack("<HHQQ", 1, 16, BIG, BIG)}),
    "zip64_offset_absurd": with_storage(central={"offset": 0xFFFFFFFF, "extra": struct.pack("<HHQ", 1, 8, BIG)}),
    "zip64_extra_too_short": with_storage(central={"size": 0xFFFFFFFF, "plain_size": 0xFFFFFFFF,
                                                   "extra": struct.pack("<HHQ", 1, 8, 16)}),
    "zip64_extra_not_needed": with_storage(central={"extra": struct.pack("<HHQ", 1, 8, 16)}),
    "zip64_extra_twice": with_storage(central={"extra": struct.pack("<HHQ", 1, 8, 16) * 2}),
    "zip64_count_absurd": archive(parts(), zip64=True, wide={"count": BIG, "count_here": BIG}, count=0xFFFF, count_here=0xFFFF),
    "zip64_count_beyond_the_directory": archive(parts(), zip64=True, wide={"count": 70_000, "count_here": 70_000},
                                                count=0xFFFF, count_here=0xFFFF),
    "zip64_directory_absurd": archive(parts(), zip64=True, wide={"size": BIG, "offset": BIG}, size=0xFFFFFFFF, offset=0xFFFFFFFF),
    "zip64_disagrees_with_the_end": archive(parts(), zip64=True, wide={"count": 3, "count_here": 3}),
    "zip64_locator_points_elsewhere": archive(parts(), zip64=True, wide={"at": 0}),
    "zip64_record_length_lies": archive(parts(), zip64=True, wide={"record": BIG}),
    "zip64_several_disks": archive(parts(), zip64=True, wide={"disks": 2}),
    # What torch puts into an archive.
    "torch_without_pickle": archive([Entry("m/data/0", DATA), Entry("m/version", b"3\n")]),
    "torch_without_version": archive(parts()[:-1]),
    "torch_version_unknown": torch_zip(version=b"11\n"),
    "torch_version_not_a_number": torch_zip(version=b"three\n"),
    "torch_version_huge": torch_zip(version=b"3" * 5000),
    "torch_big_endian": torch_zip(order=b"big"),
    "torch_byte_order_unknown": torch_zip(order=b"middle"),
    "torch_two_folders": archive(parts() + [Entry("n/data.pkl", GOOD)]),
    "torch_no_folder": archive(parts() + [Entry("data.pkl", GOOD)]),
    "torch_script": archive(parts() + [Entry("m/code/__torch__.py", b"import os\n")]),
    "torch_storage_nobody_knows": archive(parts() + [Entry("m/data/1", b"#!/bin/sh\n")]),
    "torch_pickle_checksum": archive([Entry("m/data.pkl", GOOD, central={"crc": 7}, descriptor=False, local={"crc": 7})]
                                     + parts()[1:]),
}

LEGACY = {
    "legacy_not_from_torch": pickle.dumps({"w": 1}, 2),
    "legacy_magic_number_wrong": legacy(magic=0x1950A86A20F9469CFC6D),
    "legacy_version_wrong": legacy(version=1002),
    "legacy_big_endian": legacy(little=False),
    "legacy_byte_order_untold": legacy(little=None),
    "legacy_calls_os_system": legacy(PICKLES["calls_os_system"]),
    "legacy_keys_call_os_system": legacy(keys=PICKLES["calls_os_system"]),
    "legacy_keys_not_a_list": legacy(keys=PROTO + b"}."),
    "legacy_key_not_a_text": legacy(keys=PROTO + b"]K\x00a."),
    "legacy_key_unknown": legacy(keys=("0", "1"), storages=((4, DATA), (4, DATA))),
    "legacy_key_twice": legacy(keys=("0", "0"), storages=((4, DATA), (4, DATA))),
    "legacy_key_missing": legacy(keys=(), storages=()),
    "legacy_count_differs": legacy(storages=((5, DATA),)),
    "legacy_count_huge": legacy(storages=((1 << 63, DATA),)),
    "legacy_storage_cut_short": legacy(storages=((4, DATA[:8]),)),
    "legacy_count_cut_short": legacy(storages=(), tail=b"\x04\x00"),
    "legacy_bytes_behind": legacy(tail=b"#!/bin/sh\n"),
    "legacy_view_of_a_storage": legacy(state(entry("w", tensor(
        items(text("storage"), FLOATS, text("0"), text("cpu"), integer(4), items(text("1"), integer(0), integer(4))) + b"Q")))),
    "tar_of_an_ancient_torch": b"storages".ljust(257, b"\0") + b"ustar\x0000".ljust(255, b"\0"),
    "file_empty": b"",
    "file_of_a_web_page": b"<!DOCTYPE html><html></html>",
    "file_of_a_git_lfs_pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.glob("*.bin"):
        old.unlink()
    samples = {**{key: torch_zip(value) for key, value in PICKLES.items()}, **ZIPS, **LEGACY}
    for key, contents in samples.items():
        (OUT / f"{key}.bin").write_bytes(contents)
    # Good files that torch itself writes only when they are large: they must be read.
    good = OUT.parent.parent / "goldens" / "pytorch" / "by_hand"
    good.mkdir(parents=True, exist_ok=True)
    wide = struct.pack("<HHQQ", 1, 16, 16, 16)
    (good / "zip64.bin").write_bytes(archive(
        [Entry("m/data.pkl", GOOD),
         Entry("m/data/0", DATA, wide_descriptor=True, local={"extra": struct.pack("<HHQQ", 1, 16, 16, 0)},
               central={"size": 0xFFFFFFFF, "plain_size": 0xFFFFFFFF, "extra": wide}),
         Entry("m/version", b"3\n", descriptor=False)], zip64=True))
    (good / "zip_good.bin").write_bytes(torch_zip())
    (good / "legacy_good.bin").write_bytes(legacy())


if __name__ == "__main__":
    main()
