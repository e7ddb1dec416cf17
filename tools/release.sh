#!/bin/sh
# Builds what is handed to strangers: static executables, their digests, and a signature that stock
# openssl checks. `./dev release` calls it. The same sources, compiler and libraries give the same bytes
# in any folder, so anybody may build again and compare (docs/guide/getting-the-executable.md).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)

usage() {
  cat <<'END'
usage: tools/release.sh [--key FILE] [--output FOLDER] [--build FOLDER]

  --key FILE       the private key that signs (PEM, EC P-256);
                   else ~/.config/pannier/release-key.pem, made where there is none
  --output FOLDER  where the release goes: dist
  --build FOLDER   where it is built: build/static
END
}

die() {
  printf 'release: %s\n' "$*" >&2
  exit 1
}

bytes_max=$((25 * 1000 * 1000))
executables='pannier pannier-isolated'
key=
output=$root/dist
build=$root/build/static
while [ $# -gt 0 ]; do
  case $1 in
    --key | --output | --build) [ $# -ge 2 ] || die "$1 needs a value" ;;
  esac
  case $1 in
    --key) key=$2 ;;
    --output) output=$2 ;;
    --build) build=$2 ;;
    -h | --help)
      usage
      exit
      ;;
    *)
      usage >&2
      die "unknown option '$1'"
      ;;
  esac
  shift 2
done

# The surroundings of the builder must not show in the bytes.
export LC_ALL=C TZ=UTC
unset CFLAGS CXXFLAGS CPPFLAGS LDFLAGS

build_static() {
  mkdir -p "$build"
  launcher=
  if [ "${CCACHE_DISABLE:-}" = '' ] && command -v ccache >/dev/null; then
    launcher=-DCMAKE_CXX_COMPILER_LAUNCHER=ccache
  fi
  # shellcheck disable=SC2086 # nothing where there is no ccache
  cmake -S "$root" -B "$build" -G Ninja $launcher -DCMAKE_BUILD_TYPE=Release -DPANNIER_TESTS=OFF \
    -DPANNIER_STATIC=ON >"$build/release.log" 2>&1 &&
    ninja -C "$build" -j "${PANNIER_JOBS:-$(nproc)}" executables >>"$build/release.log" 2>&1 && return
  tail -n 40 "$build/release.log" >&2
  die "the build failed; all of it: $build/release.log"
}

# What somebody who builds again must have the same of.
build_info() {
  printf 'commit: '
  git -C "$root" describe --always --abbrev=40 --dirty=-modified --exclude='*' 2>/dev/null || echo unknown
  printf 'compiler: '
  c++ --version | head -n 1
  printf 'linker: '
  ld --version | head -n 1
  command -v dpkg-query >/dev/null || return 0
  compiler_major=$(c++ -dumpversion | cut -d. -f1)
  for package in libc6-dev "libstdc++-$compiler_major-dev" libssl-dev libutf8proc-dev libseccomp-dev \
    libcli11-dev libfmt-dev libboost-dev libc-ares-dev zlib1g-dev libmbedtls-dev libzstd-dev; do
    dpkg-query -W -f='${Package}: ${Version}\n' "$package" 2>/dev/null || true
  done
}

# A key is made once, readable by its owner alone, outside of any repository.
find_key() {
  [ -z "$key" ] || {
    [ -f "$key" ] || die "no key at $key: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $key"
    return 0
  }
  key=${XDG_CONFIG_HOME:-$HOME/.config}/pannier/release-key.pem
  [ ! -f "$key" ] || return 0
  mkdir -p "$(dirname "$key")"
  (
    umask 077
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$key.new" 2>/dev/null
  )
  mv "$key.new" "$key"
  echo "made a release key: $key. Keep it; who trusts it checks later releases without a phone call."
}

# A digest as one reads it aloud: groups of four.
spoken() {
  printf '%s' "$1" | sed 's/..../& /g; s/ $//'
}

build_static
mkdir -p "$output"
# A release that fails leaves nothing that looks like one.
# shellcheck disable=SC2086 # a list of words is meant
(cd "$output" && rm -f $executables build-info.txt SHA256SUMS SHA256SUMS.sig release-key.pub)
for name in $executables; do
  # Only the executable of the connected side holds a network client.
  connects=
  [ "$name" != pannier ] || connects=--connects
  # shellcheck disable=SC2086 # nothing, or one word
  python3 -B "$root/tools/check_static.py" --map "$build/$name.map" $connects "$build/$name" ||
    die "$name would depend on the host"
  strip --strip-all -o "$output/$name" "$build/$name"
  python3 -B "$root/tools/check_static.py" --stripped --bytes-max "$bytes_max" "$output/$name" ||
    die "$name is not fit to be released"
  chmod 755 "$output/$name"
done
build_info >"$output/build-info.txt"

find_key
# shellcheck disable=SC2086 # a list of words is meant
(cd "$output" && sha256sum $executables build-info.txt >SHA256SUMS)
openssl pkey -in "$key" -pubout -out "$output/release-key.pub" || die "$key is no private key"
openssl dgst -sha256 -sign "$key" -out "$output/SHA256SUMS.sig" "$output/SHA256SUMS" ||
  die "could not sign with $key: is it an EC P-256 key?"
(cd "$output" && openssl dgst -sha256 -verify release-key.pub -signature SHA256SUMS.sig SHA256SUMS >/dev/null) ||
  die "the signature does not verify"

for name in $executables; do
  printf '%s/%s  %d bytes\n' "$output" "$name" "$(wc -c <"$output/$name")"
  printf '  sha256 %s\n' "$(spoken "$(sha256sum <"$output/$name" | cut -c1-64)")"
done
printf 'key of the release\n  sha256 %s\n' \
  "$(spoken "$(openssl pkey -pubin -in "$output/release-key.pub" -outform DER | sha256sum | cut -c1-64)")"
