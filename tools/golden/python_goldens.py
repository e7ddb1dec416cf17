#!/usr/bin/env python3
"""Makes tests/goldens/python/: what PyPI's `packaging` answers about versions, requirements, markers and tags.

Needs the version below (it refuses others: another version is another golden) and writes the same bytes each
time. Run through `./dev golden`, and read the diff.
"""

import csv
import hashlib
import io
import json
import pathlib
import random
import sys

import packaging
from packaging import _manylinux, _musllinux, tags
from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.metadata import parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

VERSION = "26.3"
OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "goldens" / "python"

VERSIONS = """
0 1 1.0 1.0.0 1.1 1.2 1.2.3 1.10 2 2.0 0.0 00.01 1.0.0.0.0.1 20240131 2024.1.31 v1.0 V1.0 1.0a 1.0a1 1.0.a1 1.0-a1 1.0_a1
1.0a.1 1.0a-1 1.0a_1 1.0alpha1 1.0ALPHA.1 1.0b2 1.0beta2 1.0c1 1.0rc1 1.0-rc.1 1.0pre1 1.0preview1 1.0.post 1.0.post0 1.0.post1
1.0-1 1.0-01 1.0post1 1.0-post-1 1.0_post_1 1.0rev1 1.0r1 1.0-r4 1.0.dev 1.0.dev0 1.0dev1 1.0-dev-1 1.0.dev.2 1.0a1.dev1 1.0a1.post2
1.0a1.post2.dev3 1.0.post1.dev2 1!0 1!1.0 2!1.0.post1 0!1.0 1.0+abc 1.0+abc.1 1.0+ABC-5_x 1.0+1 1.0+01 1.0+1.2.3 1.0+cpu 2.3.0+cu121
1.0+ubuntu.1 1.0a1+l 1.0.post1+l 1.0.dev1+l 1.1+1 1.1+10 1.1+9 1.1+a 1.1+a.1 1.0a. 1.0-1-dev 1.0a--1 1.0a1-1 1.0.1.dev5 1.0rc1.post1
999999999999999999.1 1.0.post-1 1.2.0 3.9.0 3.10.0 3.9 4.57.0 5.0.0rc0 2.13.0 0.23.3
""".split() + [" 1.0 ", "\t1.0rc1\n", "1.0.0 "]
NOT_VERSIONS = """
a 1. .1 1..2 1.0+ 1.0+a..b 1.0+a- 1.0x 1.0a1b1 1.0.post1.post2 1.0dev1a1 1!! !1 1!a v vv1 1.0- 1.0-a-b french-toast 1.0+_a 1,0 1.0++a
1.0.dev1.post1 1.0.*
""".split() + ["", " ", "1 .0", "1.0 a1", "1. 0"]

SPECIFIERS = """
==1.0 ==1 ==1.0.* ==1.* ==1.0.0 ==1.0+abc ==1.0a1 ==1.0.dev0 ==1!1.0 ==1.0.post1 ==v1.0 !=1.0 !=1.0.* !=1.0+abc !=1.0a1 !=1.*
<=1.0 <=1.0a1 <=1.0.post1 >=1.0 >=1.0a1 >=1.0.dev0 >=1.0.post1 <1.0 <1.0a1 <1.0.post1 <1.0.dev1 <2 <0 <0.dev0 >1.0 >1.0a1
>1.0.post1 >1.0.dev1 >1.0a1.dev1 >0.9 ~=1.0 ~=1.2.3 ~=1.0a1 ~=1.0.post1 ~=1.0.dev1 ~=1!1.0 ~=0.0 ===1.0 ===1.0+ABC ===1.0.0 ===foo ===
>=1,<2 >=1.0,!=1.0.post1 >=1.0a1,<2 >=1.0,<1.0 >=0,==1.* ,>=1 >=1, ==1.0,==1.0.0 >=1.0.0,>=1.0 !=1.0,!=1.1,!=1.2
""".split() + ["", " >= 1.0 , < 2 ", "== 1.0.*", "~= 1.2", "=== 1.0"]
NOT_SPECIFIERS = """
1.0 =1.0 =>1.0 ~=1 ~=1.0+abc >=1.0+abc <1.0+a >1.0.* ~=1.0.* ==1.0a1.* ==1.0.post1.* ==1.0+a.* ==1.0.*.* >=x == != >= ==1..0 ==1.0.dev1.*
==.* ==*
""".split() + ["== 1 .0", ">=1.0 <2", "===a b", "===a;b", "==1.0 .*"]

