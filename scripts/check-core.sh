#!/usr/bin/env bash
# Is the committed core what the source says? Rebuilds it from a copy of the source in another folder (so that a path
# which leaks into the bytes shows) and compares. `npm run check:core`; writes nothing into the clone but target/.
#
# Same compiler and tools as layers/core/BUILD names: every file must be equal, byte for byte.
# Another compiler: bytes say nothing, so BUILD must name this source and the committed core must pass the vectors.
# No compiler, or it fails: exit 3.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd -P)
committed=$here/layers/core
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
say() { echo "check-core: $*" >&2; }

[ -f "$committed/BUILD" ] || {
  say "layers/core/BUILD is missing: run 'npm run build:core' and commit layers/core"
  exit 1
}

mkdir "$folder/source"
(cd "$here" && cp -R Cargo.toml Cargo.lock wasm-core "$folder/source/")

built=yes
bash "$here/scripts/build-core.sh" --source "$folder/source" --out "$folder/core/pkg" || built=no
if [ "$built" = no ]; then
  say "the core could not be built here"
  exit 3
fi

made_with() { grep -v '^source ' "$1/BUILD"; }
made_from() { grep '^source ' "$1/BUILD"; }

if [ "$(made_with "$folder/core")" = "$(made_with "$committed")" ]; then
  if diff -rq "$folder/core/pkg" "$committed/pkg"; then
    say "the committed core is what this source builds, byte for byte"
    exit 0
  fi
  say "layers/core/pkg is not what the source builds: run 'npm run build:core' and commit layers/core"
  exit 1
fi

say "layers/core was built with other tools, so the bytes cannot be compared:"
diff <(made_with "$committed") <(made_with "$folder/core") >&2 || true
if [ "$(made_from "$folder/core")" != "$(made_from "$committed")" ]; then
  say "and from another source: run 'npm run build:core' and commit layers/core"
  exit 1
fi
say "the vectors decide"
exec "$here/node_modules/.bin/vitest" run --root "$here" tests/vectors
