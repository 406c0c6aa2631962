#!/usr/bin/env bash
# Builds the library and writes the Swift code that speaks with it into Generated/. Then, in this folder:
#
#   swift build -Xlinker -L../../target/debug
#   LD_LIBRARY_PATH=../../target/debug swift test -Xlinker -L../../target/debug
#
# `prepare.sh release` takes the release build.
set -euo pipefail
cd "$(dirname "$0")"
profile=${1:-debug}
target=${CARGO_TARGET_DIR:-$(cd ../.. && pwd)/target}
flags=()
[ "$profile" = release ] && flags=(--release)
cargo build -q -p rca-ffi "${flags[@]}"

case $(uname -s) in Darwin) library=librca.dylib ;; *) library=librca.so ;; esac
rm -rf Generated.new
cargo run -q -p rca-bindgen -- generate "$target/$profile/$library" --language swift --no-format --config ../uniffi.toml \
  --out-dir Generated.new
mkdir -p Generated.new/RcaBindings Generated.new/RcaBindingsFFI
mv Generated.new/RcaBindings.swift Generated.new/RcaBindings/
mv Generated.new/RcaBindingsFFI.h Generated.new/RcaBindingsFFI/
rm -f Generated.new/*.modulemap
cat >Generated.new/RcaBindingsFFI/module.modulemap <<'EOF'
module RcaBindingsFFI {
    header "RcaBindingsFFI.h"
    link "rca"
    export *
}
EOF
# What did not change keeps its time, so that it is not compiled again.
mkdir -p Generated
if ! diff -rq Generated Generated.new >/dev/null 2>&1; then
  rm -rf Generated
  mv Generated.new Generated
else
  rm -rf Generated.new
fi