ENVIRONMENTS = {
    "linux39": {"python_version": "3.9", "python_full_version": "3.9.0", "os_name": "posix", "sys_platform": "linux",
                "platform_machine": "x86_64", "platform_system": "Linux", "platform_release": "",
                "platform_version": "", "platform_python_implementation": "CPython", "implementation_name": "cpython",
                "implementation_version": "3.9.0"},
    "windows312": {"python_version": "3.12", "python_full_version": "3.12.4", "os_name": "nt", "sys_platform": "win32",
                   "platform_machine": "AMD64", "platform_system": "Windows", "platform_release": "",
                   "platform_version": "", "platform_python_implementation": "CPython",
                   "implementation_name": "cpython", "implementation_version": "3.12.4"},
}
EXTRAS = ["", "torch", "Dev_Tools"]

MARKERS = [
    'python_version < "3.10"', "python_version<'3.10'", 'python_version >= "3.9"', '"3.9" <= python_version',
    'python_version == "3.9.*"', 'python_version != "3.9"', 'python_version ~= "3.8"', 'python_version === "3.9"',
    'python_version in "3.8 3.9"', 'python_version not in "3.8 3.9"', "python_version in '3.8, 3.12'",
    'python_full_version >= "3.9.1"', 'python_full_version < "3.12.5"', 'python_full_version == "3.9.*"',
    'python_version > "2.7" and python_version < "3"', 'python_version > "3.9.dev1"', 'python_version < "abc"',
    'python_version >= "abc"', 'python_version == ""', 'os_name == "posix"', 'os.name == "nt"',
    'sys_platform == "linux"', "sys.platform != 'win32'", 'sys_platform in "linux darwin"', '"linux" in sys_platform',
    'sys_platform >= "linux"', 'sys_platform > "a"', 'sys_platform < "z"', 'sys_platform ~= "linux"',
    'sys_platform === "linux"', 'platform_machine == "x86_64"', 'platform.machine != "AMD64"',
    'platform_machine in "x86_64 aarch64"', 'platform_system == "Windows"', 'platform_system != "Darwin"',
    'platform_release >= "20"', 'platform_release == ""', 'platform_release < "20"', 'platform_version == "x"',
    'platform_version == ""', 'platform.version < "1"',
    'platform_python_implementation == "CPython"', 'python_implementation != "PyPy"',
    'platform.python_implementation == "PyPy"', 'implementation_name == "cpython"',
    'implementation_version >= "3.10"', 'extra == "torch"', "extra == 'TORCH'", '"torch" == extra',
    'extra == "dev-tools"', 'extra == "dev.tools"', 'extra != "torch"', 'extra == ""', 'extra in "torch vision"',
    'python_version >= "3.9" and extra == "torch"', '(python_version >= "3.9")', '((python_version >= "3.9"))',
    'os_name == "nt" or os_name == "posix"', 'os_name == "nt" and python_version < "3" or os_name == "posix"',
    'os_name == "nt" and (python_version < "3" or os_name == "posix")',
    '(os_name == "nt" and python_version < "3") or os_name == "posix"',
    '(os_name == "nt" or python_version < "3") and (os_name == "posix" or python_version >= "3")',
    '((os_name == "nt" or (python_version < "3"))) and os_name == "posix"',
    '(os_name == "nt" or (os_name == "posix" and (python_version < "4")))',
    'os_name=="nt"or os_name=="posix"', "os_name == 'nt'and(extra == 'torch')", '  os_name  ==  "nt"  ',
    'platform_machine == "a\'b"', "platform_machine == 'a\"b'", 'python_version >= "3.8" and python_version < "3.13"',
    'sys_platform == "linux" and platform_machine == "x86_64" and python_version >= "3.10"', '"a" in extras',
    'python_version < "3.10" and "x" ~= platform_machine', 'python_version<"=3.10"',
]
NOT_MARKERS = [
    "", "python_version", 'python_version "3"', 'python_version = "3"', 'python_version == 3', 'foo == "x"',
    'python_version == "3" and', 'and python_version == "3"', '(python_version == "3"', 'python_version == "3")',
    'python_version == "3', 'python_version == "3" or or os_name == "x"', 'python_version not "3"',
    'python_version notin "3"', 'not python_version == "3"', 'python_version == "3" xor os_name == "x"', "()",
    'python_version == "3" os_name == "x"', 'python_versions == "3"', 'python_version = = "3"', "x" * 50,
]

