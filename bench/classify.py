#!/usr/bin/env python3
"""Times text-classification: Pannier beside its peers, in one interleaved run.

usage: classify.py [--model DIR | --shape NAME] [--data FILE] [--cores 0,1] [--rounds 5] [--copies N]
                   [--engines NAME,NAME] [--json FILE]

Every engine classifies the same sentences on the same cores, in fp32, round after round in turn: whole
files, one sentence at a time, and from a cold start. Medians are printed with the least and the most, then
memory. How to read the figures: bench/README.md. The executable is $PANNIER, else build/pannier. Run
through `./dev bench`.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import make_seeded_model
import peers
import work

ROOT = pathlib.Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "offline-sentiment"
SENTENCE = "This movie was a wonderful surprise and I loved it."  # 13 tokens
CALLS_PER_ROUND = 40
# A pass of fewer operations would be over before the clock has digits; one of more, a test of patience.
PASS_FLOPS = 2e12
COPIES_MAX = 4

# Start-up: what a script would do that wants one answer.
COLD = {
    "pipeline": "import torch\nfrom transformers import pipeline\n"
                "p = pipeline('text-classification', model={model!r}, dtype=torch.float32)\n"
                "print(p({text!r})[0]['label'], flush=True)\n",
    "ort": "import json, numpy, onnxruntime\nfrom tokenizers import Tokenizer\n"
           "ids = Tokenizer.from_file({model!r} + '/tokenizer.json').encode({text!r}).ids\n"
           "s = onnxruntime.InferenceSession({onnx!r}, providers=['CPUExecutionProvider'])\n"
           "x = numpy.array([ids], numpy.int64)\n"
           "y = s.run(None, {{'input_ids': x, 'attention_mask': numpy.ones_like(x)}})[0][0]\n"
           "print(json.load(open({model!r} + '/config.json'))['id2label'][str(int(y.argmax()))], flush=True)\n",
}


class Bench:
    """How every process is started: on which cores, with which settings."""

    def __init__(self, model, cores, folder):
        self.model = str(pathlib.Path(model).resolve())
        self.cores = [int(core) for core in cores.split(",")]
        self.pannier = os.environ.get("PANNIER", str(ROOT / "build" / "pannier"))
        self.onnx = os.path.join(folder, "model.onnx")
        threads = str(len(self.cores))
        self.environment = dict(os.environ, PANNIER_BENCH_ONNX=self.onnx, HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1",
                                OMP_NUM_THREADS=threads, RAYON_NUM_THREADS=threads, TOKENIZERS_PARALLELISM="true")
        for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
            self.environment.pop(name, None)

    def start(self, command, **options):
        return subprocess.Popen(command, env=self.environment, text=True, encoding="utf-8", stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, self.cores),
                                **options)

    def pannier_command(self, source):
        return [self.pannier, "run", "text-classification", "-m", "dir:" + self.model, "-i", source, "--input-format",
                "lines", "--json", "--threads", str(len(self.cores))]

    def chore(self, name, request=None):
        """What peers.py answers to one request, or says by itself."""
        process = self.start(worker_command(self, name), stdin=subprocess.PIPE)
        output, _ = process.communicate("" if request is None else json.dumps(request) + "\n")
        if process.returncode != 0:
            sys.exit(f"classify.py: failed: {' '.join(worker_command(self, name))}")
        return json.loads(output)


def worker_command(bench, name):
    return [sys.executable, "-W", "ignore", str(pathlib.Path(__file__).with_name("peers.py")), name, bench.model,
            str(len(bench.cores))]


# --- engines: what is asked of each ------------------------------------------------------------------


class Resident:
    """A process that stays, is sent lines and answers each."""

    def __init__(self, bench, command):
        self.bench, self.command = bench, command
        self.process = bench.start(command, stdin=subprocess.PIPE)

    def write(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"classify.py: it died: {' '.join(self.command)}")
        return json.loads(line)

    def memory(self):
        """Kilobytes: the most that was resident, and how much of what is now is anonymous."""
        lines = pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        return {name: int(fields[name].split()[0]) for name in ("VmHWM", "RssAnon")}

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Worker(Resident):
    """A peer."""

    def __init__(self, bench, name):
        super().__init__(bench, worker_command(bench, name))
        self.read()  # it is ready

    def whole_file(self, path):
        self.write(json.dumps({"file": path}))
        answer = self.read()
        return answer["seconds"], answer["labels"]

    def one(self, text):
        self.write(json.dumps({"text": text}))
        return self.read()["labels"][0]

    def peak(self, path):
        self.whole_file(path)
        return self.memory()


class Pannier(Resident):
    """The executable: resident, as a filter, for single sentences; a new process for each whole file."""

    def __init__(self, bench):
        super().__init__(bench, bench.pannier_command("-"))

    def whole_file(self, path):
        command = self.bench.pannier_command(path)
        begin = time.perf_counter()
        process = self.bench.start(command)
        output, _ = process.communicate()
        seconds = time.perf_counter() - begin
        if process.returncode != 0:
            sys.exit(f"classify.py: {' '.join(command)} exits with {process.returncode}")
        return seconds, [json.loads(line)[0]["label"] for line in output.splitlines()]

    def one(self, text):
        self.write(text)
        return self.read()[0]["label"]

    def peak(self, path):
        """Of the process that stays, after it was sent the file as fast as it takes it."""
        texts = peers.texts_of(path)
        sender = threading.Thread(target=lambda: self.write("\n".join(texts)))
        sender.start()
        for _ in texts:
            self.read()
        sender.join()
        return self.memory()


# --- measuring -----------------------------------------------------------------------------------------


def throughput(engines, path, rounds):
    """Engine name -> seconds of each round; and the labels each gave."""
    seconds, labels = {name: [] for name in engines}, {}
    for number in range(-1, rounds):  # round -1 warms up
        for name, engine in engines.items():
            spent, labels[name] = engine.whole_file(path)
            if number >= 0:
                seconds[name].append(spent)
    return seconds, labels


def latencies(engines, rounds):
    """Engine name -> milliseconds from a sentence written to a pipe to its label read from another."""
    times = {name: [] for name in engines}
    for number in range(-1, rounds):
        for name, engine in engines.items():
            for _ in range(CALLS_PER_ROUND):
                begin = time.perf_counter()
                engine.one(SENTENCE)
                if number >= 0:
                    times[name].append((time.perf_counter() - begin) * 1e3)
    return times


def cold_start(bench, command):
    """Milliseconds from starting a process to the first line it prints."""
    begin = time.perf_counter()
    process = bench.start(command)
    line = process.stdout.readline()
    milliseconds = (time.perf_counter() - begin) * 1e3
    process.communicate()
    if not line.strip():
        sys.exit(f"classify.py: printed nothing: {' '.join(command)}")
    return milliseconds


def cold_starts(bench, names, rounds):
    commands = {"pannier": [bench.pannier, "run", "text-classification", "-m", "dir:" + bench.model, SENTENCE]}
    for name, code in COLD.items():
        text = code.format(model=bench.model, text=SENTENCE, onnx=bench.onnx)
        commands[name] = [sys.executable, "-W", "ignore", "-c", text]
    times = {name: [] for name in commands if name in names}
    for number in range(-1, rounds):
        for name, values in times.items():
            milliseconds = cold_start(bench, commands[name])
            if number >= 0:
                values.append(milliseconds)
    return times


def peaks(bench, folder):
    """The machine's own: a list of instructions, threads, gflops."""
    process = bench.start([work.build_peak(folder), str(len(bench.cores))])
    output, _ = process.communicate()
    return [json.loads(line) for line in output.splitlines()]


