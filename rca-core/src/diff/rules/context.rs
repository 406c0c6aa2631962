//! What paths and messages say on their own.

use super::super::HarmlessKind;
use crate::mechanism::words::words;
use crate::mechanism::{MechanismId, id};

/// The kind of a file that can't change how the system behaves; none for all others.
pub(crate) fn file_kind(path: &str) -> Option<HarmlessKind> {
    let lower = path.to_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let folders: Vec<&str> = lower.split('/').collect();
    let folders = folders.get(..folders.len().saturating_sub(1)).unwrap_or_default();
    let stem = name.split('.').next().unwrap_or(name);
    let extension = name.rsplit_once('.').map_or("", |(_, end)| end);
    let within = |list: &[&str]| folders.iter().any(|folder| list.contains(folder));
    if within(&[
        "test",
        "tests",
        "testdata",
        "__tests__",
        "spec",
        "specs",
        "fixtures",
        "__mocks__",
        "mocks",
        "e2e",
        "testing",
        "benches",
        "bench",
        "__snapshots__",
        "androidtest",
    ]) || stem.ends_with("_test")
        || stem.starts_with("test_")
        || stem.ends_with("_spec")
        || name.contains(".test.")
        || name.contains(".spec.")
        || (stem.ends_with("test")
            && stem.len() > 4
            && matches!(extension, "java" | "kt" | "scala" | "cs" | "php" | "cpp"))
        || (stem.ends_with("tests") && matches!(extension, "java" | "kt" | "cs" | "swift"))
    {
        return Some(HarmlessKind::Tests);
    }
    let tooling = within(&[
        ".github",
        ".circleci",
        ".gitlab",
        ".vscode",
        ".idea",
        ".buildkite",
        ".ci",
        ".drone",
        ".semaphore",
        ".woodpecker",
        "ci",
        ".husky",
    ]) || matches!(
        name,
        "codeowners"
            | ".gitignore"
            | ".gitattributes"
            | ".editorconfig"
            | "jenkinsfile"
            | ".gitlab-ci.yml"
            | ".pre-commit-config.yaml"
            | ".dockerignore"
            | ".mailmap"
            | "renovate.json"
            | "dependabot.yml"
            | "license"
            | "owners"
            | ".travis.yml"
            | "azure-pipelines.yml"
            | "tslint.json"
            | ".npmignore"
            | "notice"
            | "authors"
    ) || name.starts_with(".golangci")
        || name.starts_with(".eslint")
        || name.starts_with(".prettier")
        || name.starts_with(".rubocop")
        || name.starts_with("rustfmt")
        || name.starts_with(".clang-")
        || name.starts_with(".flake8")
        || name.starts_with("clippy.");
    if tooling {
        return Some(HarmlessKind::Tooling);
    }
    let requirements =
        name.starts_with("requirements") || name == "cmakelists.txt" || name == "robots.txt";
    if within(&["docs", "doc", "documentation", "runbooks", "adr"])
        && !matches!(extension, "go" | "py" | "java" | "js" | "ts" | "rs")
        || matches!(extension, "md" | "rst" | "adoc")
        || (extension == "txt" && !requirements && within(&["doc", "docs"]))
        || (matches!(stem, "readme" | "changelog" | "contributing" | "license" | "authors")
            && (stem == name || extension == "txt"))
    {
        return Some(HarmlessKind::Documentation);
    }
    if matches!(
        extension,
        "css"
            | "scss"
            | "less"
            | "sass"
            | "svg"
            | "png"
            | "jpg"
            | "jpeg"
            | "gif"
            | "ico"
            | "woff"
            | "woff2"
            | "ttf"
            | "webp"
    ) || (extension == "html" && within(&["templates", "static", "views", "public"]))
    {
        return Some(HarmlessKind::Appearance);
    }
    if name.contains("_generated.")
        || name.contains(".gen.")
        || within(&["generated", "gen"])
        || name.ends_with(".snap")
        || name.ends_with(".min.js")
    {
        return Some(HarmlessKind::Generated);
    }
    None
}

/// A bit for the letter that a word begins with; letters may share one.
fn beginning(word: &str) -> u32 {
    word.bytes().next().map_or(0, |first| 1 << (first & 31))
}

/// A guess from the message alone, used when there is no diff: kind of harmlessness or a mechanism.
pub(crate) fn message_hint(message: &str) -> (Option<HarmlessKind>, Option<&'static MechanismId>) {
    let first = message.lines().next().unwrap_or_default().to_lowercase();
    let all = words(&first);
    // Most messages have no word that begins like the listed one.
    let beginnings = all.iter().fold(0, |seen, word| seen | beginning(word));
    let has = |list: &[&str]| {
        list.iter()
            .any(|listed| beginning(listed) & beginnings != 0 && all.iter().any(|w| w == listed))
    };
    let prefix = first.split([':', '(', '!']).next().unwrap_or_default().trim();
    let harmless = match prefix {
        "docs" | "doc" => Some(HarmlessKind::Documentation),
        "test" | "tests" => Some(HarmlessKind::Tests),
        "style" => Some(HarmlessKind::Formatting),
        "ci" | "build" => Some(HarmlessKind::Tooling),
        _ if has(&[
            "typo",
            "readme",
            "comment",
            "comments",
            "wording",
            "docs",
            "documentation",
        ]) =>
        {
            Some(HarmlessKind::Documentation)
        }
        _ if has(&[
            "gofmt",
            "goimports",
            "prettier",
            "formatting",
            "whitespace",
            "lint",
            "imports",
        ]) =>
        {
            Some(HarmlessKind::Formatting)
        }
        _ if has(&["histogram", "metric", "metrics", "counter", "counters"])
            || (has(&["log", "logging", "span", "otel"])
                && has(&["field", "fields", "attributes", "structured", "wording", "message"])) =>
        {
            Some(HarmlessKind::Observability)
        }
        _ if has(&[
            "restyle",
            "css",
            "palette",
            "tooltip",
            "alignment",
            "illustration",
            "color",
            "colour",
        ]) =>
        {
            Some(HarmlessKind::Appearance)
        }
        _ => None,
    };
    const HINTS: &[(&[&str], MechanismId)] = &[
        (&["timeout", "deadline"], id::TIMEOUT_LOWERED),
        (&["ttl", "expiry", "cache"], id::CACHE_TTL_LOWERED),
        (&["pool", "connections", "concurrency", "workers", "threads"], id::POOL_LIMIT_LOWERED),
        (&["retry", "retries", "backoff"], id::RETRIES_LOWERED),
        (&["bump", "upgrade", "dependencies", "dependency", "deps"], id::DEPENDENCY_BUMPED),
        (&["migration", "schema", "column"], id::SCHEMA_CHANGED),
        (&["query", "sql", "index"], id::QUERY_CHANGED),
        (&["flag", "feature", "toggle", "default"], id::FLAG_FLIPPED),
        (&["auth", "token", "login", "permission"], id::AUTH_CHANGED),
        (&["tls", "cert", "certificate", "ssl"], id::TLS_CONFIG_CHANGED),
        (&["rename", "field", "proto", "schema"], id::WIRE_FORMAT_CHANGED),
        (&["memory", "heap", "gc"], id::MEMORY_LIMIT_LOWERED),
        (&["regex", "pattern"], id::REGEX_CHANGED),
        (&["lock", "mutex"], id::LOCK_HELD_LONGER),
    ];
    let mechanism = HINTS.iter().find(|(list, _)| has(list)).map(|(_, mechanism)| mechanism);
    (harmless, mechanism)
}
