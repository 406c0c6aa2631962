//! Versions of libraries, runtimes and images.

use super::super::CodeSign;
use super::super::change::{Block, Change, Row};
use super::super::language::Language;
use super::super::parse::Mark;
use super::{edit_sign, sign};
use crate::mechanism::id;
use crate::mechanism::words::words;

/// How far two versions are apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Patch,
    Minor,
    Major,
}

/// The dependency and version that a line of a manifest names.
fn pinned(row: &Row) -> Option<(String, Vec<u64>, String)> {
    let text = row.code.replace(
        ['"', '\'', ',', '<', '>', '(', ')', '^', '~', '=', ';', '{', '}', '@', '[', ']'],
        " ",
    );
    let mut name = None;
    let parts: Vec<&str> = text.split([' ', '\t']).filter(|p| !p.is_empty()).collect();
    for part in parts {
        let (head, tail) = part
            .rsplit_once(':')
            .filter(|(_, v)| v.starts_with(|c: char| c.is_ascii_digit()))
            .unwrap_or(("", part));
        let bare = tail.trim_start_matches('v');
        let numbers: Vec<u64> = bare
            .split(['-', '+'])
            .next()
            .unwrap_or_default()
            .split('.')
            .map_while(|n| n.parse().ok())
            .collect();
        if !numbers.is_empty()
            && bare.starts_with(|c: char| c.is_ascii_digit())
            && (numbers.len() > 1 || tail.starts_with('v') || bare.len() == tail.len())
        {
            let name = if head.is_empty() { name? } else { head.to_owned() };
            return Some((name, numbers, tail.to_owned()));
        }
        let keyword = matches!(
            part.trim_end_matches(':'),
            "require"
                | "version"
                | "implementation"
                | "api"
                | "compile"
                | "gem"
                | "PackageReference"
                | "Include"
                | "Version"
                | "from"
                | "dependency"
                | "testImplementation"
                | "replace"
                | "resolved"
                | "integrity"
                | "/version"
        );
        if !keyword && part.chars().any(char::is_alphabetic) && name.is_none() {
            name = Some(part.trim_end_matches(':').to_owned());
        }
    }
    None
}

/// The same, where the name stands on a line above (`<artifactId>`, `- name:`).
fn pinned_in(block: &Block, at: &Row) -> Option<(String, Vec<u64>, String)> {
    if let Some(found) = pinned(at) {
        return Some(found);
    }
    if !at.has(&["version", "tag:"]) {
        return None;
    }
    let number = at
        .code
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '+')))
        .find(|part| {
            part.contains('.')
                && part.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit())
        })?;
    let numbers = number
        .trim_start_matches('v')
        .split(['.', '-', '+'])
        .map_while(|n| n.parse().ok())
        .collect();
    let above = block.rows.iter().take_while(|row| !std::ptr::eq(*row, at));
    let name = above.filter(|row| row.has(&["artifactid", "name"])).last()?;
    let name = name
        .code
        .split(['<', '>', ':', '"', '\'', ' '])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .find(|part| !matches!(*part, "artifactId" | "/artifactId" | "-" | "name"))?;
    Some((name.to_owned(), numbers, number.to_owned()))
}

fn step(old: &[u64], new: &[u64]) -> Option<Step> {
    let at = |v: &[u64], i: usize| v.get(i).copied().unwrap_or(0);
    if at(old, 0) != at(new, 0) {
        Some(Step::Major)
    } else if at(old, 1) != at(new, 1) {
        Some(Step::Minor)
    } else {
        (old != new).then_some(Step::Patch)
    }
}

/// Words that tell libraries of one family apart from the rest: the last part of the name.
fn family(name: &str) -> Vec<String> {
    const COMMON: &[&str] = &[
        "go", "v1", "v2", "v3", "v4", "v5", "js", "py", "core", "lib", "java", "python", "client",
        "sdk", "api", "common", "utils", "com", "org", "io", "types", "node", "plugin", "rs",
        "service", "github", "golang",
    ];
    let parts: Vec<&str> = name.split(['/', ':']).filter(|p| !p.is_empty()).collect();
    let mut last = parts.len();
    while let Some(part) = last.checked_sub(1).and_then(|i| parts.get(i)) {
        let found: Vec<String> = words(part)
            .into_iter()
            .filter(|w| !COMMON.contains(&w.as_str()) && w.len() > 1)
            .collect();
        if !found.is_empty() {
            return found;
        }
        last -= 1;
    }
    Vec::new()
}

