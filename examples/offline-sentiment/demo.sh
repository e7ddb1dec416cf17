#!/bin/sh
# A sentiment model crosses an air gap: packed and signed on one side, then verified, installed and run on the
# other, where there is no network and no Python. `./dev demo` builds Pannier and calls this.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
pannier=${PANNIER:-$root/build/pannier}
isolated=${PANNIER_ISOLATED:-$root/build/pannier-isolated}

show() {
  printf '\n$'
  for word; do
    case $word in
      *[!A-Za-z0-9_./:=-]*) printf ' "%s"' "$word" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
}

# Prints a command as one would type it, then runs it.
run() {
  show "$@"
  printf '\n'
  "$@"
}

# The same for one that asks for a passphrase; people type it, a script has it in a file.
run_with_passphrase() {
  show "$@" --passphrase-fd 0
  printf ' < passphrase\n'
  "$@" --passphrase-fd 0 <passphrase
}

security_officer() {
  echo "== The security officer: whose bundles does the plant take?"
  run_with_passphrase pannier-isolated keys generate officer
  run_with_passphrase pannier-isolated keys generate alice
  run pannier-isolated keys root new --name "Plant 7" --root-key officer --packer alice -o root-1.json
  run_with_passphrase pannier-isolated keys root sign root-1.json --key officer
}

connected_side() {
  echo
  echo "== The connected side: pack the model and sign it, look at the bundle"
  run_with_passphrase pannier pack dir:examples/offline-sentiment/sst2-tiny -o sentiment.pannier --key alice --channel plant-7
  run pannier inspect sentiment.pannier
}

isolated_side() {
  if [ "$1" = sealed ]; then
    echo "== The isolated side: a network namespace whose only interface, lo, is down"
    run cut -s -d: -f1 /proc/net/dev
  else
    echo "== The isolated side (this kernel lets us make no network namespace, so the network is still there)"
  fi
  # By telephone, people read sixteen words to each other instead.
  run pannier-isolated keys trust root-1.json --store store --fingerprint "$(cat fingerprint)"
  run pannier-isolated verify sentiment.pannier --store store --channel plant-7
  run pannier-isolated install sentiment.pannier --store store --channel plant-7
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
PANNIER_HOME=home # keys, ledger and log of the demo are not the user's
export PATH PANNIER_HOME
script=$root/examples/offline-sentiment/demo.sh
cd "$work"
echo "correct horse battery staple" >passphrase

security_officer
pannier keys root show root-1.json --json | sed -n 's/.*"fingerprint": "sha256:\([0-9a-f]*\)".*/\1/p' >fingerprint
connected_side
echo
if unshare -n true 2>/dev/null; then
  unshare -n "$script" isolated-side sealed
elif unshare -rn true 2>/dev/null; then
  unshare -rn "$script" isolated-side sealed
else
  "$script" isolated-side open
fi
