#!/usr/bin/env bash
# Packs the library for macOS, iOS and the iOS simulator as RcaBindingsFFI.xcframework, beside Package.swift, which finds it
# there. For Apple machines with Xcode and the Rust targets below; it was not run where this project is tested.
set -euo pipefail
cd "$(dirname "$0")"
[ "$(uname -s)" = Darwin ] || { echo "xcframework: needs macOS with Xcode" >&2; exit 3; }
target=${CARGO_TARGET_DIR:-$(cd ../.. && pwd)/target}
out=$target/xcframework
./prepare.sh release
targets="aarch64-apple-darwin x86_64-apple-darwin aarch64-apple-ios aarch64-apple-ios-sim x86_64-apple-ios"
for triple in $targets; do
  rustup target add "$triple"
  cargo build --release -p rca-ffi --target "$triple"
done
rm -rf "$out" RcaBindingsFFI.xcframework
mkdir -p "$out/macos" "$out/simulator" "$out/headers"
# Statically linked: an app ships one file, and the module map asks for no library of its own.
lipo -create "$target"/{aarch64,x86_64}-apple-darwin/release/librca.a -output "$out/macos/librca.a"
lipo -create "$target"/{aarch64-apple-ios-sim,x86_64-apple-ios}/release/librca.a -output "$out/simulator/librca.a"
cp Generated/RcaBindingsFFI/RcaBindingsFFI.h "$out/headers/"
printf 'module RcaBindingsFFI {\n    header "RcaBindingsFFI.h"\n    export *\n}\n' >"$out/headers/module.modulemap"
xcodebuild -create-xcframework \
  -library "$out/macos/librca.a" -headers "$out/headers" \
  -library "$target/aarch64-apple-ios/release/librca.a" -headers "$out/headers" \
  -library "$out/simulator/librca.a" -headers "$out/headers" \
  -output RcaBindingsFFI.xcframework
echo "packed $PWD/RcaBindingsFFI.xcframework"
