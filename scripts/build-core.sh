#!/usr/bin/env bash
# Builds wasm-core into the package that layers/core/pkg commits: build-core.sh [--source CLONE] [--out FOLDER]
#
# Promises the same bytes for the same compiler wherever the clone lies: the lock file is law, the paths of crates are
# remapped, and every tool has a fixed version. Beside the package it writes BUILD, which names what it was built
# with; scripts/check-core.sh compares against it. Called by `npm run build:core` and by check-core.sh.
#
# Compilers are tried in this order:
#   1. rustup's, of the version in rust-toolchain.toml (fetched if it is missing; offline: rustup's stable one)
#   2. one without rustup that has the wasm32 target already
#   3. Debian's rustc-web with a std built here from rust-web-src (apt needs root, and only if they are missing)
set -euo pipefail

target=wasm32-unknown-unknown
wasm_pack_version=0.15.1

here=$(cd "$(dirname "$0")/.." && pwd -P)
source=$here
out=$here/layers/core/pkg
while [ $# -gt 0 ]; do
  case $1 in
    --source) source=$(cd "$2" && pwd -P) ;;
    --out) mkdir -p "$2" && out=$(cd "$2" && pwd -P) ;;
    *) echo "build-core: unknown option $1" >&2 && exit 2 ;;
  esac
  shift 2
done
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$here/target}
tools=$CARGO_TARGET_DIR/tools
export PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
# Every Node since 16 and every browser since 2023 has 128-bit instructions; SHA-256 is what gains most by them.
flags=("-Ctarget-feature=+simd128")

say() { echo "build-core: $*" >&2; }
has_target() { [ -n "$(ls "$(rustc --print target-libdir --target $target 2>/dev/null)" 2>/dev/null)" ]; }

use_rustup() {
  command -v rustup >/dev/null || return 1
  local channel
  channel=$(sed -n 's/^channel = "\(.*\)"$/\1/p' "$here/rust-toolchain.toml")
  for channel in "$channel" stable; do
    export RUSTUP_TOOLCHAIN=$channel
    rustc --version >/dev/null 2>&1 && has_target && return 0
    say "asking rustup for Rust $channel with $target"
    rustup toolchain install "$channel" --profile minimal --target $target --no-self-update >&2 && return 0
  done
  unset RUSTUP_TOOLCHAIN
  return 1
}

use_present() {
  command -v rustc >/dev/null && command -v cargo >/dev/null && rustc --version >/dev/null 2>&1 && has_target
}

use_debian() {
  local packages=(rustc-web cargo-web rust-web-src lld)
  if ! dpkg -s "${packages[@]}" >/dev/null 2>&1; then
    command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || return 1
    say "installing ${packages[*]}"
    apt-get update -qq >&2 || say "apt-get update failed, trying what it knows"
    apt-get install -y --no-install-recommends "${packages[@]}" >&2 || return 1
  fi
  export PATH=/usr/bin:$PATH
  # A sysroot of our own, so that nothing is written into the system's: its parts by link, and wasm beside them.
  # wasm-pack looks for the target where `rustc` on PATH says its sysroot is, hence the wrapper.
  local sysroot
  sysroot=$tools/debian-$(rustc --version | tr -c 'A-Za-z0-9.\n' -)
  [ -d "$sysroot" ] || build_std "$sysroot"
  export PATH=$sysroot/bin:$PATH CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld
}

