#!/usr/bin/env bash
# Do the core's native tests see it when engine, plan, circle or scan is changed a little? `npm run mutants [-- K/N]` tries
# every N-th change from the K-th on (default 0/400, about ten; all are some 4,000, a minute or two each) and ends with 2 when
# one was not seen. Needs Rust and cargo-mutants (installed here, once); results are in target/mutants.out.
# What need not be seen stands in .cargo/mutants.toml, each with its reason.
set -euo pipefail

cd "$(dirname "$0")/.."
command -v cargo-mutants >/dev/null || cargo install --quiet --locked cargo-mutants@27.1.0

# Fewer random cases than the tests have by themselves: what only the thousandth sees is not seen here.
export ENGINE_CASES=${ENGINE_CASES:-1000} PROPTEST_CASES=${PROPTEST_CASES:-64} ASSENT_FUZZ_S=${ASSENT_FUZZ_S:-2}
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
# Every mutant is built in a copy of the repository.
unset CARGO_TARGET_DIR
exec cargo mutants --package assent-core --output "$target" --sharding round-robin --shard "${1:-0/400}" \
  -f 'wasm-core/src/engine/**' -f 'wasm-core/src/plan/**' -f 'wasm-core/src/circle/**' -f 'wasm-core/src/scan/**' \
  --gitignore true --timeout 600 -- --tests