REQUIREMENTS = [
    "requests", "requests>=2", "requests >= 2 , < 3", "requests (>=2,<3)", "requests[security]", "requests[ a , b ]>=1",
    "requests[]", "requests [security] >= 2.8.1", "name>=1,<2 ; python_version < '3.10'", "A.B-c_d==1.0",
    "pip @ https://example.org/pip-1.0-py3-none-any.whl", "pip@https://example.org/p.whl ; os_name == 'nt'",
    "pip @ file:///x/y.whl#sha256=00", "pip[a] @ https://example.org/p;q ;extra=='x'", "torch==2.3.0+cpu",
    "x==1.*", "x!=1.0.*,>=0.9", "x~=1.4.2", "x===anything+at.all", "x>=1,", "x;python_version>'3'", "x (==1.0) ; extra == 'dev'",
    "x  ", "  x", "x\t>=\t1", "huggingface-hub>=0.34.0,<1.0", "x ()", "tokenizers<=0.23.0,>=0.22.0", "a>=1.0,>=1.0.0,==1.2",
    "torch>=2.2; extra == 'torch'", "x[a-b,a_b]", "3to2", "x @ git+https://example.org/r.git@v1",
    "jinja2!=3.0.0,!=3.0.1; (python_version<'3') or (python_version>='3.6')", "x>=1.0.dev0", "x<2.0a1 ; os_name!='nt'",
]
NOT_REQUIREMENTS = [
    "", " ", "-x", "x-", "x.", ".x", "x y", "x>=1 y", "x[", "x[a", "x[a b]", "x[a,]", "x[,a]", "x]", "x(>=1", "x>=1)", "x>=",
    "x=1", "x>1.*", "x ; ", "x ; foo", "x @", "x @ ", "x @ u ; ", "x @ u y", "x,>=1", "x>=1,,<2", "x (,)", "x ,", "x>=1 <2",
    "x[a]]", "x ~=1", "http://example.org/x", "./x", "x\n", "x\ny", "x #c", "é", "x>=1 ;python_version", "x@", "x[a]b",
]

WHEELS = """
foo-1.0-py3-none-any.whl Foo_Bar-1.0-py3-none-any.whl foo.bar-1.0-py2.py3-none-any.whl foo-1.0-1-py3-none-any.whl
foo-1.0-1abc-py3-none-any.whl foo-1.0-12_x-py3-none-any.whl torch-2.3.0+cpu-cp39-cp39-linux_x86_64.whl
tokenizers-0.20.1-cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl
numpy-1.26.4-cp312-cp312-macosx_10_9_x86_64.whl x-1!2.0-py3-none-any.whl x-1.0.post1-cp38.cp39-abi3.none-win32.win_amd64.whl
X-1.0-CP39-CP39-Win_AMD64.whl a-01.0-py3-none-any.whl x-1.0rc1-py3-none-any.whl safetensors-0.4.5-cp37-abi3-musllinux_1_2_aarch64.whl
a_b_c-1-py3-none-any.whl x-1.0.dev0+g12-py3-none-any.whl x-2024.1.1-0-py3-none-any.whl
""".split()
NOT_WHEELS = """
foo-1.0-py3-none-any.zip foo-1.0.whl foo-1.0-py3-none.whl foo-1.0-a-py3-none-any.whl foo-1.0-1-2-py3-none-any.whl
foo__bar-1.0-py3-none-any.whl -1.0-py3-none-any.whl foo-x-py3-none-any.whl foo-1.0-py3--any.whl foo-1.0-py3..py2-none-any.whl
foo-1.0-py3-none-.whl foo-1.0-.py3-none-any.whl foo-1.0--none-any.whl .whl foo-1.0-3py-none-any.whl fo!o-1.0-py3-none-any.whl
foo-1.0--py3-none-any.whl
""".split()