# Without bitcode in std the link fails under LTO ("Can't find section .llvmbc").
build_std() {
  local stub=$tools/std-stub lib=$1.part/lib/rustlib/$target/lib part
  say "building std for $target, once"
  rm -rf "$stub" "$1.part"
  mkdir -p "$stub/src" "$lib" "$1.part/bin"
  printf '[package]\nname = "stub"\nedition = "2024"\n[profile.release]\npanic = "abort"\n[workspace]\n' >"$stub/Cargo.toml"
  : >"$stub/src/lib.rs"
  (
    cd "$stub"
    CARGO_TARGET_DIR=$stub/target RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes \
      cargo build --quiet --release --target $target -Zbuild-std=std,panic_abort,test >&2
  )
  rm -f "$stub/target/$target/release/deps/"libstub-*
  cp "$stub/target/$target/release/deps/"*.rlib "$lib"
  for part in "$(/usr/bin/rustc --print sysroot)"/lib/rustlib/*; do
    ln -s "$part" "$1.part/lib/rustlib/"
  done
  printf '#!/bin/sh\nexec /usr/bin/rustc --sysroot "%s" "$@"\n' "$1" >"$1.part/bin/rustc"
  chmod +x "$1.part/bin/rustc"
  mv "$1.part" "$1"
  rm -rf "$stub"
}

# install_tool PROGRAM VERSION CRATE CARGO-FLAGS...: on PATH at that version, or compiled into the target folder.
install_tool() {
  local program=$1 version=$2 crate=$3
  shift 3
  [ "$("$program" --version 2>/dev/null)" = "$program $version" ] && return 0
  say "compiling $crate $version, once"
  # Not into the wasm build's folders, and not --locked: wasm-bindgen-cli's lock file names a withdrawn crate.
  CARGO_TARGET_DIR=$tools/build cargo install --quiet "$crate" --version "=$version" --root "$tools" "$@" >&2
  rm -rf "$tools/build"
}

# wasm-bindgen's glue copies a text character by character until one is not ASCII. Templates and plans are long and nearly
# always ASCII: those are copied at once, fifty times as fast, and only what does not fit is left to its loop.
copy_texts_at_once() {
  local loop='    for (; offset < len; offset++) {'
  local copied='cachedTextEncoder.encodeInto(arg, mem.subarray(ptr, ptr + len)).read === len'
  [ "$(grep -cFx "$loop" "$1")" = 1 ] || { say "$1 has another loop over texts than expected" && return 1; }
  sed -i.bak "s/^    for (; offset < len; offset++) {\$/    if (len > 200 \&\& $copied) offset = len;\n&/" "$1" && rm "$1.bak"
}

# One number for everything the package is made from.
source_digest() {
  cd "$source"
  find Cargo.toml Cargo.lock wasm-core/Cargo.toml wasm-core/src wasm-core/schema -type f 2>/dev/null | LC_ALL=C sort |
    while read -r file; do printf '%s %s\n' "$(git hash-object --no-filters "$file")" "$file"; done | git hash-object --stdin
}

# Licence texts of the crates linked into the wasm. Of a choice the shorter is taken: Apache's text is our own LICENSE.
notices() {
  local name version licence folder file
  (cd "$source" && cargo tree --locked --package assent-core --target $target --edges normal,no-proc-macro \
    --prefix none --format '{p} {l}') | sed 's/ (\*)$//' | LC_ALL=C sort -u |
    while read -r name version licence; do
      for folder in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"$name-${version#v}"; do
        # Ours has no folder there.
        [ -d "$folder" ] || continue
        printf '%s %s: %s\n\n' "$name" "${version#v}" "$licence"
        for file in "$folder"/LICENSE-MIT* "$folder"/LICENSE* "$folder"/COPYING*; do
          if [ -f "$file" ]; then
            cat "$file"
            break
          fi
        done
        printf '\n%s\n\n' --------------------------------------------------------------------------------
        break
      done
    done
}

use_rustup || use_present || use_debian || {
  say "no Rust with $target. Install rustup (https://rustup.rs) and run this again."
  exit 3
}
export PATH=$tools/bin:$PATH

bindgen_version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p;}' "$source/Cargo.lock")
install_tool wasm-bindgen "$bindgen_version" wasm-bindgen-cli --no-default-features
install_tool wasm-pack "$wasm_pack_version" wasm-pack

(cd "$source" && cargo fetch --quiet --locked --target $target)
for registry in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/; do
  flags+=("--remap-path-prefix=${registry%/}=/crates")
done
printf -v CARGO_ENCODED_RUSTFLAGS '%s\x1f' "${flags[@]}"
export CARGO_ENCODED_RUSTFLAGS=${CARGO_ENCODED_RUSTFLAGS%$'\x1f'}

# Built apart and put in place at the end: a build that fails leaves the package as it was.
fresh=$CARGO_TARGET_DIR/package
rm -rf "$fresh"
wasm-pack --log-level error build "$source/wasm-core" --target nodejs --mode no-install \
  --out-dir "$fresh" --out-name assent_core -- --locked >&2
# It would hide the package from git and from npm pack.
rm -f "$fresh/.gitignore"
sed -i.bak 's/^  "name": .*/  "name": "@assent\/core",/' "$fresh/package.json" && rm "$fresh/package.json.bak"
copy_texts_at_once "$fresh/assent_core.js"
notices >"$fresh/THIRD-PARTY-NOTICES.txt"
rm -rf "$out"
mv "$fresh" "$out"

{
  echo "rustc $(rustc -vV | sed -n 's/^release: //p') $(rustc -vV | sed -n 's/^commit-hash: //p') on $(rustc -vV | sed -n 's/^host: //p')"
  wasm-bindgen --version
  wasm-pack --version
  echo "source $(source_digest)"
} >"$out/../BUILD"
say "$(wc -c <"$out/assent_core_bg.wasm") bytes of wasm in $out"
