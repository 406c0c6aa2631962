#!/usr/bin/env bash
# Builds and runs the C story with gcc and g++ (as C11 and C++17, no warnings), then under valgrind where there is
# one. Expects `cargo build -p rca-ffi` before. Prints "N passed, N failed" for each run.
set -euo pipefail
cd "$(dirname "$0")/../.."

library=target/debug
out=target/c-tests
incident=$(grep -L '"root_cause_commit": *"none"' examples/incidents/*/truth.json | head -1 | xargs dirname)
mkdir -p "$out"
status=0

run() { # NAME COMMAND...
  local name=$1 folder
  shift
  folder=$(mktemp -d "$out/workspace-XXXXXX")
  echo "-- $name"
  LD_LIBRARY_PATH=$library RUST_BACKTRACE=0 "$@" "$incident" "$folder/w.rca" || status=1
  rm -rf "$folder"
}

flags="-Wall -Wextra -Werror -pedantic -g -I rca-ffi/include"
# shellcheck disable=SC2086
gcc -std=c11 $flags rca-ffi/tests/story.c -o "$out/story-c" -L "$library" -lrca -lpthread
# shellcheck disable=SC2086
g++ -std=c++17 -x c++ $flags rca-ffi/tests/story.c -o "$out/story-cpp" -L "$library" -lrca -lpthread
run "C11" "$out/story-c"
run "C++17" "$out/story-cpp"
if command -v valgrind >/dev/null; then
  run "C11 under valgrind" valgrind -q --leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite --error-exitcode=1 "$out/story-c"
fi
exit $status
