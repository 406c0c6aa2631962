#!/usr/bin/env bash
# Copies the C library, its header, rca.pc and the CMake package to where programs look for them.
#
#   rca-ffi/install.sh --prefix DIR [--libraries DIR]
#
# The libraries are taken from target/release unless said otherwise; build them with `cargo build --release -p rca-ffi`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
prefix="" libraries=${CARGO_TARGET_DIR:-$here/../target}/release
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) prefix=$2; shift 2 ;;
    --libraries) libraries=$2; shift 2 ;;
    *) sed -n '2,6p' "$0" | sed 's/^# \{0,1\}//' >&2; exit 2 ;;
  esac
done
[ -n "$prefix" ] || { echo "install: say where to, with --prefix DIR" >&2; exit 2; }
version=$(sed -nE 's/^version = "([^"]+)"/\1/p' "$here/../Cargo.toml" | head -1)
# What a static Rust library needs besides itself.
case $(uname -s) in
  Darwin) static="-liconv -framework CoreFoundation -framework Security" shared=dylib ;;
  *) static="-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc" shared=so ;;
esac
mkdir -p "$prefix/include" "$prefix/lib/pkgconfig" "$prefix/lib/cmake/rca"
prefix=$(cd "$prefix" && pwd)
cp "$here/include/rca.h" "$prefix/include/"
cp "$libraries/librca.$shared" "$libraries/librca.a" "$prefix/lib/"
for file in rca.pc:lib/pkgconfig rcaConfig.cmake:lib/cmake/rca rcaConfigVersion.cmake:lib/cmake/rca; do
  sed -e "s|@PREFIX@|$prefix|; s|@VERSION@|$version|; s|@STATIC@|$static|; s|@SHARED@|$shared|" \
    "$here/cmake/${file%%:*}.in" >"$prefix/${file#*:}/${file%%:*}"
done
echo "installed rca $version in $prefix"
