//! What kind of file it is, by its path.

/// Kinds of file that are read in different ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Language {
    Go,
    Java,
    Kotlin,
    Python,
    JavaScript,
    Rust,
    C,
    CSharp,
    Ruby,
    Php,
    Sql,
    Yaml,
    Json,
    Toml,
    Properties,
    Hcl,
    Docker,
    Manifest,
    Lock,
    Shell,
    Proto,
    Make,
    Markup,
    Style,
    Xml,
    Other,
    #[default]
    Unknown,
}

impl Language {
    /// By file name and extension.
    pub(crate) fn of_path(path: &str) -> Self {
        let lower = path.to_lowercase();
        let name = lower.rsplit('/').next().unwrap_or(&lower);
        if let Some(found) = by_name(name) {
            return found;
        }
        let Some((_, extension)) = name.rsplit_once('.') else { return Self::Unknown };
        match extension {
            "go" => Self::Go,
            "java" | "scala" | "groovy" => Self::Java,
            "kt" | "kts" | "swift" => Self::Kotlin,
            "py" | "pyi" => Self::Python,
            "js" | "jsx" | "ts" | "tsx" | "mjs" | "cjs" | "vue" | "svelte" => Self::JavaScript,
            "rs" => Self::Rust,
            "c" | "cc" | "cpp" | "cxx" | "h" | "hh" | "hpp" => Self::C,
            "cs" => Self::CSharp,
            "rb" | "erb" | "ex" | "exs" => Self::Ruby,
            "php" => Self::Php,
            "sql" | "ddl" => Self::Sql,
            "yaml" | "yml" => Self::Yaml,
            "json" | "json5" => Self::Json,
            "toml" => Self::Toml,
            "properties" | "ini" | "env" | "cfg" | "conf" | "cnf" | "options" | "service"
            | "limits" => Self::Properties,
            "tf" | "hcl" | "tfvars" => Self::Hcl,
            "sh" | "bash" | "zsh" => Self::Shell,
            "proto" | "avsc" | "thrift" | "graphql" => Self::Proto,
            "mk" => Self::Make,
            "md" | "rst" | "adoc" | "txt" => Self::Markup,
            "css" | "scss" | "less" | "sass" | "svg" | "html" | "png" | "jpg" | "ico" | "woff" => {
                Self::Style
            }
            "xml" | "config" => Self::Xml,
            "csproj" | "gemspec" | "cabal" => Self::Manifest,
            "lock" => Self::Lock,
            "lua" | "pl" | "r" | "dart" | "zig" | "m" | "clj" | "erl" | "hs" => Self::Other,
            _ => Self::Unknown,
        }
    }

    /// Settings rather than statements.
    pub(crate) fn is_config(self) -> bool {
        matches!(
            self,
            Self::Yaml
                | Self::Json
                | Self::Toml
                | Self::Properties
                | Self::Hcl
                | Self::Xml
                | Self::Docker
        )
    }

    /// A list of dependencies with versions.
    pub(crate) fn is_manifest(self) -> bool {
        matches!(self, Self::Manifest | Self::Lock)
    }

    /// Whether `#` begins a comment.
    pub(crate) fn hash_comments(self) -> bool {
        matches!(
            self,
            Self::Python
                | Self::Ruby
                | Self::Yaml
                | Self::Toml
                | Self::Properties
                | Self::Hcl
                | Self::Docker
                | Self::Shell
                | Self::Make
                | Self::Php
        )
    }
}

fn by_name(name: &str) -> Option<Language> {
    const MANIFESTS: &[&str] = &[
        "go.mod",
        "package.json",
        "cargo.toml",
        "pom.xml",
        "build.gradle",
        "build.gradle.kts",
        "gemfile",
        "composer.json",
        "pyproject.toml",
        "setup.py",
        "setup.cfg",
        "pipfile",
        "mix.exs",
        "packages.config",
        "libs.versions.toml",
        "gradle.properties",
        "environment.yml",
        "chart.yaml",
        ".nvmrc",
        ".tool-versions",
        ".python-version",
    ];
    const LOCKS: &[&str] = &[
        "go.sum",
        "package-lock.json",
        "pnpm-lock.yaml",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "cargo.lock",
        "gemfile.lock",
        "composer.lock",
        "poetry.lock",
        "packages.lock.json",
        "uv.lock",
    ];
    if LOCKS.contains(&name) {
        return Some(Language::Lock);
    }
    let requirements = name.starts_with("requirements") && name.ends_with(".txt");
    if MANIFESTS.contains(&name) || requirements {
        return Some(Language::Manifest);
    }
    if name.starts_with("dockerfile") || name.ends_with(".dockerfile") || name == "containerfile" {
        return Some(Language::Docker);
    }
    if name.starts_with(".env") {
        return Some(Language::Properties);
    }
    match name {
        "makefile" | "cmakelists.txt" | "jenkinsfile" | "procfile" => Some(Language::Make),
        "crontab" => Some(Language::Properties),
        _ => None,
    }
}
