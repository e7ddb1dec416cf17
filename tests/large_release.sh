#!/bin/sh
# The static executables are what ./dev release promises: equal bytes from two folders, and the same
# answer in an empty root, in the oldest system we can set up (with name services that kill who loads
# them), and on emulated processors without AVX2 and without AVX-512.
#
# PANNIER_RELEASE=FOLDER tests that release instead of building two; PANNIER_OLD_ROOT=FOLDER uses that
# system instead of setting one up; PANNIER_MIRROR=URL takes packages for it from there.
set -eu

source=${PANNIER_SOURCE_DIR:-$(cd "$(dirname "$0")/.." && pwd)}
folder=$(mktemp -d "${TMPDIR:-/tmp}/pannier-release.XXXXXX")
# A system that could not be set up whole may have left /proc mounted: that is not ours to remove.
trap 'rm -rf --one-file-system "$folder"' EXIT
trap 'exit 130' INT TERM

fail() {
  echo "FAILED: $*"
  exit 1
}

for tool in debootstrap qemu-x86_64 chroot openssl; do
  command -v "$tool" >/dev/null || fail "$tool is not installed"
done

# ---- two builds ------------------------------------------------------------------------------------

# release FOLDER: a release of a copy of the tree at that place, every unit compiled anew.
release() {
  mkdir -p "$1"
  tar -C "$source" --exclude='./build*' --exclude=./dist --exclude=./.git --exclude='./.venv*' -cf - . |
    tar -C "$1" -xf -
  CCACHE_DISABLE=1 HOME="$folder/home" sh "$1/tools/release.sh" || fail "no release in $1"
}

if [ -z "${PANNIER_RELEASE:-}" ]; then
  release "$folder/one"
  release "$folder/a/much/longer/path/to/the other"
  for name in pannier pannier-isolated build-info.txt SHA256SUMS; do
    cmp "$folder/one/dist/$name" "$folder/a/much/longer/path/to/the other/dist/$name" ||
      fail "$name depends on the folder it is built in"
  done
  echo "two builds in different folders: equal bytes"
  PANNIER_RELEASE=$folder/one/dist
fi

# ---- the journey of a model, wherever a prefix runs it ---------------------------------------------

# journey NAME PLACE PREFIX…: packs, verifies, installs and runs the example in the folder PLACE (as the
# prefix sees it) with "PREFIX… pannier"; the answer goes to $folder/NAME.json.
journey() {
  name=$1
  place=$2
  shift 2
  pannier="$place/pannier"
  isolated="$place/pannier-isolated"
  "$@" "$pannier" pack "$place/models/sst2-tiny" -o "$place/x.pannier" --quiet >/dev/null || fail "$name: pack"
  "$@" "$isolated" verify "$place/x.pannier" --quiet >/dev/null || fail "$name: verify"
  "$@" "$isolated" install "$place/x.pannier" --store "$place/store" --allow-unsigned --quiet >/dev/null ||
    fail "$name: install"
  answer=$("$@" "$isolated" run sentiment-analysis sst2-tiny "This is a great day!" --store "$place/store") ||
    fail "$name: run"
  [ "$answer" = "$(printf 'POSITIVE\t0.9768')" ] || fail "$name: run answered '$answer'"
  "$@" "$isolated" run sentiment-analysis sst2-tiny -i "$place/reviews.txt" --store "$place/store" --json \
    >"$folder/$name.json" || fail "$name: run -i"
  echo "$name: packed, verified, installed and ran"
}

# furnish FOLDER: the executables, the example and nothing else.
furnish() {
  mkdir -p "$1/models"
  cp "$PANNIER_RELEASE/pannier" "$PANNIER_RELEASE/pannier-isolated" "$1"
  cp -r "$source/examples/offline-sentiment/sst2-tiny" "$1/models"
  cp "$source/examples/offline-sentiment/reviews.txt" "$1"
}

# same_scores NAME OF-NAME: labels equal, scores within 1e-5.
same_scores() {
  python3 -B - "$folder/$1.json" "$folder/$2.json" <<'PYTHON' || fail "$1 and $2 answer differently"
import json
import sys

one, two = ([row[0] for row in map(json.loads, open(path))] for path in sys.argv[1:])
assert len(one) == len(two) > 5, (len(one), len(two))
worst = max(abs(a["score"] - b["score"]) for a, b in zip(one, two))
print("largest difference of a score: %.1e" % worst)
sys.exit([a["label"] for a in one] != [b["label"] for b in two] or worst > 1e-5)
PYTHON
}

