//! Peers that are programs of their own: they do the same work on the same file and print what it cost
//! them, without their start.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::Result;
use super::clock::Cost;

/// Whether peers may be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Install {
    /// Missing ones are.
    Missing,
    /// What is there has to do.
    Nothing,
}

/// One thread, like ours.
const SINGLE: [&str; 3] = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"];

const MISSING: &str = "peer not installed";

/// Where the peers are: beside this crate's sources.
fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

/// Peers, made when first needed, apart from everything else on the machine.
#[derive(Debug)]
pub struct Peers {
    place: PathBuf,
    install: Install,
}

impl Peers {
    /// Peers that live in this folder.
    #[must_use]
    pub fn new(place: PathBuf, install: Install) -> Self {
        Self { place, install }
    }

    /// Makes sure that a Python module can be imported. Packages are `name==version`.
    ///
    /// # Errors
    ///
    /// Why the peer can't be had, in words for the table.
    pub fn python(&self, module: &str, packages: &[&str]) -> std::result::Result<(), String> {
        if self.can_import(module) {
            return Ok(());
        }
        if self.install == Install::Nothing {
            return Err(MISSING.to_owned());
        }
        if !self.interpreter().exists() {
            let environment = self.place.join("venv");
            succeed(Command::new("python3").args(["-m", "venv"]).arg(environment))
                .map_err(|_| format!("{MISSING}: python3 -m venv failed"))?;
        }
        let mut pip = Command::new(self.interpreter());
        pip.args(["-m", "pip", "install", "-q", "--disable-pip-version-check"]).args(packages);
        succeed(&mut pip).map_err(|_| format!("{MISSING}: pip install failed"))?;
        if self.can_import(module) { Ok(()) } else { Err(format!("{MISSING}: import failed")) }
    }

    /// Runs a script on a file.
    ///
    /// # Errors
    ///
    /// When the script fails, or prints no cost.
    pub fn run_python(&self, script: &str, file: &Path, arguments: &[&str]) -> Result<Cost> {
        let script = sources().join(script);
        run(Command::new(self.interpreter()).arg(script).arg(file).args(arguments))
    }

    /// Runs a script and returns what it prints.
    ///
    /// # Errors
    ///
    /// When the script fails.
    pub fn ask_python(&self, script: &str, arguments: &[&Path]) -> Result<Vec<u8>> {
        let mut peer = Command::new(self.interpreter());
        peer.arg(sources().join(script)).args(arguments);
        peer.envs(SINGLE.map(|name| (name, "1")));
        let out = peer.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
        if !out.status.success() {
            return Err(format!("{peer:?}: {}", out.status).into());
        }
        Ok(out.stdout)
    }

    /// Makes sure that a peer in Rust is built.
    ///
    /// # Errors
    ///
    /// Why the peer can't be had, in words for the table.
    pub fn rust(&self, name: &str) -> std::result::Result<PathBuf, String> {
        let target = self.place.join("peers");
        let program = target.join("release").join(format!("templates-{name}"));
        if program.exists() {
            return Ok(program);
        }
        if self.install == Install::Nothing {
            return Err(MISSING.to_owned());
        }
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "-q", "--release", "--manifest-path"]);
        cargo.arg(sources().join(name).join("Cargo.toml")).arg("--target-dir").arg(target);
        succeed(&mut cargo).map_err(|_| format!("{MISSING}: cargo build failed (libclang?)"))?;
        Ok(program)
    }

    fn can_import(&self, module: &str) -> bool {
        let line = format!("import {module}");
        succeed(Command::new(self.interpreter()).args(["-c", &line])).is_ok()
    }

    fn interpreter(&self) -> PathBuf {
        self.place.join("venv/bin/python")
    }
}

/// Runs a peer and reads the cost it prints as JSON.
///
/// # Errors
///
/// When it fails, or prints no cost.
pub fn run(peer: &mut Command) -> Result<Cost> {
    peer.envs(SINGLE.map(|name| (name, "1")));
    let out = peer.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    if !out.status.success() {
        return Err(format!("{peer:?}: {}", out.status).into());
    }
    cost(&out.stdout)
}

fn cost(printed: &[u8]) -> Result<Cost> {
    let said: Value = serde_json::from_slice(printed)?;
    let number = |name: &str| said.get(name).and_then(Value::as_f64).ok_or("no cost was printed");
    Ok(Cost { wall: number("wall")?, cpu: number("cpu")? })
}

fn succeed(command: &mut Command) -> Result<()> {
    let status =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(status.to_string().into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_read_and_anything_else_refused() {
        assert_eq!(cost(br#"{"wall": 2, "cpu": 0.5}"#).unwrap(), Cost { wall: 2.0, cpu: 0.5 });
        assert!(cost(br#"{"wall": 2}"#).is_err());
        assert!(cost(b"done").is_err());
    }

    #[test]
    fn a_peer_that_is_not_there_is_said_to_be_missing() {
        let folder = tempfile::tempdir().unwrap();
        let peers = Peers::new(folder.path().to_owned(), Install::Nothing);
        assert_eq!(peers.python("networkx", &["networkx"]), Err(MISSING.to_owned()));
        assert_eq!(peers.rust("drain-rs"), Err(MISSING.to_owned()));
    }
}
