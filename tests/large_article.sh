#!/bin/sh
# The article's two scripts, word for word, where there is no network: on a model and on wheels that came
# through one bundle. The example model stands in under the name and at the commit of the public one.
# Needs pip, a package index and the CPU build of torch; `./dev test --long` runs it.
set -eu

tests=$(cd "$(dirname "$0")" && pwd)
source_folder=${PANNIER_SOURCE_DIR:-$(dirname "$tests")}
name=distilbert/distilbert-base-uncased-finetuned-sst-2-english
bare=distilbert-base-uncased-finetuned-sst-2-english
commit=714eb0fa89d2f80546fda750413ed43d93601a13
torch=torch==2.13.0+cpu
folder=

say() { printf '== %s\n' "$*"; }

# ---- the isolated side: called again inside a network namespace -------------------------------------

# What a person with nothing but the medium has: no configuration, no caches.
alone() {
  env -i PATH=/usr/bin:/bin HOME="$folder/far-home" LC_ALL=C.UTF-8 PIP_CONFIG_FILE=/dev/null "$@"
}

# Both sentences, in their order, with the labels that the example model gives them.
expect_answers() {
  cat "$1"
  [ "$(grep -c "'label': '" "$1")" = 2 ]
  sed -n 1p "$1" | grep -q "'label': 'POSITIVE', 'score': 0.9"
  sed -n 2p "$1" | grep -q "'label': 'NEGATIVE', 'score': 0.9"
}

isolated_side() {
  cd "$folder"
  # Nothing but lo, and that is down.
  [ "$(cut -s -d: -f1 /proc/net/dev | tr -d ' ')" = lo ]
  say "install and export"
  alone "$PANNIER_ISOLATED" install article.pannier --store store --allow-unsigned
  alone "$PANNIER_ISOLATED" list --store store
  alone "$PANNIER_ISOLATED" export "$bare@714eb0f" --store store --local-dir model
  alone "$PANNIER_ISOLATED" export "$name@714eb0f" --store store --hf-cache cache
  alone "$PANNIER_ISOLATED" export "wheels/$target" --store store --wheelhouse wheels
  [ -f model/pytorch_model.bin ]
  cmp model/model.safetensors "$source_folder/examples/offline-sentiment/sst2-tiny/model.safetensors"

  say "pip install transformers[torch] --no-index --find-links ."
  alone "$python" -m venv far
  (cd wheels && alone "$folder/far/bin/pip" install --quiet --disable-pip-version-check \
    "transformers[torch]" --no-index --find-links .)
  say "pip install --require-hashes"
  alone "$python" -m venv far-hashes
  (cd wheels && alone "$folder/far-hashes/bin/pip" install --quiet --disable-pip-version-check --no-deps \
    --no-index --find-links . --require-hashes -r requirements*.txt)

  say "pipeline(\"sentiment-analysis\", model=model_dir, tokenizer=model_dir)"
  alone far/bin/python -B "$tests/article_folder.py" "$folder/model" >answers-folder.txt
  expect_answers answers-folder.txt
  say "the same from pytorch_model.bin"
  rm model/model.safetensors
  alone far/bin/python -B "$tests/article_folder.py" "$folder/model" >answers-bin.txt
  expect_answers answers-bin.txt
  say "pipeline(\"sentiment-analysis\")"
  alone HF_HUB_OFFLINE=1 HF_HUB_CACHE="$folder/cache" far/bin/python -B "$tests/article_default.py" >answers-default.txt
  expect_answers answers-default.txt
}

if [ "${1:-}" = isolated-side ]; then
  folder=$2
  python=$3
  target=$4
  isolated_side
  exit
fi

# ---- the connected side ----------------------------------------------------------------------------

skip() {
  echo "skipped: $*"
  exit 77
}

folder=$(mktemp -d "${TMPDIR:-/tmp}/pannier-article.XXXXXX")
hub=
finish() {
  [ -z "$hub" ] || kill "$hub" 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

if unshare -n true 2>/dev/null; then
  unshare="unshare -n"
elif unshare -rn true 2>/dev/null; then
  unshare="unshare -rn"
else
  skip "this kernel lets us make no network namespace"
fi
[ "$(uname -m)" = x86_64 ] || skip "the target is x86_64"
free_kb=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
[ "$free_kb" -ge $((6 * 1024 * 1024)) ] || skip "6 GB are needed at $folder"

cd "$folder"
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')
python_tag=$("$python" -c 'import sys; print("cp%d%d" % sys.version_info[:2])')
target=linux-x86_64-glibc$(getconf GNU_LIBC_VERSION | cut -d' ' -f2)-$python_tag

say "tools of the connected side"
"$python" -m venv near
near/bin/pip install --quiet --disable-pip-version-check uv
PATH=$folder/near/bin:$PATH
torch_folder=${PANNIER_TORCH_WHEELS:-$folder/torch}
if [ ! -d "$torch_folder" ]; then
  near/bin/pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$torch_folder" \
    "$torch" >pip.log 2>&1 || skip "$torch is not to be had here: put its wheel into a folder and set PANNIER_TORCH_WHEELS"
fi
echo "$torch" >constraints.txt

say "the hub"
cp -r "$source_folder/examples/offline-sentiment/sst2-tiny" upstream
python3 -B - "$tests" <<'PYTHON'
import pathlib
import sys

sys.path.insert(0, sys.argv[1] + "/hub")
import pytorch_file

pathlib.Path("upstream/pytorch_model.bin").write_bytes(pytorch_file.from_safetensors("upstream/model.safetensors"))
PYTHON
python3 -B "$tests/hub/test_hub.py" --repo "$name=upstream@$commit" --rename "$bare=$name" >hub.json &
hub=$!
while [ ! -s hub.json ] && kill -0 "$hub"; do
  sleep 0.1
done
url=$(python3 -c 'import json; print(json.load(open("hub.json"))["url"])')

say "pack for $target"
"$PANNIER" pack "$bare@714eb0f" --files all --hub-url "$url" --store near-store -o article.pannier --quiet \
  --pip "transformers[torch]" --target "$target" --find-links "$torch_folder" --constraints constraints.txt --torch default
"$PANNIER" inspect article.pannier
kill "$hub"
hub=
$unshare sh "$tests/large_article.sh" isolated-side "$folder" "$python" "$target"