in_root() {
  root=$1
  shift
  if [ "$(id -u)" = 0 ]; then
    chroot "$root" "$@"
  else
    unshare -r chroot "$root" "$@"
  fi
}

furnish "$folder/here"
journey here "$folder/here" env

furnish "$folder/empty"
journey empty-root "" in_root "$folder/empty"
same_scores empty-root here

# ---- old processors --------------------------------------------------------------------------------

for cpu in Nehalem Haswell; do
  furnish "$folder/$cpu"
  journey "$cpu" "$folder/$cpu" qemu-x86_64 -cpu "$cpu"
  same_scores "$cpu" here
done

# ---- the oldest system -----------------------------------------------------------------------------

set_up_old_root() {
  # shellcheck disable=SC2016 # apt expands it
  mirror=${PANNIER_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
    grep '/debian/*$' | sort -u | head -n 1)}
  [ -n "$mirror" ] || fail "apt knows no Debian mirror: PANNIER_MIRROR=URL"
  for suite in stretch buster bullseye bookworm trixie; do
    rm -rf --one-file-system "$folder/old"
    if debootstrap --variant=minbase "$suite" "$folder/old" "$mirror" >"$folder/debootstrap.log" 2>&1; then
      echo "the oldest system the mirror has: $suite"
      return
    fi
  done
  tail -n 20 "$folder/debootstrap.log"
  fail "no release of Debian could be set up from $mirror"
}

# Name services and character sets that end whoever loads them with status 99.
make_hostile() {
  cat >"$folder/trap.c" <<'C'
__attribute__((constructor)) static void end(void) {
  __asm__ volatile("syscall" : : "a"(231L), "D"(99L) : "rcx", "r11", "memory");
}
C
  ${PANNIER_CXX:-c++} -x c -shared -fPIC -nostdlib "$folder/trap.c" -o "$folder/trap.so"
  for service in sss resolve myhostname systemd; do
    cp "$folder/trap.so" "$1/lib/x86_64-linux-gnu/libnss_$service.so.2"
  done
  for database in passwd group hosts services networks protocols; do
    echo "$database: sss resolve myhostname systemd"
  done >"$1/etc/nsswitch.conf"
  mkdir -p "$1/gconv"
  cp "$folder/trap.so" "$1/gconv/TRAP.so"
  echo 'module TRAP// INTERNAL TRAP 1' >"$1/gconv/gconv-modules"
}

if [ "$(id -u)" != 0 ]; then
  echo "not root: no old system was set up"
  exit 0
fi
if [ -n "${PANNIER_OLD_ROOT:-}" ]; then
  cp -a "$PANNIER_OLD_ROOT" "$folder/old"
else
  set_up_old_root
fi
make_hostile "$folder/old"
furnish "$folder/old/journey"

# The trap is set: a static program that asks for a user falls into it.
cat >"$folder/asks.c" <<'C'
#include <pwd.h>
int main(void) { return getpwnam("nobody-of-this-name") != 0; }
C
${PANNIER_CXX:-c++} -x c++ -static -w "$folder/asks.c" -o "$folder/old/asks" 2>/dev/null
status=0
in_root "$folder/old" /asks || status=$?
[ "$status" = 99 ] || fail "the hostile name services hurt nobody (status $status): this proves nothing"

journey oldest-system /journey in_root "$folder/old" /usr/bin/env -i LANG=de_DE.TRAP LC_ALL=de_DE.TRAP \
  LANGUAGE=de GCONV_PATH=/gconv
same_scores oldest-system here

# Names are resolved, and past the name services that end whoever loads them: nobody listens is the answer.
status=0
said=$(in_root "$folder/old" /usr/bin/env -i HOME=/journey /journey/pannier fetch org/name \
  --hub-url http://localhost:1 --store /journey/store 2>&1) || status=$?
case $status:$said in
  12:*refused*) echo "oldest-system: resolved a name without its name services" ;;
  *) fail "fetch in the oldest system: status $status: $said" ;;
esac
