#!/usr/bin/env python3
"""Parity: encode and repair against par2, the kernel against ISA-L's, in one run on one disk.

usage: bench/parity.py --build BUILD_FOLDER [--bytes N] [--percent P] [--folder WORK]

Needs `par2` and `libisal-dev` of Debian, and a build of the libraries. par2 gets 2000 blocks, its usual number,
and all processors, as we take. Repair: a burst of
half the parity is overwritten in a copy for each, and the whole file written anew.
"""
import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent


def build_driver(build, to):
    libraries = [build / f"libpannier_{name}.a" for name in ("carry", "format", "base")]
    subprocess.run(["g++", "-std=c++20", "-O2", f"-I{SOURCE}/src", SOURCE / "bench/parity_driver.cc", "-o", to,
                    *libraries, "-lisal", "-lcrypto", "-lmbedcrypto", "-lutf8proc", "-lzstd", "-lz", "-lpthread"],
                   check=True)


def timed(*command):
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def make_file(path, size):
    with open(path, "wb") as out:
        while size > 0:
            out.write(os.urandom(min(size, 1 << 24)))
            size -= 1 << 24
    os.sync()


def damage(path, offset, size):
    with open(path, "r+b") as out:
        out.seek(offset)
        out.write(b"x" * size)


def measure(driver, work, size, percent):
    bundle = work / "a.pannier"
    make_file(bundle, size)
    result = {"bytes": size, "percent": percent}
    result["encode_s"] = timed(driver, "encode", bundle, str(percent))
    par2 = work / "par2"
    par2.mkdir()
    shutil.copyfile(bundle, par2 / "a.bin")
    result["par2_encode_s"] = timed("par2", "create", "-q", "-q", f"-r{percent}", "-n1", "-b2000", par2 / "a.par2", par2 / "a.bin")
    hurt = size * percent // 200
    for path in (bundle, par2 / "a.bin"):
        damage(path, size // 3, hurt)
    result["par2_repair_s"] = timed("par2", "repair", "-q", "-q", par2 / "a.par2")
    result["repair_s"] = timed(driver, "repair", bundle, work / "mended")
    subprocess.run(["cmp", work / "mended/a.pannier", par2 / "a.bin"], check=True)
    isal, ours = map(float, subprocess.run([driver, "kernels", "100", str(percent)], check=True, text=True,
                                           capture_output=True).stdout.split())
    result.update(isal_gb_s=isal, kernel_gb_s=ours)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--bytes", type=int, default=1 << 30)
    parser.add_argument("--percent", type=int, default=10)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        driver = work / "parity_driver"
        build_driver(options.build, driver)
        result = measure(driver, work, options.bytes, options.percent)
    finally:
        shutil.rmtree(work)
    for verb in ("encode", "repair"):
        result[f"{verb}_mb_s"] = round(result["bytes"] / result[f"{verb}_s"] / 1e6)
        result[f"par2_{verb}_mb_s"] = round(result["bytes"] / result[f"par2_{verb}_s"] / 1e6)
        result[f"{verb}_times_par2"] = round(result[f"par2_{verb}_s"] / result[f"{verb}_s"], 1)
    result["kernel_to_isal"] = round(result["kernel_gb_s"] / result["isal_gb_s"], 2)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
