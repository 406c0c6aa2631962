//! Asks the linker of a release for a smaller module, where it can make one.
//!
//! Rust's own linker on Linux (LLD of LLVM 21 or newer) folds functions that came out alike, and puts those next to each
//! other that compress well together (balanced partitioning: Hoag, Lee, Mestre, Pupyrev, "Optimizing Function Layout for
//! Mobile Applications", 2022). A wheel is a zip file, so it gets smaller by a fifteenth. With any other linker the
//! module is larger and works as well.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const SMALLER: [&str; 4] =
    ["-Wl,--icf=all", "-Wl,--bp-compression-sort=both", "-Wl,-O2", "-Wl,--strip-all"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Who asks for debug information wants to look at functions as they stand in the sources.
    if env::var("PROFILE").as_deref() != Ok("release")
        || env::var("DEBUG").as_deref() != Ok("false")
    {
        return;
    }
    for flag in SMALLER {
        if is_taken(flag) == Some(true) {
            println!("cargo::rustc-cdylib-link-arg={flag}");
        }
    }
}

/// Whether an empty library links with the flag; none where that can't be tried.
fn is_taken(flag: &str) -> Option<bool> {
    let place = PathBuf::from(env::var_os("OUT_DIR")?);
    let mut compiler = Command::new(env::var_os("RUSTC")?);
    compiler.args(["--crate-type=cdylib", "--crate-name=probe", "--target"]);
    compiler.arg(env::var_os("TARGET")?);
    let given = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    compiler.args(given.split('\x1f').filter(|flag| !flag.is_empty()));
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        let mut chosen = OsString::from("-Clinker=");
        chosen.push(linker);
        compiler.arg(chosen);
    }
    compiler.arg(format!("-Clink-arg={flag}")).arg("-o").arg(place.join("probe")).arg("-");
    let status = compiler.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    Some(status.ok()?.success())
}
