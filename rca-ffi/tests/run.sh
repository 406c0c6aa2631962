#!/usr/bin/env bash
# Builds the C tests with gcc and g++ (as C11 and C++17, no warnings) and runs them, then under valgrind where there is
# one; then the example, found through pkg-config and through CMake. Expects `cargo build -p rca-ffi` before. Prints
# "N passed, N failed" for each run.
#
# Environment: CARGO_TARGET_DIR, RCA_REQUIRE=1 (a missing pkg-config or cmake is a failure)
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2

library=${CARGO_TARGET_DIR:-$PWD/target}/debug
out=${CARGO_TARGET_DIR:-$PWD/target}/c-tests
incident=examples/incidents/copper-heron
story=rca-core/tests/story
golden=rca-core/tests/golden/same_story.json
flags="-Wall -Wextra -Werror -pedantic -Wshadow -Wconversion -g -I rca-ffi/include"
status=0
rm -rf "$out"
mkdir -p "$out"
export LD_LIBRARY_PATH=$library RUST_BACKTRACE=0

# result NAME COMMAND...: one check that passes or fails as a whole.
result() {
  local name=$1
  shift
  echo "-- $name"
  if "$@"; then echo "1 passed, 0 failed"; else echo "0 passed, 1 failed"; status=1; fi
}

# run NAME COMMAND...: a program that counts its own checks.
run() {
  local name=$1
  shift
  echo "-- $name"
  "$@" || status=1
}

# tests PREFIX COMMAND...: every test program, behind a command.
tests() {
  local prefix=$1 folder
  shift
  folder=$(mktemp -d "$out/case-XXXXXX")
  run "$prefix story" "$@" "$out/$prefix-story" "$incident" "$folder/w.rca" "$folder/page.html"
  run "$prefix same story" "$@" "$out/$prefix-same_story" "$incident" "$story" "$golden"
  run "$prefix record" "$@" "$out/$prefix-record" "$incident"
  run "$prefix sources" "$@" "$out/$prefix-sources" "$incident" "$repository" "$folder/report.pdf"
  run "$prefix misuse" "$@" "$out/$prefix-misuse"
  run "$prefix threads" "$@" "$out/$prefix-threads" "$incident"
}

# What is declared is exported, with as many arguments, and what is exported is declared.
symbols() {
  local declared exported
  declared=$(sed -nE 's/^[a-z].*[ *](rca_[a-z_]+)\(.*/\1/p' rca-ffi/include/rca.h | grep -vE '^rca_(s|bytes)$' | sort -u)
  exported=$(nm -D --defined-only "$library/librca.so" | sed -nE 's/.* T (rca_[a-z_]+)$/\1/p' | grep -v '^rca_test_' | sort -u)
  [ "$(echo "$declared" | wc -l)" -gt 100 ] && diff <(echo "$declared") <(echo "$exported")
}

# Two commits.
small_repository() {
  local ours=(git -C "$repository" -c user.name=ann -c user.email=ann@example.org -c commit.gpgsign=false)
  git init -q "$repository" && echo 1 >"$repository/till.conf" && "${ours[@]}" add . && "${ours[@]}" commit -q -m "open the till" &&
    echo 2 >"$repository/till.conf" && "${ours[@]}" commit -q -a -m "the till holds more"
}

result "header and library have the same functions" symbols
for test in story same_story record sources misuse threads; do
  # shellcheck disable=SC2086
  result "C11 $test builds" gcc -std=c11 $flags "rca-ffi/tests/c/$test.c" -o "$out/c-$test" -L "$library" -lrca -lpthread
  # shellcheck disable=SC2086
  result "C++17 $test builds" g++ -std=c++17 -x c++ $flags "rca-ffi/tests/c/$test.c" -o "$out/cpp-$test" -L "$library" -lrca -lpthread
done
repository=$out/repository
result "a repository to read" small_repository
tests c
tests cpp
if command -v valgrind >/dev/null; then
  leaks="valgrind -q --leak-check=full --errors-for-leak-kinds=definite,indirect --show-leak-kinds=definite,indirect --error-exitcode=1"
  # shellcheck disable=SC2086
  run "misuse under valgrind" $leaks "$out/c-misuse"
  # shellcheck disable=SC2086
  run "record under valgrind" $leaks "$out/c-record" "$incident"
  # shellcheck disable=SC2086
  run "sources under valgrind" $leaks "$out/c-sources" "$incident" "$repository" "$out/valgrind.pdf"
  # shellcheck disable=SC2086
  run "same story under valgrind" $leaks "$out/c-same_story" "$incident" "$story" "$golden"
fi

# A user's program, from an installed copy.
prefix=$PWD/target/c-tests/prefix
result "install" bash rca-ffi/install.sh --prefix "$prefix" --libraries "$library"
example() { LD_LIBRARY_PATH=$prefix/lib "$1" "$incident" 2>/dev/null >"$out/example.txt" && grep -q "Most likely cause" "$out/example.txt"; }
need() { # COMMAND
  command -v "$1" >/dev/null && return
  if [ "${RCA_REQUIRE:-0}" = 1 ]; then echo "-- $1 is missing"; echo "0 passed, 1 failed"; status=1; else echo "skipped: no $1"; fi
  return 1
}
by_pkg_config() {
  # shellcheck disable=SC2046
  PKG_CONFIG_PATH=$prefix/lib/pkgconfig gcc -std=c11 -Wall -Wextra -Werror examples/c/incident.c -o "$out/example" \
    $(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --cflags --libs rca) && example "$out/example"
}
by_pkg_config_static() {
  # shellcheck disable=SC2046
  gcc -std=c11 -Wall -Wextra -Werror examples/c/incident.c -o "$out/example-static" -I "$prefix/include" \
    "$prefix/lib/librca.a" $(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --variable=static_libs rca) &&
    example "$out/example-static"
}
by_cmake() {
  cmake -S examples/c -B "$out/cmake" -DCMAKE_PREFIX_PATH="$prefix" >"$out/cmake.txt" &&
    cmake --build "$out/cmake" >>"$out/cmake.txt" && example "$out/cmake/incident" && example "$out/cmake/incident-static"
}
readme() { # FILE: its program is what it says
  sed -n '/^```c$/,/^```$/p' "$1" | sed '/^```/d' >"$out/readme.c"
  gcc -std=c11 -Wall -Wextra -Werror "$out/readme.c" -o "$out/readme" -I "$prefix/include" -L "$prefix/lib" -lrca &&
    LD_LIBRARY_PATH=$prefix/lib "$out/readme" >"$out/readme.txt" && grep -q '"verdict"' "$out/readme.txt"
}
result "the program of README.md" readme README.md
result "the program of rca-ffi/README.md" readme rca-ffi/README.md
if need pkg-config; then
  result "an example found by pkg-config" by_pkg_config
  result "the same, linked statically" by_pkg_config_static
fi
if need cmake; then result "examples found by CMake" by_cmake; fi
exit $status
