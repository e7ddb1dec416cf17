#!/usr/bin/env python3
"""Makes tests/goldens/model_signing/: signatures of a small model as PyPI's model-signing makes them.

Needs model-signing at the version below (it refuses others: another version is another golden). Run through
`./dev golden`, and read the diff. The key is the one of RFC 6979's examples, so it is nobody's secret; nonces
are deterministic and the order of members and of ignored paths is fixed, so that the same bytes come out each
time.

  files.json    the files that were signed, and their digests
  key.pub       the public key
  NAME.sig      signatures, by how they were made
"""

import functools
import hashlib
import importlib.metadata
import json
import os
import pathlib
import shutil
import sys
import tempfile
import types

VERSION = "1.1.1"
OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "goldens" / "model_signing"
SECRET = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
FILES = {
    "config.json": '{"model_type": "example"}\n',
    "weights.bin": "weights\n" * 100,
    "sub/weights \u00e9.bin": "more weights\n",
    "sub.txt": "sorts behind the folder\n",
    "notes/private.txt": "not for everybody\n",
    "empty": "",
    ".gitattributes": "*.bin filter=lfs\n",
}


def main():
    found = importlib.metadata.version("model-signing")
    if found != VERSION:
        sys.exit(f"model_signing_goldens.py: needs model-signing {VERSION}, found {found}")
    if os.environ.get("PYTHONHASHSEED") != "0":  # it writes ignored paths in the order of a set
        os.execve(sys.executable, [sys.executable, "-B", *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})

    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from google.protobuf import json_format
    import model_signing
    from model_signing._signing import sign_ec_key

    deterministic = functools.partial(ec.ECDSA, deterministic_signing=True)
    sign_ec_key.ec = types.SimpleNamespace(**{**vars(ec), "ECDSA": deterministic})
    in_order = functools.partial(json_format.MessageToJson, sort_keys=True)
    sign_ec_key.json_format = types.SimpleNamespace(MessageToJson=in_order)

    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(FILES.items())}
    (OUT / "files.json").write_text(json.dumps(digests, indent=1) + "\n")

    def private_pem(key):
        return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                 serialization.NoEncryption())

    key = ec.derive_private_key(SECRET, ec.SECP256R1())
    (OUT / "key.pub").write_bytes(key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))

    ignored = ["model.sig", "notes"]
    hashing = model_signing.hashing.Config
    configs = {
        "plain": hashing().set_ignored_paths(paths=["model.sig"]),
        "ignoring": hashing().set_ignored_paths(paths=ignored),
        "with_git_files": hashing().set_ignored_paths(paths=["model.sig"], ignore_git_paths=False),
        "blake2": hashing().use_file_serialization(hashing_algorithm="blake2"),
        "blake3": hashing().use_file_serialization(hashing_algorithm="blake3"),
        "shards": hashing().use_shard_serialization(shard_size=100),
    }
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "model"
        for name, text in FILES.items():
            (model / name).parent.mkdir(parents=True, exist_ok=True)
            (model / name).write_text(text, encoding="utf-8")
        p256 = pathlib.Path(folder) / "p256.pem"
        p256.write_bytes(private_pem(key))
        p384 = pathlib.Path(folder) / "p384.pem"
        p384.write_bytes(private_pem(ec.derive_private_key(SECRET, ec.SECP384R1())))
        for name, config in configs.items():
            model_signing.signing.Config().use_elliptic_key_signer(private_key=p256).set_hashing_config(
                config).sign(model, OUT / f"{name}.sig")
        model_signing.signing.Config().use_elliptic_key_signer(private_key=p384).set_hashing_config(
            configs["plain"]).sign(model, OUT / "p384.sig")


if __name__ == "__main__":
    main()