# text -> (packaging's platform, python)
TARGETS = {
    "linux-x86_64-glibc2.28-cp39": ("glibc", "x86_64", (2, 28), (3, 9)),
    "linux-x86_64-glibc2.17-cp37": ("glibc", "x86_64", (2, 17), (3, 7)),
    "linux-aarch64-glibc2.34-cp311": ("glibc", "aarch64", (2, 34), (3, 11)),
    "linux-i686-glibc2.12-cp38": ("glibc", "i686", (2, 12), (3, 8)),
    "linux-armv7l-glibc2.31-cp311": ("glibc", "armv7l", (2, 31), (3, 11)),
    "linux-x86_64-musl1.2-cp312": ("musl", "x86_64", (1, 2), (3, 12)),
    "linux-aarch64-musl1.1-cp310": ("musl", "aarch64", (1, 1), (3, 10)),
    "windows-x86_64-cp312": ("windows", "win_amd64", None, (3, 12)),
    "windows-arm64-cp313": ("windows", "win_arm64", None, (3, 13)),
    "windows-x86-cp38": ("windows", "win32", None, (3, 8)),
    "macos13-arm64-cp312": ("macos", "arm64", (13, 0), (3, 12)),
    "macos11-arm64-cp39": ("macos", "arm64", (11, 0), (3, 9)),
    "macos14.5-x86_64-cp311": ("macos", "x86_64", (14, 5), (3, 11)),
    "macos10.15-x86_64-cp38": ("macos", "x86_64", (10, 15), (3, 8)),
}

RECORDS = [
    "a/b.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\na/RECORD,,\n",
    '"a,b.py",sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,12\r\n"q""q",,\r\n\r\nlast,,',
    '"two\nlines",,\n', "",
]

METADATAS = [
    "Metadata-Version: 2.1\nName: Foo\nVersion: 1.0\nRequires-Dist: a>=1\nRequires-Dist: b ; extra == 'x'\n"
    "Provides-Extra: x\nRequires-Python: >=3.8\nLicense: MIT\n\nBody: no\nRequires-Dist: not-this\n",
    "Metadata-Version: 2.4\r\nname: foo.bar\r\nVERSION: 2.0rc1\r\nLicense-Expression: Apache-2.0 OR MIT\r\n"
    "Classifier: License :: OSI Approved :: MIT License\r\nClassifier: Topic :: X\r\nSummary: two\r\n  lines\r\n\r\n",
    "Name: x\nVersion: 1\nDescription: first\n        |second\n\n  third\nRequires-Dist: hidden\n",
]


def attempt(function, *errors):
    try:
        return function()
    except errors:
        return None


def random_versions(count):
    """Versions that no list would think of, the same each time."""
    source = random.Random(440)
    texts = []
    for _ in range(count):
        text = source.choice(["", "", "", "v", "1!"]) + ".".join(
            str(source.choice([0, 0, 1, 2, 10])) for _ in range(source.randint(1, 3)))
        text += source.choice(["", "", "a", "b", "rc", ".alpha", "-beta", "_c", "pre"])
        text += source.choice(["", "", "0", "1", ".1", "-2"])
        text += source.choice(["", "", "", ".post1", "-1", "post", ".r2", "-rev3"])
        text += source.choice(["", "", "", ".dev0", "dev1", "-dev"])
        text += source.choice(["", "", "", "+a", "+1", "+a.1", "+1.a"])
        texts.append(text)
    return texts


def versions():
    texts = list(dict.fromkeys(VERSIONS + random_versions(150) + NOT_VERSIONS))
    rows = []
    valid = []
    for text in texts:
        version = attempt(lambda: Version(text), InvalidVersion)
        row = {"text": text, "normal": None if version is None else str(version)}
        if version is not None:
            row["prerelease"] = version.is_prerelease
            valid.append(version)
        rows.append(row)
    assert all(attempt(lambda: Version(text), InvalidVersion) is None for text in NOT_VERSIONS)
    order = sorted({str(version): version for version in valid}.values(), key=lambda v: (v, str(v)))
    # Equal ones share a line.
    lines = []
    for version in order:
        if lines and Version(lines[-1][0]) == version:
            lines[-1].append(str(version))
        else:
            lines.append([str(version)])
    return {"versions": rows, "order": lines}


def specifiers():
    candidates = list(dict.fromkeys(str(Version(text)) for text in VERSIONS + random_versions(40)))
    rows = []
    for text in SPECIFIERS + NOT_SPECIFIERS:
        found = attempt(lambda: SpecifierSet(text), InvalidSpecifier)
        if found is None:
            rows.append({"text": text, "normal": None})
            continue
        parsed = [Version(candidate) for candidate in candidates]
        chosen = set(found.filter(range(len(parsed)), key=lambda i: parsed[i]))
        rows.append({"text": text, "normal": str(found), "prereleases": bool(found.prereleases),
                     "contains": "".join("01"[found.contains(v, prereleases=True)] for v in parsed),
                     "chosen": "".join("01"[i in chosen] for i in range(len(parsed)))})
    return {"candidates": candidates, "specifiers": rows}


