#!/usr/bin/env bash
# Compiles what UniFFI writes for Kotlin with a program that uses it (Smoke.kt), and runs that. Needs java (17 was tried), npm
# and, where no jna.jar is at hand, Debian's apt-get to fetch one; all that is fetched goes into target/kotlin. Expects
# `cargo build -p rca-ffi` before. Prints "N passed, N failed"; exit 3 says what is missing.
#
#   smoke.sh            fetches what is missing, compiles, runs
#   smoke.sh --fetch    only fetches
#
# Environment: CARGO_TARGET_DIR, RCA_JNA (a jna.jar)
set -euo pipefail
cd "$(dirname "$0")/../.."
compiler=kotlin-compiler@2.4.20
target=${CARGO_TARGET_DIR:-$PWD/target}
out=$target/kotlin
library=$target/debug
mkdir -p "$out"

missing() { echo "kotlin needs $*"; exit 3; }
command -v java >/dev/null || missing java
command -v npm >/dev/null || missing npm

if [ ! -f "$out/compiler/package/lib/kotlin-compiler.jar" ]; then
  mkdir -p "$out/compiler"
  (cd "$out/compiler" && npm pack --silent "$compiler" >/dev/null && tar xzf ./*.tgz && rm ./*.tgz) ||
    missing "the npm registry, to fetch $compiler"
fi
jars=$out/compiler/package/lib

# JNA calls the library.
jna=${RCA_JNA:-/usr/share/java/jna.jar}
if [ ! -f "$jna" ]; then
  # Debian's jar looks for its native half in /usr/lib, and else where the jar of others has it.
  native=$out/jna/com/sun/jna/linux-$(uname -m | tr _ -)/libjnidispatch.so
  if [ ! -f "$native" ]; then
    command -v apt-get >/dev/null || missing "jna.jar (RCA_JNA)"
    mkdir -p "$(dirname "$native")"
    (cd "$out/jna" && apt-get -qq download libjna-java libjna-jni 2>/dev/null &&
      for package in ./*.deb; do dpkg-deb -x "$package" . && rm "$package"; done) || missing "jna.jar (RCA_JNA), or Debian's libjna-java"
    cp "$out"/jna/usr/lib/*/jni/libjnidispatch.system.so "$native"
  fi
  jna=$out/jna/usr/share/java/jna.jar:$out/jna
fi
[ "${1:-}" = --fetch ] && exit

rm -rf "$out/generated"
cargo run -q -p rca-bindgen -- generate "$library/librca.so" --language kotlin --no-format --config rca-ffi/uniffi.toml \
  --out-dir "$out/generated"
on="$jna:$jars/kotlinx-coroutines-core-jvm.jar"
kotlinc() { java -Xmx2g -cp "$jars/kotlin-compiler.jar" org.jetbrains.kotlin.cli.jvm.K2JVMCompiler -kotlin-home "$jars/.." "$@"; }
kotlinc -nowarn -cp "$on" -d "$out/smoke.jar" "$out/generated/rca/bindings/rca.kt" rca-ffi/kotlin/Smoke.kt

folder=$(mktemp -d "$out/case-XXXXXX")
trap 'rm -rf "$folder"' EXIT
RUST_BACKTRACE=0 java -cp "$out/smoke.jar:$on:$jars/kotlin-stdlib.jar" -Djna.library.path="$library" SmokeKt \
  examples/incidents/copper-heron "$folder/w.rca"
