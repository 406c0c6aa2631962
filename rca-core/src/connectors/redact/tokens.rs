//! What secrets look like, as data.

/// A token that its beginning gives away.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    /// How it begins, exactly.
    pub(super) start: &'static str,
    /// Which characters follow.
    pub(super) of: Alphabet,
    /// How many at least; fewer are a word.
    pub(super) least: usize,
}

/// Characters of a token behind its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// `A-Z0-9`
    Upper,
    /// `A-Za-z0-9`
    Alnum,
    /// `A-Za-z0-9_-`
    Url,
    /// [`Self::Url`] and dots
    Dotted,
    /// [`Self::Url`] and slashes
    Path,
}

impl Alphabet {
    pub(super) fn has(self, byte: u8) -> bool {
        match self {
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Url => byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-',
            Self::Dotted => Self::Url.has(byte) || byte == b'.',
            Self::Path => Self::Url.has(byte) || byte == b'/',
        }
    }
}

const fn token(start: &'static str, of: Alphabet, least: usize) -> Token {
    Token { start, of, least }
}

/// Beginnings that their issuers document, so that scanners find them.
pub(super) const TOKENS: &[Token] = &[
    // GitHub: personal, OAuth, user-to-server, server-to-server, refresh; fine-grained.
    token("ghp_", Alphabet::Alnum, 30),
    token("gho_", Alphabet::Alnum, 30),
    token("ghu_", Alphabet::Alnum, 30),
    token("ghs_", Alphabet::Alnum, 30),
    token("ghr_", Alphabet::Alnum, 30),
    token("github_pat_", Alphabet::Url, 22),
    // GitLab: personal, deploy, runner, CI job, trigger, feed.
    token("glpat-", Alphabet::Dotted, 20),
    token("gldt-", Alphabet::Url, 20),
    token("glrt-", Alphabet::Dotted, 20),
    token("glcbt-", Alphabet::Url, 20),
    token("glptt-", Alphabet::Url, 20),
    token("glft-", Alphabet::Url, 20),
    // AWS key ids.
    token("AKIA", Alphabet::Upper, 16),
    token("ASIA", Alphabet::Upper, 16),
    // Slack: bots, users, apps, refresh; incoming webhooks.
    token("xoxb-", Alphabet::Url, 10),
    token("xoxp-", Alphabet::Url, 10),
    token("xoxa-", Alphabet::Url, 10),
    token("xoxr-", Alphabet::Url, 10),
    token("xoxs-", Alphabet::Url, 10),
    token("xoxe-", Alphabet::Url, 10),
    token("xapp-", Alphabet::Url, 20),
    token("hooks.slack.com/services/", Alphabet::Path, 20),
    // Google, Stripe, npm, PyPI, SendGrid, Vault.
    token("AIza", Alphabet::Url, 35),
    token("ya29.", Alphabet::Url, 20),
    token("sk_live_", Alphabet::Alnum, 16),
    token("rk_live_", Alphabet::Alnum, 16),
    token("sk_test_", Alphabet::Alnum, 16),
    token("npm_", Alphabet::Alnum, 36),
    token("pypi-AgE", Alphabet::Url, 16),
    token("SG.", Alphabet::Dotted, 40),
    token("hvs.", Alphabet::Url, 24),
];

/// Words behind which, as a name, a secret stands.
pub(super) const SECRETS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "api_key",
    "api-key",
    "apikey",
    "access_key",
    "access-key",
    "accesskey",
    "private_key",
    "private-key",
    "privatekey",
    "auth_key",
    "authkey",
    "credential",
    "credentials",
];

/// Values that say that there is no secret.
pub(super) const EMPTY: &[&str] = &[
    "null",
    "none",
    "nil",
    "true",
    "false",
    "undefined",
    "empty",
    "missing",
    "required",
    "invalid",
    "expired",
    "redacted",
    "masked",
    "hidden",
    "string",
    "str",
];

/// Last parts of domain names that are none: units of systemd, files.
pub(super) const NO_DOMAIN: &[&str] = &[
    "service", "socket", "timer", "mount", "slice", "scope", "target", "device", "path", "png",
    "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "py", "rs", "go", "java", "json",
    "yaml", "yml", "html", "txt", "log", "lock",
];