def evaluate(marker, environment, extra):
    try:
        return marker.evaluate({**environment, "extra": extra})
    except (UndefinedComparison, UndefinedEnvironmentName):
        return None


def markers():
    rows = []
    for text in MARKERS:
        marker = Marker(text)
        answers = {name: [evaluate(marker, environment, extra) for extra in EXTRAS]
                   for name, environment in ENVIRONMENTS.items()}
        rows.append({"text": text, "normal": str(marker), **answers})
    for text in NOT_MARKERS:
        assert attempt(lambda: Marker(text), ValueError) is None, text
    return {"environments": ENVIRONMENTS, "extras": EXTRAS, "markers": rows, "invalid": NOT_MARKERS}


def requirements():
    rows = []
    for text in REQUIREMENTS:
        found = Requirement(text)
        rows.append({"text": text, "normal": str(found), "name": canonicalize_name(found.name),
                     "extras": sorted(canonicalize_name(extra) for extra in found.extras), "url": found.url or ""})
    for text in NOT_REQUIREMENTS:
        assert attempt(lambda: Requirement(text), InvalidRequirement) is None, text
    names = ["Foo", "a.b", "a_-._b", "A--B", "x1"]
    return {"requirements": rows, "invalid": NOT_REQUIREMENTS,
            "names": {name: canonicalize_name(name) for name in names}}


def wheels():
    rows = []
    for text in WHEELS:
        name, version, build, found = parse_wheel_filename(text)
        rows.append({"text": text, "name": name, "version": str(version), "build": list(build),
                     "tags": sorted(str(tag) for tag in found)})
    for text in NOT_WHEELS:
        assert attempt(lambda: parse_wheel_filename(text), InvalidWheelFilename) is None, text
    return {"wheels": rows, "invalid": NOT_WHEELS}


def platforms(system, machine, version):
    if system == "glibc":
        _manylinux._get_glibc_version = lambda: _manylinux._GLibCVersion(*version)
        _manylinux._have_compatible_abi = lambda *_: True
        _manylinux._is_compatible = lambda _, needed: needed <= version
        return [f"linux_{machine}", *_manylinux.platform_tags([machine])]
    if system == "musl":
        _musllinux._get_musl_version = lambda _: _musllinux._MuslVersion(*version)
        return [f"linux_{machine}", *_musllinux.platform_tags([machine])]
    if system == "macos":
        return list(tags.mac_platforms(version, machine))
    return [machine]


def target_tags():
    rows = {}
    for text, (system, machine, version, python) in TARGETS.items():
        names = platforms(system, machine, version)
        own = "cp" + "".join(map(str, python))
        abi = own + ("m" if python < (3, 8) else "")
        found = [*tags.cpython_tags(python, [abi], names), *tags.compatible_tags(python, own, names)]
        lines = "\n".join(map(str, found)) + "\n"
        rows[text] = {"platforms": names, "count": len(found), "first": str(found[0]), "last": str(found[-1]),
                      "sha256": hashlib.sha256(lines.encode()).hexdigest()}
    return rows


def texts():
    records = [{"text": text, "rows": [row for row in csv.reader(io.StringIO(text, newline="")) if row]}
               for text in RECORDS]
    metadatas = []
    for text in METADATAS:
        raw, _ = parse_email(text.encode())
        keys = ["metadata_version", "name", "version", "requires_dist", "requires_python", "provides_extra", "license",
                "license_expression", "classifiers"]
        metadatas.append({"text": text, **{key: raw[key] for key in keys if key in raw}})
    return {"records": records, "metadatas": metadatas}


def main():
    if packaging.__version__ != VERSION:
        print(f"packaging {packaging.__version__}: these goldens are made with {VERSION}", file=sys.stderr)
        return 1
    OUT.mkdir(parents=True, exist_ok=True)
    for make in (versions, specifiers, markers, requirements, wheels, target_tags, texts):
        text = json.dumps(make(), indent=1, ensure_ascii=False, sort_keys=True)
        (OUT / f"{make.__name__}.json").write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