def measure(bench, names, path, rounds, folder):
    """All of it, as one dictionary that report() prints."""
    texts = peers.texts_of(path)
    counts = bench.chore("count", {"file": path})
    if any(name.startswith(("ort", "openvino")) for name in names):
        bench.chore("export")
    result = {"model": os.path.basename(bench.model), "cores": bench.cores, "load": os.getloadavg()[0],
              "sentences": len(texts), "tokens": sum(counts), "flops": work.total_flops(bench.model, counts),
              "weight_bytes": sum(file.stat().st_size for file in pathlib.Path(bench.model).iterdir()
                                  if file.suffix in (".safetensors", ".bin"))}
    result["peak"] = peaks(bench, folder)
    engines = {name: Pannier(bench) if name == "pannier" else Worker(bench, name) for name in names}
    result["latency_ms"] = latencies(engines, rounds)
    result["seconds"], labels = throughput(engines, path, rounds)
    result["memory_kb"] = {name: engine.peak(path) for name, engine in engines.items()}
    for engine in engines.values():
        engine.end()
    result["peak_after"] = peaks(bench, folder)
    first = labels[names[0]]
    result["agreement"] = {name: sum(a == b for a, b in zip(first, found)) for name, found in labels.items()}
    result["cold_ms"] = cold_starts(bench, names, rounds)
    return result


