#!/usr/bin/env bash
# Which lines of the core its native tests do not reach: `npm run coverage`. Prints each file with its share and writes
# what is not reached into target/coverage/missed.txt, as FILE:LINE: text. Of engine, plan, graph and intrinsics every line must be
# reached, or be excused in wasm-core/coverage.txt: ends with 1 and names the lines otherwise.
#
# Needs the tools of the compiler's LLVM: rustup's component llvm-tools (added here), or Debian's llvm-22 beside rustc-web.
set -euo pipefail

cd "$(dirname "$0")/.."
folder=${CARGO_TARGET_DIR:-target}/coverage
mkdir -p "$folder"
folder=$(cd "$folder" && pwd -P)

tools=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin
if [ ! -x "$tools/llvm-cov" ] && command -v rustup >/dev/null; then rustup component add llvm-tools >&2 || true; fi
tool() {
  if [ -x "$tools/$1" ]; then echo "$tools/$1"; else command -v "$1-22" || command -v "$1"; fi
}
profdata=$(tool llvm-profdata) && cov=$(tool llvm-cov) || {
  echo "coverage: llvm-profdata and llvm-cov are missing: rustup component add llvm-tools, or apt-get install llvm-22" >&2
  exit 3
}

export CARGO_TARGET_DIR=$folder RUSTFLAGS=-Cinstrument-coverage CARGO_INCREMENTAL=0
export LLVM_PROFILE_FILE=$folder/profiles/%p-%m.profraw
rm -rf "$folder/profiles"
cargo test --quiet --locked --package assent-core --tests >&2
"$profdata" merge -sparse "$folder"/profiles/*.profraw -o "$folder/core.profdata"

# Every test is a program of its own.
programs=$(cargo test --quiet --locked --package assent-core --tests --no-run --message-format=json |
  sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
objects=()
for program in $programs; do objects+=(--object "$program"); done

mapfile -t sources < <(find "$PWD/wasm-core/src" -name '*.rs' | LC_ALL=C sort)
"$cov" report --instr-profile "$folder/core.profdata" "${objects[@]}" --show-region-summary=false \
  --show-branch-summary=false --sources "${sources[@]}"
"$cov" export --format=lcov --instr-profile "$folder/core.profdata" "${objects[@]}" --sources "${sources[@]}" |
  awk -F: -v root="$PWD/" '
    /^SF:/ { file = substr($0, 4); sub(root, "", file) }
    /^DA:/ { split($2, at, ","); if (at[2] == 0) print file ":" at[1] }
  ' | while IFS=: read -r file line; do printf '%s:%s: %s\n' "$file" "$line" "$(sed -n "${line}p" "$file")"; done >"$folder/missed.txt"
echo "$(wc -l <"$folder/missed.txt") lines are not reached: $folder/missed.txt"

# An excuse is a line of a file by its text, wherever it stands now.
excused=wasm-core/coverage.txt
owed=$(awk '
  { text = $0; sub(/^[[:space:]]+/, "", text) }
  FNR == NR { if (text != "" && text !~ /^#/) excuse[text] = 1; next }
  /^wasm-core\/src\/((engine|plan|intrinsics)(\/|\.rs)|graph\.rs)/ {
    split($0, part, ":")
    line = $0
    sub(/^[^:]*:[^:]*:[[:space:]]*/, "", line)
    if (!((part[1] ": " line) in excuse)) print
  }
' "$excused" "$folder/missed.txt")
[ -z "$owed" ] || {
  echo "coverage: neither reached nor excused in $excused:"
  echo "$owed"
  exit 1
}
