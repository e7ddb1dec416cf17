"""How much work a text is, and how much this machine can do: what turns seconds into shares of the peak."""

import json
import pathlib
import subprocess

BENCH = pathlib.Path(__file__).resolve().parent


def encoder_flops(config, tokens):
    """Floating-point operations of the model as written, for one text of so many tokens, two to a multiply-add.

    A block of width D and feed-forward width F multiplies each token with the matrices of queries, keys,
    values and outputs (4 D^2) and of the feed-forward network (2 D F); attention adds each token's scores
    with all tokens (D each) and the sum of their values (D each). Embeddings, norms, activations and the head are
    left out: together below 1 %. DistilBERT-base: 85 million a token, and attention.
    """
    if config["model_type"] == "distilbert":
        width, inner, blocks = config["dim"], config["hidden_dim"], config["n_layers"]
    else:
        width, inner, blocks = config["hidden_size"], config["intermediate_size"], config["num_hidden_layers"]
    matrices = 4 * width * width + 2 * width * inner
    attention = 2 * width * tokens
    return 2 * blocks * tokens * (matrices + attention)


def total_flops(folder, token_counts):
    config = json.loads((pathlib.Path(folder) / "config.json").read_text(encoding="utf-8"))
    return sum(encoder_flops(config, tokens) for tokens in token_counts)


def build_peak(folder):
    """Compiles peak.cc into that folder; the executable's path."""
    program = str(pathlib.Path(folder) / "peak")
    subprocess.run(["g++", "-std=c++20", "-O2", "-pthread", str(BENCH / "peak.cc"), "-o", program], check=True)
    return program
