#!/usr/bin/env python3
"""Times fetching over loopback: `pannier fetch` beside `hf download` and curl, in one interleaved run.

usage: fetch.py [--scenarios big,small,wheels] [--servers nginx,hub] [--rounds 5] [--megabytes 2048]
                [--files 2000] [--folder DIR] [--json FILE]

`big` is one safetensors file of --megabytes, `small` a repository of --files small files, `wheels` a
wheelhouse for two targets. Each row ends with every byte's SHA-256 checked. How to read the figures:
bench/README.md. The executable is $PANNIER, else build/pannier. Run through `./dev bench fetch`.
"""

import argparse
import hashlib
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BIN = pathlib.Path(sys.executable).parent
PANNIER = os.environ.get("PANNIER", str(ROOT / "build" / "pannier"))
PACKAGES = ["transformers==5.23.0", "tokenizers==0.23.3", "safetensors==0.8.0"]
# Pannier's name of the target, uv's and pip's of the same machine.
TARGETS = [
    ("linux-x86_64-glibc2.28-cp312", "x86_64-manylinux_2_28", ["manylinux_2_28_x86_64", "manylinux_2_17_x86_64",
                                                               "manylinux2014_x86_64"]),
    ("windows-x86_64-cp312", "x86_64-pc-windows-msvc", ["win_amd64"]),
]
PYTHON_VERSION = "3.12"

sys.path.insert(0, str(ROOT / "tests" / "hub"))
import nginx  # noqa: E402: the path is set above
from fetching import resident_peak_mb  # noqa: E402
from simple_index import SimpleIndex  # noqa: E402
from test_hub import Repository, TestHub  # noqa: E402

# ---- what is fetched ------------------------------------------------------------------------------


