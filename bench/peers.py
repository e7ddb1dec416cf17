#!/usr/bin/env python3
"""The engines that Pannier is timed beside: each in a process of its own, `peers.py NAME FOLDER THREADS`.

A worker loads the model, says {"ready": …}, then answers each line of standard input, a JSON object:
{"file": PATH}, a text a line -> {"seconds": …, "labels": […]}; {"text": …} -> {"labels": [label]}.
Two workers do a chore and end: `export` writes the model for ONNX Runtime and OpenVINO, `count` prints how
many tokens each text of a file has. Started by classify.py, which sets $PANNIER_BENCH_ONNX.
"""

import importlib.util
import json
import os
import pathlib
import sys
import time

BATCH = 32


class Peer:
    """Loads a folder once; labels(texts) classifies them all."""

    sort_by_length = False
    needs = ()  # modules; without them there is no such row

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
    needs = ("torch", "transformers")

    def __init__(self, folder, threads):
        super().__init__(folder, threads)
        torch, transformers = import_torch(threads)
        self.load_tokenizer()
        self.model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()

    def logits(self, ids, mask):
        import torch
        with torch.inference_mode():
            return self.model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).logits.numpy()


class TorchSorted(Torch):
    sort_by_length = True


class Onnx(Peer):
    needs = ("onnx", "onnxruntime", "torch")

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


class OpenVino(Peer):
    """Reads the plain export and fuses for itself."""

    needs = ("openvino", "onnx", "torch")

    def __init__(self, folder, threads):
        super().__init__(folder, threads)
        import openvino
        self.load_tokenizer()
        options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
        model = openvino.Core().compile_model(os.environ["PANNIER_BENCH_ONNX"] + ".plain", "CPU", options)
        self.request = model.create_infer_request()

    def logits(self, ids, mask):
        return self.request.infer({"input_ids": ids, "attention_mask": mask})[0]


class OpenVinoSorted(OpenVino):
    sort_by_length = True


class Pipeline(Peer):
    needs = ("torch", "transformers")
    options = {}

    def __init__(self, folder, threads):
        super().__init__(folder, threads)
        torch, transformers = import_torch(threads)
        self.pipe = transformers.pipeline("text-classification", model=folder, dtype=torch.float32, **self.options)

    def labels(self, texts):
        return [answer["label"] for answer in self.pipe(texts, truncation=True)]


class PipelineBatched(Pipeline):
    options = {"batch_size": BATCH}


PEERS = {
    "ort-sorted": OnnxSorted,
    "ort": Onnx,
    "openvino-sorted": OpenVinoSorted,
    "openvino": OpenVino,
    "torch-sorted": TorchSorted,
    "torch": Torch,
    "pipeline-batched": PipelineBatched,
    "pipeline": Pipeline,
}


def installed_peers():
    return [name for name, peer in PEERS.items() if all(importlib.util.find_spec(module) for module in peer.needs)]


def import_torch(threads):
    import torch
    import transformers
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(threads)
    return torch, transformers


def export_onnx(folder, path):
    """The model as exported (PATH.plain), and as ONNX Runtime likes it best: its attention and GELU fused (PATH)."""
    torch, transformers = import_torch(1)
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


def texts_of(path):
    return pathlib.Path(path).read_text(encoding="utf-8").rstrip("\n").split("\n")


def say(answer):
    print(json.dumps(answer), flush=True)


def main(name, folder, threads):
    if name == "export":
        export_onnx(folder, os.environ["PANNIER_BENCH_ONNX"])
        say({"ready": name})
        return
    if name == "count":
        peer = Peer(folder, threads)
        peer.load_tokenizer()
        for line in sys.stdin:
            say([len(encoding.ids) for encoding in peer.tokenizer.encode_batch_fast(texts_of(json.loads(line)["file"]))])
        return
    peer = PEERS[name](folder, threads)
    say({"ready": name})
    for line in sys.stdin:
        request = json.loads(line)
        texts = texts_of(request["file"]) if "file" in request else [request["text"]]
        begin = time.perf_counter()
        labels = peer.labels(texts)
        say({"seconds": time.perf_counter() - begin, "labels": labels})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
