#!/usr/bin/env python3
"""Times text-classification: Pannier beside its peers, in one interleaved run.

usage: classify.py [--model DIR] [--data FILE] [--cores 0,1] [--rounds 5] [--copies N]
                   [--engines NAME,NAME] [--json FILE]

Every engine classifies the same sentences on the same cores, in fp32, round after round in turn; medians
are printed with the least and the most. How to read the figures: bench/README.md. The executable is
$PANNIER, else build/pannier. Run through `./dev bench`.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "offline-sentiment"
SENTENCE = "This movie was a wonderful surprise and I loved it."
BATCH = 32

# --- the engines: each runs in a process of its own, `classify.py --worker NAME` -------------------


class Peer:
    """Loads a folder once; labels(texts) classifies them all."""

    sort_by_length = False

    def __init__(self, folder, threads):
        self.folder, self.threads = folder, threads
        self.names = json.loads((pathlib.Path(folder) / "config.json").read_text())["id2label"]

    def load_tokenizer(self):
        from tokenizers import Tokenizer
        self.tokenizer = Tokenizer.from_file(f"{self.folder}/tokenizer.json")
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(512)

    def padded(self, rows):
        import numpy as np
        width = max(map(len, rows))
        ids = np.zeros((len(rows), width), np.int64)
        mask = np.zeros((len(rows), width), np.int64)
        for i, row in enumerate(rows):
            ids[i, :len(row)] = row
            mask[i, :len(row)] = 1
        return ids, mask

    def labels(self, texts):
        rows = [encoding.ids for encoding in self.tokenizer.encode_batch_fast(texts)]
        order = list(range(len(rows)))
        if self.sort_by_length:
            order.sort(key=lambda i: len(rows[i]))
        found = [None] * len(rows)
        for begin in range(0, len(order), BATCH):
            part = order[begin:begin + BATCH]
            logits = self.logits(*self.padded([rows[i] for i in part]))
            for i, label in zip(part, logits.argmax(-1)):
                found[i] = self.names[str(int(label))]
        return found


class Torch(Peer):
    def __init__(self, folder, threads):
        super().__init__(folder, threads)
        import torch
        import transformers
        torch.set_num_threads(threads)
        self.load_tokenizer()
        self.model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()

    def logits(self, ids, mask):
        import torch
        with torch.inference_mode():
            return self.model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).logits.numpy()


class TorchSorted(Torch):
    sort_by_length = True


class Onnx(Peer):
    def __init__(self, folder, threads):
        super().__init__(folder, threads)
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.load_tokenizer()
        self.session = onnxruntime.InferenceSession(os.environ["PANNIER_BENCH_ONNX"], options,
                                                    providers=["CPUExecutionProvider"])

    def logits(self, ids, mask):
        return self.session.run(None, {"input_ids": ids, "attention_mask": mask})[0]


class OnnxSorted(Onnx):
    sort_by_length = True


class Pipeline(Peer):
    options = {}

    def __init__(self, folder, threads):
        super().__init__(folder, threads)
        import torch
        import transformers
        torch.set_num_threads(threads)
        self.pipe = transformers.pipeline("text-classification", model=folder, dtype=torch.float32, **self.options)

    def labels(self, texts):
        return [answer["label"] for answer in self.pipe(texts, truncation=True)]


class PipelineBatched(Pipeline):
    options = {"batch_size": BATCH}


PEERS = {
    "ort-sorted": OnnxSorted,
    "ort": Onnx,
    "torch-sorted": TorchSorted,
    "torch": Torch,
    "pipeline-batched": PipelineBatched,
    "pipeline": Pipeline,
}

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


def export_onnx(folder, path):
    """The model as ONNX Runtime likes it best: exported, then its attention and GELU fused."""
    import torch
    import transformers
    from onnxruntime.transformers import optimizer
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()

    class Logits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model  # a part of it, so that its weights become the graph's

        def forward(self, input_ids, attention_mask):
            return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    mask = torch.ones(2, 16, dtype=torch.long)
    mask[1, 10:] = 0
    sizes = {0: "batch", 1: "tokens"}
    with torch.no_grad():
        torch.onnx.export(Logits(), (torch.randint(1000, 2000, (2, 16)), mask), path + ".plain", dynamo=False,
                          input_names=["input_ids", "attention_mask"], output_names=["logits"], opset_version=17,
                          dynamic_axes={"input_ids": sizes, "attention_mask": sizes, "logits": {0: "batch"}})
    fused = optimizer.optimize_model(path + ".plain", model_type="bert", num_heads=model.config.num_attention_heads,
                                     hidden_size=model.config.hidden_size, opt_level=0, use_gpu=False)
    fused.save_model_to_file(path)


def worker(name, folder, threads):
    """Loads, then for each line of standard input reads that file and prints seconds and labels."""
    import transformers
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    if name == "export":
        export_onnx(folder, os.environ["PANNIER_BENCH_ONNX"])
        print("[]", flush=True)
        return
    peer = PEERS[name](folder, threads)
    for line in sys.stdin:
        texts = pathlib.Path(line.strip()).read_text(encoding="utf-8").rstrip("\n").split("\n")
        begin = time.perf_counter()
        labels = peer.labels(texts)
        print(json.dumps([time.perf_counter() - begin, labels]), flush=True)


# --- the measuring side ----------------------------------------------------------------------------


class Bench:
    def __init__(self, arguments, folder):
        self.model = str(pathlib.Path(arguments.model).resolve())
        self.cores = [int(core) for core in arguments.cores.split(",")]
        self.pannier = os.environ.get("PANNIER", str(ROOT / "build" / "pannier"))
        self.folder = folder
        self.onnx = os.path.join(folder, "model.onnx")
        threads = str(len(self.cores))
        self.environment = dict(os.environ, PANNIER_BENCH_ONNX=self.onnx, HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1",
                                OMP_NUM_THREADS=threads, RAYON_NUM_THREADS=threads, TOKENIZERS_PARALLELISM="true")
        for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
            self.environment.pop(name, None)

    def start(self, command, **options):
        return subprocess.Popen(command, env=self.environment, text=True, encoding="utf-8",
                                preexec_fn=lambda: os.sched_setaffinity(0, self.cores), **options)

    def start_worker(self, name):
        command = [sys.executable, "-W", "ignore", __file__, "--worker", name, "--model", self.model,
                   "--cores", ",".join(map(str, self.cores))]
        return self.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def pannier_pass(self, path):
        """Seconds of the whole process, loading included, and its labels."""
        command = [self.pannier, "run", "text-classification", "-m", self.model, "-i", path, "--input-format", "lines",
                   "--json", "--threads", str(len(self.cores))]
        begin = time.perf_counter()
        process = self.start(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        output, _ = process.communicate()
        seconds = time.perf_counter() - begin
        if process.returncode != 0:
            sys.exit(f"classify.py: {' '.join(command)} exits with {process.returncode}")
        return seconds, [json.loads(line)[0]["label"] for line in output.splitlines()]

    def cold(self, command):
        """Milliseconds from starting a process to the first line it prints, and that line."""
        begin = time.perf_counter()
        process = self.start(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = process.stdout.readline()
        milliseconds = (time.perf_counter() - begin) * 1e3
        process.communicate()
        return milliseconds, line.split("\t")[0].strip()


def throughput(bench, path, engines, rounds):
    """Engine name -> seconds of each round; and the labels each gave."""
    workers = {name: bench.start_worker(name) for name in engines if name != "pannier"}

    def one(name):
        if name == "pannier":
            return bench.pannier_pass(path)
        workers[name].stdin.write(path + "\n")
        workers[name].stdin.flush()
        line = workers[name].stdout.readline()
        if not line:
            sys.exit(f"classify.py: {name} died; try: {sys.executable} {__file__} --worker {name} --model {bench.model}")
        return json.loads(line)

    seconds, labels = {name: [] for name in engines}, {}
    for number in range(-1, rounds):  # round -1 warms up
        for name in engines:
            spent, labels[name] = one(name)
            if number >= 0:
                seconds[name].append(spent)
    for process in workers.values():
        process.stdin.close()
        process.wait()
    return seconds, labels


def cold_starts(bench, engines, rounds):
    commands = {"pannier": [bench.pannier, "run", "text-classification", "-m", bench.model, SENTENCE]}
    for name, code in COLD.items():
        if name in engines:
            text = code.format(model=bench.model, text=SENTENCE, onnx=bench.onnx)
            commands[name] = [sys.executable, "-W", "ignore", "-c", text]
    times = {name: [] for name in commands if name in engines}
    for number in range(-1, rounds):
        for name in times:
            milliseconds, label = bench.cold(commands[name])
            if not label:
                sys.exit(f"classify.py: {name} printed nothing")
            if number >= 0:
                times[name].append(milliseconds)
    return times


def spread(values, digits):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def report(result, count):
    print(f"model {result['model']}, {count} sentences, cores {result['cores']}, load before {result['load']}\n")
    print("sentences/s, natural order unless sorted; median (least to most):")
    base = statistics.median(result["seconds"].get("pannier", [float("nan")]))
    for name, seconds in result["seconds"].items():
        rates = [count / s for s in seconds]
        ratio = statistics.median(seconds) / base
        print(f"  {name:18s} {spread(rates, 0):32s} pannier is {ratio:5.2f}x; {result['agreement'][name]} labels equal")
    print("\nnew process to first label, ms:")
    for name, times in result["cold_ms"].items():
        print(f"  {name:18s} {spread(times, 1)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=str(EXAMPLE / "sst2-tiny"))
    parser.add_argument("--data", default=str(EXAMPLE / "dev.tsv"), help="a sentence a line; what follows a tab is left out")
    parser.add_argument("--cores", default="0,1", help="processors to run on; as many threads")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--copies", type=int, default=4, help="the sentences this many times over")
    parser.add_argument("--engines", default=",".join(["pannier", *PEERS]))
    parser.add_argument("--json", help="write the raw figures there")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        worker(arguments.worker, arguments.model, len(arguments.cores.split(",")))
        return
    engines = arguments.engines.split(",")
    lines = pathlib.Path(arguments.data).read_text(encoding="utf-8").rstrip("\n").split("\n")
    texts = [line.split("\t")[0] for line in lines] * arguments.copies
    with tempfile.TemporaryDirectory(prefix="pannier-bench-") as folder:
        bench = Bench(arguments, folder)
        path = os.path.join(folder, "texts.txt")
        pathlib.Path(path).write_text("\n".join(texts) + "\n", encoding="utf-8")
        if any(name.startswith("ort") for name in engines):
            exporter = bench.start_worker("export")
            if exporter.communicate()[0] != "[]\n":
                sys.exit("classify.py: the model could not be exported to ONNX; leave ort out with --engines")
        result = {"model": os.path.basename(bench.model), "cores": arguments.cores, "load": os.getloadavg()[0]}
        result["seconds"], labels = throughput(bench, path, engines, arguments.rounds)
        first = labels[engines[0]]
        result["agreement"] = {name: sum(a == b for a, b in zip(first, found)) for name, found in labels.items()}
        result["cold_ms"] = cold_starts(bench, engines, arguments.rounds)
    report(result, len(texts))
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
