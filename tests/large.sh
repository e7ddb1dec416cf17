#!/bin/sh
# A bundle of 10 GB: pack, verify, install and export take at most 64 MB of memory each, however large
# the files are. Needs 45 GB on the disk of TMPDIR for some minutes; `./dev test --long` runs it.
set -eu

megabytes=10240
limit_kb=65536
folder=$(mktemp -d "${TMPDIR:-/tmp}/pannier-large.XXXXXX")
trap 'rm -rf "$folder"' EXIT INT TERM

free_kb=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
if [ "$free_kb" -lt $((45 * 1024 * 1024)) ]; then
  echo "skipped: 45 GB are needed at $folder, $((free_kb / 1024 / 1024)) GB are free"
  exit 77
fi

# Above 8 GiB a file needs the pax header; a hole reads as zeros and costs no time to make.
mkdir "$folder/model"
truncate -s "${megabytes}M" "$folder/model/model.safetensors"
echo '{}' > "$folder/model/config.json"

# Runs pannier and fails where its peak resident memory was above the limit.
measured() {
  python3 -B - "$limit_kb" "$PANNIER" "$@" <<'PYTHON'
import resource
import subprocess
import sys

limit_kb, command = int(sys.argv[1]), sys.argv[2:]
code = subprocess.run(command, stdout=subprocess.DEVNULL).returncode
peak_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print("%s: exit %d, peak %d KB" % (command[1], code, peak_kb))
sys.exit(code or (1 if peak_kb > limit_kb else 0))
PYTHON
}

measured pack "$folder/model" -o "$folder/x.pannier" --quiet
rm -r "$folder/model"
measured verify "$folder/x.pannier"
measured install "$folder/x.pannier" --store "$folder/store" --allow-unsigned
rm "$folder/x.pannier"
measured export model --store "$folder/store" --local-dir "$folder/out"
[ "$(stat -c %s "$folder/out/model.safetensors")" -eq $((megabytes * 1024 * 1024)) ]