# --- printing ------------------------------------------------------------------------------------------


def spread(values, digits):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def report_throughput(result):
    best = max(peak["gflops"] for peak in result["peak"] + result["peak_after"]
               if peak["threads"] == len(result["cores"]))
    shown = ", ".join(f"{peak['gflops']:.0f} on {peak['threads']} ({peak['instructions']})" for peak in result["peak"])
    print(f"multiply-adds at best, GFLOP/s: {shown}; afterwards "
          + ", ".join(f"{peak['gflops']:.0f}" for peak in result["peak_after"]))
    print("\nsentences/s, natural order unless sorted, median (least to most); GFLOP/s on real tokens; labels equal:")
    base = statistics.median(result["seconds"].get("pannier", [float("nan")]))
    for name, seconds in result["seconds"].items():
        median = statistics.median(seconds)
        rates = [result["sentences"] / s for s in seconds]
        gflops = result["flops"] / median / 1e9
        print(f"  {name:17s} {spread(rates, 0):26s} pannier is {median / base:5.2f}x  {gflops:6.1f} GFLOP/s, "
              f"{gflops / best:4.0%} of the best  {result['agreement'][name]} equal")


def report(result):
    print(f"model {result['model']}, {result['sentences']} sentences of {result['tokens']} tokens, cores "
          f"{','.join(map(str, result['cores']))}, load before {result['load']:.2f}")
    report_throughput(result)
    print("\none sentence of 13 tokens, resident process, ms: median (least to most), and the 95th of 100")
    for name, times in result["latency_ms"].items():
        late = sorted(times)[len(times) * 95 // 100]
        print(f"  {name:17s} {spread(times, 2):26s} {late:.2f}")
    weights = result["weight_bytes"] / 2**20
    print(f"\nmemory, MiB; the weight files are {weights:.0f}: peak resident, less the weights; anonymous at the end")
    for name, memory in result["memory_kb"].items():
        peak = memory["VmHWM"] / 1024
        print(f"  {name:17s} {peak:6.0f} {peak - weights:6.0f} {memory['RssAnon'] / 1024:6.0f}")
    print("\nnew process to first label, ms:")
    for name, times in result["cold_ms"].items():
        print(f"  {name:17s} {spread(times, 1)}")


# --- the command line ----------------------------------------------------------------------------------


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a folder (default: the example's)")
    parser.add_argument("--shape", choices=make_seeded_model.SHAPES, help="a model of that shape with random weights")
    parser.add_argument("--data", default=str(EXAMPLE / "dev.tsv"), help="a sentence a line; what follows a tab is left out")
    parser.add_argument("--cores", default="0,1", help="processors to run on; as many threads")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--copies", type=int, help="the sentences this many times over (default: by the model's size)")
    parser.add_argument("--engines", help="of pannier, " + ", ".join(peers.PEERS) + " (default: all that are installed)")
    parser.add_argument("--json", help="write the raw figures there")
    return parser.parse_args()


def model_folder(arguments):
    if arguments.model or not arguments.shape:
        return arguments.model or str(EXAMPLE / "sst2-tiny")
    folder = ROOT / "build" / "bench" / (arguments.shape + "-seeded")
    if not (folder / "tokenizer_config.json").exists():  # the last file that is written
        make_seeded_model.make(arguments.shape, folder)
    return str(folder)


def copies_for(bench, path):
    flops = work.total_flops(bench.model, bench.chore("count", {"file": path}))
    return max(1, min(COPIES_MAX, round(PASS_FLOPS / flops)))


def main():
    arguments = parse_arguments()
    names = arguments.engines.split(",") if arguments.engines else ["pannier", *peers.installed_peers()]
    lines = [line.split("\t")[0] for line in peers.texts_of(arguments.data)]
    with tempfile.TemporaryDirectory(prefix="pannier-bench-") as folder:
        bench = Bench(model_folder(arguments), arguments.cores, folder)
        path = os.path.join(folder, "texts.txt")
        pathlib.Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
        lines *= arguments.copies or copies_for(bench, path)
        pathlib.Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
        result = measure(bench, names, path, arguments.rounds, folder)
    report(result)
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