def make_big(folder, megabytes):
    """Bytes that no file system and no transfer can shrink, behind a header that is right."""
    path = folder / "model.safetensors"
    count = megabytes << 20
    header = json.dumps({"w": {"dtype": "U8", "shape": [count], "data_offsets": [0, count]}}).encode()
    header += b" " * (-len(header) % 8)
    source = random.Random(5)
    with open(path, "wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for _ in range(megabytes):
            file.write(source.randbytes(1 << 20))
    repository = Repository("bench/big")
    repository.commit({"model.safetensors": path, "config.json": b'{"model_type": "none"}\n'})
    return repository


def make_small(folder, count):
    source = random.Random(6)
    files = {}
    for number in range(count):
        path = folder / "small" / f"part{number % 20}" / f"{number:05d}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"n": number, "x": source.randbytes(source.randrange(200, 4000)).hex()}))
        files[path.relative_to(folder / "small").as_posix()] = path
    repository = Repository("bench/small")
    repository.commit(files)
    return repository


# ---- how: each row is commands run one after the other in an empty folder ---------------------------


def quoted(path):
    return "'" + str(path).replace("'", "'\\''") + "'"


def digests_of_all(folder):
    return ["sh", "-c", f"find {quoted(folder)} -type f ! -path '*/.cache/*' -print0 | xargs -0 openssl dgst -sha256 "
                        f"> {quoted(folder)}.sums"]


def pannier_row(url, repository, work):
    return [[PANNIER, "fetch", repository.name, "--hub-url", url, "--store", work / "store", "--files", "all", "--quiet"]]


def hf_row(_url, repository, work):
    return [[BIN / "hf", "download", repository.name, "--local-dir", work / "hf", "--quiet"], digests_of_all(work / "hf")]


def curl_row(url, repository, work):
    lines = []
    for path in repository.find("main").files:
        lines += [f'url = "{url}/{repository.name}/resolve/main/{path}"', f'output = "{work / "curl" / path}"']
    (work / "curl.txt").write_text("\n".join(lines) + "\n")
    return [["curl", "--silent", "--fail", "--location", "--parallel", "--create-dirs", "--config", work / "curl.txt"],
            ["sync", "-f", work], digests_of_all(work / "curl")]


ROWS = {"pannier fetch": pannier_row, "hf download + sha256": hf_row, "curl + sync + openssl": curl_row}


class Bench:
    def __init__(self, folder, rounds):
        self.folder, self.rounds = folder, rounds
        self.results = []

    def run(self, command, environment):
        """The most memory that the process had, in MB. (sh is not looked into: what it starts is no contestant.)"""
        process = subprocess.Popen([str(word) for word in command], env=environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        peak = 0
        while process.poll() is None:
            peak = max(peak, resident_peak_mb(process.pid))
            time.sleep(0.01)
        errors = process.stderr.read().decode(errors="replace")
        if process.returncode != 0:
            sys.exit(f"fetch.py: {' '.join(map(str, command))}: exit {process.returncode}\n{errors}")
        return peak

    def once(self, make_commands, environment):
        """(seconds, peak memory) of a row in a fresh folder; what was written before is on the disk already."""
        work = pathlib.Path(tempfile.mkdtemp(dir=self.folder, prefix="row-"))
        commands = make_commands(work)
        environment = dict(environment, HF_HOME=str(work / "hf-home"), XDG_CACHE_HOME=str(work / "cache"),
                           XDG_DATA_HOME=str(work / "data"))
        os.sync()
        begin = time.perf_counter()
        peak = max(self.run(command, environment) for command in commands)
        seconds = time.perf_counter() - begin
        shutil.rmtree(work)
        return seconds, peak

    def compare(self, title, rows, environment):
        """Rows in turn within each round; round -1 warms up."""
        seconds, peaks = {name: [] for name in rows}, dict.fromkeys(rows, 0)
        for number in range(-1, self.rounds):
            for name, make_commands in rows.items():
                spent, peak = self.once(make_commands, environment)
                peaks[name] = max(peaks[name], peak)
                if number >= 0:
                    seconds[name].append(spent)
        self.results.append({"title": title, "seconds": seconds, "peak_mb": peaks})
        self.report(self.results[-1])

    @staticmethod
    def report(result):
        print(f"\n{result['title']}: seconds, median (least to most)")
        base = statistics.median(result["seconds"]["pannier fetch"])
        for name, values in result["seconds"].items():
            median = statistics.median(values)
            print(f"  {name:24s} {median:7.2f} ({min(values):.2f} to {max(values):.2f})   pannier is {base / median:5.2f}x of it"
                  f"   peak {result['peak_mb'][name]:6.0f} MB", flush=True)


def environment_of(url):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return dict(kept, HF_ENDPOINT=url, HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_UPDATE_CHECK="1",
                NO_PROXY="127.0.0.1,127.0.0.2", PANNIER_UV=str(BIN / "uv"), PIP_CONFIG_FILE=os.devnull, UV_NO_CONFIG="1")


def compare_repository(bench, kind, repository, servers):
    files = repository.find("main").files.values()
    what = f"{kind}: {len(files)} files, {sum(file.size for file in files) / 1e6:.0f} MB"
    for server in servers:
        made = nginx.NginxHub([repository], keep_folder=bench.folder) if server == "nginx" else TestHub([repository])
        with made as hub:
            rows = {name: lambda work, row=row: row(hub.url, repository, work) for name, row in ROWS.items()}
            bench.compare(f"{what}, from {server}", rows, environment_of(hub.url))


# ---- wheels ---------------------------------------------------------------------------------------


def uv_compile(platform, requirements, output, *options):
    return [BIN / "uv", "pip", "compile", "--quiet", "--only-binary", ":all:", "--no-python-downloads",
            "--python-platform", platform, "--python-version", PYTHON_VERSION, "-o", output, *options, requirements]


def collect_wheels(folder, work):
    """The wheels of both targets, from the index that is configured here, once: uv says which, as pip would
    evaluate markers for this machine; pip fetches."""
    (work / "in.txt").write_text("\n".join(PACKAGES) + "\n")
    for _target, platform, platforms in TARGETS:
        subprocess.run([str(word) for word in uv_compile(platform, work / "in.txt", work / "pins.txt")], check=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", folder,
                   "--python-version", PYTHON_VERSION, "--implementation", "cp", "-r", work / "pins.txt"]
        for name in platforms:
            command += ["--platform", name]
        subprocess.run([str(word) for word in command], check=True)


def compare_wheels(bench):
    folder = bench.folder / "wheels"
    collect_wheels(folder, bench.folder)
    with SimpleIndex(folder) as index:
        simple = index.url + "/simple"

        def with_pannier(work):
            words = [PANNIER, "fetch", "--store", work / "store", "--quiet", "--index-url", simple]
            for package in PACKAGES:
                words += ["--pip", package]
            for target, _uv, _platforms in TARGETS:
                words += ["--target", target]
            return [words]

        def with_uv_and_curl(work):
            (work / "in.txt").write_text("\n".join(PACKAGES) + "\n")
            commands = []
            for number, (_target, platform, _platforms) in enumerate(TARGETS):
                commands.append(uv_compile(platform, work / "in.txt", work / f"{number}.txt", "--no-config", "--index-url",
                                           simple, "--generate-hashes"))
            lines = []
            for name in index.files:
                lines += [f'url = "{index.url}/files/{name}"', f'output = "{work / "curl" / name}"']
            (work / "curl.txt").write_text("\n".join(lines) + "\n")
            return commands + [["curl", "--silent", "--fail", "--parallel", "--create-dirs", "--config", work / "curl.txt"]]

        rows = {"pannier fetch": with_pannier, "uv pip compile + curl": with_uv_and_curl}
        bench.compare(f"wheels: {len(index.files)} files for {len(TARGETS)} targets", rows, environment_of(index.url))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", default="big,small,wheels")
    parser.add_argument("--servers", default="nginx,hub")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=2048)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--folder", help="where to work; needs about three times --megabytes")
    parser.add_argument("--json", help="write the raw figures there")
    arguments = parser.parse_args()
    servers = arguments.servers.split(",")
    if "nginx" in servers and not nginx.find_nginx():
        sys.exit("fetch.py: nginx is not to be had; leave it out with --servers hub")
    with tempfile.TemporaryDirectory(prefix="pannier-bench-", dir=arguments.folder) as work:
        folder = pathlib.Path(work)
        folder.chmod(0o755)  # nginx's workers read it
        bench = Bench(folder, arguments.rounds)
        print(f"load before {os.getloadavg()[0]}; {hashlib.sha256(pathlib.Path(PANNIER).read_bytes()).hexdigest()[:12]} "
              f"is {PANNIER}")
        for scenario in arguments.scenarios.split(","):
            if scenario == "big":
                compare_repository(bench, "big", make_big(folder, arguments.megabytes), servers)
            elif scenario == "small":
                compare_repository(bench, "small", make_small(folder, arguments.files), servers)
            elif scenario == "wheels":
                compare_wheels(bench)
            else:
                sys.exit(f"fetch.py: no scenario {scenario}")
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(bench.results, indent=1) + "\n")


if __name__ == "__main__":
    main()