/// Versions in manifests and lock files. Why: behaviour, defaults and own dependencies differ.
pub(super) fn versions(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    let weight = if change.language == Language::Lock { 0.3 } else { 1.0 };
    for block in &change.blocks {
        for (old, new) in block.edits() {
            let (Some((name, from, a)), Some((other, to, b))) =
                (pinned_in(block, old), pinned_in(block, new))
            else {
                continue;
            };
            let Some(step) = step(&from, &to).filter(|_| name == other) else { continue };
            if is_runtime(&name) {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::RUNTIME_BUMPED,
                    if step == Step::Patch { 0.25 } else { 0.7 },
                    format!("runtime {name} {a} -> {b}"),
                ));
                continue;
            }
            let back = to < from;
            let (label, strength) = match step {
                Step::Major => ("major", 0.75),
                Step::Minor => ("minor", 0.45),
                Step::Patch => ("patch", 0.15),
            };
            let what = if back { "downgraded" } else { "bumped" };
            signs.push(edit_sign(
                change,
                block,
                (old, new),
                &id::DEPENDENCY_BUMPED,
                strength * weight,
                format!("{name} {what} {a} -> {b} ({label})"),
            ));
            if step > Step::Patch
                && let Some((sibling, version)) = left_behind(block, &name, &b)
            {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::DEPENDENCY_CONFLICT,
                    0.9 * weight,
                    format!("{name} {what} {a} -> {b} while {sibling} stays at {version}"),
                ));
            }
        }
        let paired = |row: &Row| {
            block.edits().any(|(old, new)| std::ptr::eq(old, row) || std::ptr::eq(new, row))
        };
        for row in block.rows.iter().filter(|row| (row.is_gone() || row.is_new()) && !paired(row)) {
            if let Some((name, _, version)) = pinned(row) {
                let (what, strength) =
                    if row.is_gone() { ("removed", 0.45) } else { ("added", 0.2) };
                signs.push(sign(
                    change,
                    block,
                    row,
                    &id::DEPENDENCY_BUMPED,
                    strength * weight,
                    format!("{name} {version} {what}"),
                ));
            }
        }
    }
}

fn is_runtime(name: &str) -> bool {
    matches!(
        name.to_lowercase().as_str(),
        "go" | "node"
            | "python"
            | "ruby"
            | "java"
            | "rust"
            | "toolchain"
            | "php"
            | "requires-python"
            | "python_requires"
            | "rust-version"
            | "dotnet"
            | "jdk"
            | "engines"
            | "sourcecompatibility"
            | "targetcompatibility"
            | "java.version"
            | "nodejs"
            | "targetframework"
    )
}

/// A library of the same family that stays where it was, at another version.
fn left_behind(block: &Block, name: &str, version: &str) -> Option<(String, String)> {
    let own = family(name);
    block.rows.iter().filter(|row| row.mark == Mark::Context).filter_map(pinned).find_map(
        |(other, _, at)| {
            let related = family(&other).iter().any(|word| own.contains(word));
            (other != name && related && at != version).then_some((other, at))
        },
    )
}

/// Base images. Why: libraries, users, certificates and defaults come from them.
pub(super) fn images(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    for block in &change.blocks {
        let from = |row: &Row| row.lower.trim_start().starts_with("from ");
        for (old, new) in block.edits().filter(|(old, new)| from(old) && from(new)) {
            signs.push(edit_sign(
                change,
                block,
                (old, new),
                &id::RUNTIME_BUMPED,
                image_step(&old.code, &new.code),
                format!(
                    "base image {} -> {}",
                    old.code.trim().trim_start_matches("FROM "),
                    new.code.trim().trim_start_matches("FROM ")
                ),
            ));
        }
        for (old, new) in block.edits().filter(|(old, _)| !from(old)) {
            let command = |row: &Row| {
                row.has(&["cmd", "entrypoint", "user ", "expose", "workdir", "healthcheck"])
            };
            if command(old) && command(new) {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::SHUTDOWN_CHANGED,
                    0.5,
                    format!("start of the container changed: {}", new.code.trim()),
                ));
            }
        }
        for row in block
            .gone_rows()
            .filter(|row| row.has(&["ca-certificates", "tzdata", "apt-get install", "apk add"]))
        {
            signs.push(sign(
                change,
                block,
                row,
                &id::RUNTIME_BUMPED,
                0.55,
                format!("system package step removed: {}", row.code.trim()),
            ));
        }
    }
}

/// Images in manifests of an orchestrator.
pub(super) fn images_in_manifests(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    if change.language != Language::Yaml {
        return;
    }
    for block in &change.blocks {
        for (old, new) in block.edits() {
            let image =
                |row: &Row| row.lower.trim_start().trim_start_matches("- ").starts_with("image:");
            if image(old) && image(new) {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::RUNTIME_BUMPED,
                    image_step(&old.code, &new.code) * 0.7,
                    format!("image {} -> {}", old.code.trim(), new.code.trim()),
                ));
            }
        }
    }
}

/// The same image with another variant of its tag changes less than another version or another image.
fn image_step(old: &str, new: &str) -> f64 {
    let split = |text: &str| {
        text.trim().rsplit_once(':').map(|(name, tag)| (name.to_owned(), tag.to_owned()))
    };
    let numbers = |tag: &str| {
        tag.split(['-', '.'])
            .map_while(|n| n.trim_start_matches('v').parse::<u64>().ok())
            .collect::<Vec<_>>()
    };
    match (split(old), split(new)) {
        (Some((a, x)), Some((b, y))) if a == b => match step(&numbers(&x), &numbers(&y)) {
            Some(Step::Major) => 0.8,
            Some(Step::Minor) => 0.6,
            Some(Step::Patch) => 0.25,
            // Another C library or a system without its tools.
            None if foundation(&x) != foundation(&y) => 0.65,
            None => 0.3,
        },
        _ => 0.75,
    }
}

/// What a variant of an image is built on.
fn foundation(tag: &str) -> Option<&'static str> {
    ["alpine", "musl", "distroless", "slim", "nanoserver", "ubi", "scratch"]
        .into_iter()
        .find(|name| tag.contains(name))
}
