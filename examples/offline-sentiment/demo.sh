#!/bin/sh
# A sentiment model crosses an air gap: packed on one side, then verified, installed and run on the
# other, where there is no network and no Python. `./dev demo` builds Pannier and calls this.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
pannier=${PANNIER:-$root/build/pannier}
isolated=${PANNIER_ISOLATED:-$root/build/pannier-isolated}

# Prints a command as one would type it, then runs it.
run() {
  printf '\n$'
  for word; do
    case $word in
      *[!A-Za-z0-9_./:=-]*) printf ' "%s"' "$word" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
  printf '\n'
  "$@"
}

connected_side() {
  echo "== The connected side: pack the model, look at the bundle, check it"
  run pannier pack dir:examples/offline-sentiment/sst2-tiny -o sentiment.pannier
  run pannier inspect sentiment.pannier
  run pannier verify sentiment.pannier
}

isolated_side() {
  if [ "$1" = sealed ]; then
    echo "== The isolated side: a network namespace whose only interface, lo, is down"
    run cut -s -d: -f1 /proc/net/dev
  else
    echo "== The isolated side (this kernel lets us make no network namespace, so the network is still there)"
  fi
  run pannier-isolated install sentiment.pannier --store store --allow-unsigned
  run pannier-isolated list --store store
  run pannier-isolated run sentiment-analysis sst2-tiny "This is a great day!" --store store
  run pannier-isolated run sentiment-analysis sst2-tiny -i examples/offline-sentiment/reviews.txt --store store
}

# We call ourselves again inside the namespace.
if [ "${1:-}" = isolated-side ]; then
  isolated_side "$2"
  exit
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/pannier-demo.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir "$work/bin"
ln -s "$pannier" "$work/bin/pannier"
ln -s "$isolated" "$work/bin/pannier-isolated"
ln -s "$root/examples" "$work/examples"
PATH=$work/bin:$PATH
export PATH
script=$root/examples/offline-sentiment/demo.sh
cd "$work"

connected_side
echo
if unshare -n true 2>/dev/null; then
  unshare -n "$script" isolated-side sealed
elif unshare -rn true 2>/dev/null; then
  unshare -rn "$script" isolated-side sealed
else
  "$script" isolated-side open
fi
