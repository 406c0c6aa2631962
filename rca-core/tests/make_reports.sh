#!/usr/bin/env bash
# Lets test runners write their JUnit reports on invented tests: make_reports.sh FOLDER PYTHON
# Makes FOLDER/pytest.xml and FOLDER/nextest.xml.
set -euo pipefail
folder=$1
python=$(realpath -s "$2")
mkdir -p "$folder"
cd "$folder"
rm -f pytest.xml nextest.xml

cat >test_sample.py <<'EOF'
import pytest


@pytest.fixture
def broken():
    raise RuntimeError("no fixture")


def test_passes():
    pass


def test_fails():
    print("printed <here> & there \x1b[31m")
    assert 3 == 4


def test_breaks(broken):
    pass


@pytest.mark.skip(reason="later")
def test_skips():
    pass
EOF
# Exit code 1: tests failed, as they should.
status=0
"$python" -m pytest -q -p no:cacheprovider --rootdir . -o junit_logging=all --junitxml pytest.xml test_sample.py \
  >pytest.log 2>&1 || status=$?
{ [ "$status" = 1 ] && [ -s pytest.xml ]; } || { cat pytest.log; exit 1; }

mkdir -p sample/src sample/.config
cat >sample/Cargo.toml <<'EOF'
[workspace]

[package]
name = "sample"
version = "0.1.0"
edition = "2024"
EOF
cat >sample/.config/nextest.toml <<'EOF'
[profile.default]
retries = 1
fail-fast = false

[profile.default.junit]
path = "junit.xml"
EOF
cat >sample/src/lib.rs <<'EOF'
#[cfg(test)]
mod tests {
    #[test]
    fn passes() {}

    #[test]
    fn fails() {
        assert_eq!(3, 4, "three is not four");
    }

    #[test]
    fn wobbles() {
        assert_ne!(std::env::var("NEXTEST_ATTEMPT").as_deref(), Ok("1"));
    }
}
EOF
# Exit code 100: tests failed, as they should.
status=0
(cd sample && env -u NEXTEST_PROFILE CARGO_TARGET_DIR="$folder/sample/target" cargo nextest run --offline) \
  >nextest.log 2>&1 || status=$?
[ "$status" = 100 ] || { cat nextest.log; exit 1; }
cp sample/target/nextest/default/junit.xml nextest.xml
