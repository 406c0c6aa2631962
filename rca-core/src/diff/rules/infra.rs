//! Addresses, credentials, permissions, schedules, TLS, time zones.

use super::super::CodeSign;
use super::super::change::{Change, Row};
use super::super::language::Language;
use super::super::parse::Mark;
use super::super::token::Token;
use super::settings::parents;
use super::{edit_sign, quoted, sign};
use crate::mechanism::words::{stems, words};
use crate::mechanism::{MechanismId, id};

/// Words of a name whose text changed, and what that means. The first row decides. Two words that stand
/// together count as one, too (`time_zone` is `timezone`).
const NAMED: &[(&[&str], MechanismId, f64, &str)] = &[
    (
        &[
            "instanceclass",
            "instancetype",
            "machinetype",
            "nodetype",
            "vmsize",
            "nodesize",
            "flavor",
            "sku",
            "tier",
            "plan",
        ],
        id::MACHINE_SHRUNK,
        0.5,
        "machine changed",
    ),
    (
        &["poolmode", "poolingmode"],
        id::POOL_LIMIT_LOWERED,
        0.75,
        "connections are shared in another way",
    ),
    (
        &["storagetype", "volumetype", "disktype", "storageclass", "storageclassname"],
        id::IO_LIMIT_LOWERED,
        0.6,
        "storage changed",
    ),
    (
        &["readiness", "liveness", "healthcheck", "healthgroup"],
        id::PROBE_CHANGED,
        0.8,
        "what counts as healthy changed",
    ),
    (&["cron", "schedule", "crontab"], id::SCHEDULE_CHANGED, 0.85, "schedule changed"),
    (
        &["timezone", "tz", "locale", "charset", "encoding", "collation", "dateformat", "lang"],
        id::LOCALE_CHANGED,
        0.8,
        "time zone, locale or encoding changed",
    ),
    (
        &[
            "secret",
            "password",
            "passwd",
            "token",
            "apikey",
            "credential",
            "secretkey",
            "accesskey",
            "privatekey",
            "username",
            "user",
        ],
        id::CREDENTIALS_CHANGED,
        0.8,
        "credentials changed",
    ),
    (
        &[
            "role",
            "policy",
            "permission",
            "scope",
            "acl",
            "iam",
            "action",
            "effect",
            "cidr",
            "ingress",
            "egress",
            "securitygroup",
            "verb",
            "principal",
            "serviceaccount",
            "chmod",
            "securitycontext",
        ],
        id::PERMISSION_CHANGED,
        0.75,
        "permission changed",
    ),
    (
        &[
            "tls",
            "ssl",
            "cipher",
            "cert",
            "certificate",
            "ca",
            "x509",
            "truststore",
            "keystore",
            "minversion",
            "ciphersuite",
            "cabundle",
            "sslmode",
        ],
        id::TLS_CONFIG_CHANGED,
        0.75,
        "TLS setting changed",
    ),
    (
        &[
            "route",
            "selector",
            "ingressclass",
            "rewrite",
            "upstream",
            "loadbalancer",
            "balancer",
            "lb",
            "proxy",
            "match",
            "sticky",
            "affinity",
        ],
        id::ROUTING_CHANGED,
        0.7,
        "routing changed",
    ),
    (
        &[
            "host",
            "url",
            "uri",
            "endpoint",
            "address",
            "addr",
            "region",
            "zone",
            "bucket",
            "topic",
            "queue",
            "dsn",
            "namespace",
            "broker",
            "dns",
            "hostname",
            "domain",
            "cluster",
            "server",
            "nameserver",
            "stream",
            "exchange",
            "database",
            "dbname",
            "base",
            "bootstrap",
            "origin",
        ],
        id::ENDPOINT_CHANGED,
        0.85,
        "address changed",
    ),
    (&["path", "httpget"], id::PROBE_CHANGED, 0.4, "path changed"),
    (&["isolation"], id::TRANSACTION_CHANGED, 0.8, "isolation changed"),
    (
        &["acks", "ack", "offset", "group", "groupid", "autooffsetreset"],
        id::ACK_CHANGED,
        0.75,
        "message handling changed",
    ),
    (
        &["strategy", "lifecycle", "restartpolicy"],
        id::SHUTDOWN_CHANGED,
        0.6,
        "rollout or restart behaviour changed",
    ),
    (&["eviction", "maxmemorypolicy", "maxmemory"], id::CACHE_REMOVED, 0.6, "cache policy changed"),
    (
        &["gc", "jvm", "opt", "xx", "javaopt", "nodeoption"],
        id::RUNTIME_TUNED,
        0.6,
        "runtime flags changed",
    ),
];

/// The text value of a row: a quoted text, or what stands behind `:` or `=` in a configuration.
fn text_value(change: &Change, row: &Row) -> Option<String> {
    if change.language.is_config() {
        let (_, value) = row
            .code
            .split_once(": ")
            .or_else(|| row.code.split_once('='))
            .or_else(|| row.code.split_once(' '))?;
        let value = value.trim().trim_matches(['"', '\'', ',', ';']);
        return (!value.is_empty()).then(|| value.to_owned());
    }
    row.tokens.iter().find_map(|token| match token {
        Token::Text(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    })
}

fn looks_like_address(text: &str) -> bool {
    let host = text.contains('.')
        && !text.contains(' ')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_'))
        && text.split('.').count() > 2
        && text.chars().any(char::is_alphabetic);
    let port = text.rsplit_once(':').is_some_and(|(head, tail)| {
        !head.is_empty()
            && !head.contains(' ')
            && tail.len() > 1
            && tail.chars().all(|c| c.is_ascii_digit())
    });
    text.contains("://") || host || port
}

/// Texts behind telling names. Why: another place, another key, another time, another right.
pub(super) fn addresses(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    for block in &change.blocks {
        for (old, new) in block.edits() {
            let (Some(a), Some(b)) = (text_value(change, old), text_value(change, new)) else {
                continue;
            };
            let same_key = old.names().next() == new.names().next();
            if a == b || super::interface::logs(new) || !same_key || a.contains(' ') && !cron(&a) {
                continue;
            }
            let numeric = super::super::value::literal(&a).is_some()
                && super::super::value::literal(&b).is_some();
            if numeric {
                continue;
            }
            let named: Vec<String> = if change.language.is_config() {
                with_pairs(stems(new.code.split([':', '=']).next().unwrap_or_default()))
            } else {
                new.names().flat_map(|name| with_pairs(stems(name))).collect()
            };
            let of = |named: &[String]| {
                NAMED
                    .iter()
                    .find(|(list, ..)| named.iter().any(|word| list.contains(&word.as_str())))
            };
            // What says nothing itself (`name`, `type`, `app`) is about its section.
            let row = of(&named).or_else(|| {
                let around = parents(change, block, new);
                of(&with_pairs(around.into_iter().take(4).collect()))
            });
            if let Some((strength, what)) =
                row.filter(|row| row.1 == id::MACHINE_SHRUNK).and_then(|_| shrunk(&a, &b))
            {
                let statement = format!("{what} {a} -> {b}");
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::MACHINE_SHRUNK,
                    strength,
                    statement,
                ));
                continue;
            }
            let found = if cron(&a) && cron(&b) {
                Some((id::SCHEDULE_CHANGED, 0.9, "schedule changed"))
            } else if runtime_flag(&a) && runtime_flag(&b) {
                Some((id::RUNTIME_TUNED, 0.7, "runtime flags changed"))
            } else if looks_like_address(&a)
                && looks_like_address(&b)
                && !named.iter().any(|w| w == "image" || w == "version" || w == "chart")
            {
                Some((id::ENDPOINT_CHANGED, 0.9, "address changed"))
            } else {
                row.map(|(_, mechanism, strength, what)| (mechanism.clone(), *strength, *what))
            };
            if let Some((mechanism, strength, what)) = found {
                let secret = mechanism == id::CREDENTIALS_CHANGED;
                let values = if secret { String::new() } else { format!(" {a} -> {b}") };
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &mechanism,
                    strength,
                    format!("{what}{values} ({})", new.names().next().unwrap_or_default()),
                ));
            }
        }
    }

    fn cron(text: &str) -> bool {
        let parts: Vec<&str> = text.split_whitespace().collect();
        (5..=7).contains(&parts.len())
            && parts.iter().all(|part| {
                part.chars().all(|c| c.is_ascii_digit() || matches!(c, '*' | '/' | ',' | '-' | '?'))
            })
    }
}

/// Each word, and each two neighbours as one.
fn with_pairs(words: Vec<String>) -> Vec<String> {
    let pairs: Vec<String> = words.windows(2).map(<[String]>::concat).collect();
    words.into_iter().chain(pairs).collect()
}

/// A flag of the Java machine.
fn runtime_flag(text: &str) -> bool {
    text.split_whitespace().any(|flag| flag.starts_with("-XX:") || flag.starts_with("XX:"))
}

/// How surely a machine became smaller, by the names that clouds give to sizes.
fn shrunk(old: &str, new: &str) -> Option<(f64, &'static str)> {
    let (before, after) = (machine_size(old)?, machine_size(new)?);
    let burstable = |text: &str| {
        text.to_lowercase().split(['.', '-', '_']).any(|part| {
            matches!(part, "t2" | "t3" | "t3a" | "t4g" | "e2" | "b1s" | "b1ms" | "b2s" | "b2ms")
        })
    };
    if after < before {
        Some((0.9, "smaller machine"))
    } else if burstable(new) && !burstable(old) {
        Some((0.8, "machine with a share of a core"))
    } else {
        Some((0.3, "machine changed"))
    }
}

/// The size in a machine's name (`r6g.4xlarge`, `n2-standard-8`) on a scale of doublings.
fn machine_size(text: &str) -> Option<f64> {
    let lower = text.to_lowercase();
    let parts: Vec<&str> = lower.split(['.', '-', '_', ' ']).collect();
    let named = parts.iter().find_map(|part| {
        let step = match *part {
            "nano" => 0.0,
            "micro" | "f1" => 1.0,
            "small" | "g1" | "basic" | "hobby" | "free" => 2.0,
            "medium" | "starter" => 3.0,
            "large" => 4.0,
            "xlarge" => 5.0,
            _ => {
                let times: f64 = part.strip_suffix("xlarge")?.parse().ok()?;
                5.0 + times.max(1.0).log2()
            }
        };
        Some(step)
    });
    named.or_else(|| {
        let cores: f64 = parts.iter().rev().find_map(|part| part.parse().ok())?;
        Some(3.0 + cores.max(1.0).log2())
    })
}

/// Time zones, locales and encodings in code. Why: the same moment or text then means another one.
pub(super) fn locales(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const MARKS: &[&str] = &[
        "utc",
        "zoneid",
        "zoneoffset",
        "systemdefault",
        "localtime",
        "tolocal",
        "toutc",
        "gettimezone",
        "timezone",
        "tz=",
        "naive",
        "setlocale",
        "locale.",
        "charset",
        "time.local",
        "in_time_zone",
        "fromtimestamp",
        "tolocaletimestring",
        "datetimekind",
        "culture",
    ];
    const ENCODINGS: &[&str] =
        &["utf-8", "utf8", "latin1", "latin-1", "iso-8859", "cp1252", "utf-16"];
    if change.language.is_config() || change.language == Language::Sql {
        return;
    }
    for block in &change.blocks {
        // Set for the whole process or request, where nothing was set before.
        const SETS: &[&str] = &[
            "setlocale(",
            "locale.setdefault",
            "supportedcultures(",
            "defaultcurrentculture",
            "currentculture =",
            "userequestlocalization",
            "tzset(",
            "timezone.setdefault",
        ];
        let set_before = block.version(Mark::Added).any(|row| row.has(SETS));
        if let Some(row) = block.new_rows().find(|row| !set_before && row.has(SETS)) {
            let statement = format!("another culture for all that is formatted: {}", quoted(row));
            signs.push(sign(change, block, row, &id::LOCALE_CHANGED, 0.75, statement));
        }
        for (old, new) in block.edits() {
            // `YYYY` is the year of the week: around New Year it is another one.
            let week_year = |row: &Row| row.code.contains("YYYY") && row.has(&["dd", "mm"]);
            let formats = new.has(&["ofpattern(", "simpledateformat(", "dateformatter"]);
            if formats
                && week_year(new)
                && (!week_year(old) || !old.has(&["ofpattern(", "simpledateformat("]))
            {
                let statement =
                    format!("the year of the week instead of the year: {}", quoted(new));
                let rows = (old, new);
                signs.push(edit_sign(change, block, rows, &id::LOCALE_CHANGED, 0.9, statement));
                continue;
            }
            // Names say what code does; of texts only encodings do.
            let marks = |row: &Row| -> Vec<bool> {
                let names = row.names().collect::<Vec<_>>().join(" ").to_lowercase();
                let named = MARKS.iter().map(|mark| names.contains(mark));
                named.chain(ENCODINGS.iter().map(|mark| row.lower.contains(mark))).collect()
            };
            let brings = |row: &Row| {
                matches!(row.names().next(), Some("import" | "from" | "use" | "using" | "require"))
            };
            if marks(old) != marks(new) && !super::interface::logs(new) && !brings(new) {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::LOCALE_CHANGED,
                    0.75,
                    format!(
                        "time zone, locale or encoding changed: {} became {}",
                        quoted(old),
                        quoted(new)
                    ),
                ));
            }
        }
    }
}

/// Dates fixed in code or settings. Why: on that day the other branch begins.
pub(super) fn dates(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const ENDS: &[&str] = &[
        "expiry",
        "expire",
        "expires",
        "expiration",
        "until",
        "end",
        "ends",
        "sunset",
        "cutoff",
        "deadline",
        "before",
        "after",
        "valid",
        "now",
        "today",
        "license",
        "licence",
        "eol",
        "renew",
        "due",
        "launch",
        "start",
        "retire",
        "promo",
        "window",
        "isbefore",
        "isafter",
    ];
    const NOT: &[&str] = &["version", "api_version", "created", "updated", "copyright", "since"];
    if change.path.to_lowercase().contains("migrat") || change.language.is_manifest() {
        return;
    }
    for block in &change.blocks {
        let replaced = |row: &Row| {
            block
                .edits()
                .find(|(_, new)| std::ptr::eq(*new, row))
                .and_then(|(old, _)| date(&old.code))
        };
        let compares =
            block.version(super::super::parse::Mark::Removed).any(|row| row.has_word(ENDS));
        for row in block.new_rows().filter(|row| !row.has_word(NOT) && !super::interface::logs(row))
        {
            let Some(new) = date(&row.code) else { continue };
            let about_an_end = row.has_word(ENDS);
            let (strength, what) = match replaced(row) {
                Some(old) if new < old => (0.85, "date moved forward"),
                Some(old) if new > old => (0.5, "date moved back"),
                Some(_) => continue,
                None if about_an_end => (0.7, "date fixed"),
                None if compares => (0.5, "date fixed"),
                None => (0.2, "date added"),
            };
            signs.push(sign(
                change,
                block,
                row,
                &id::HARDCODED_EXPIRY,
                if change.created { strength * 0.6 } else { strength },
                format!("{what}: {}", quoted(row)),
            ));
        }
    }
}

/// The first date on a line: `2031-05-06`, `Date(2031, 5, 6)`.
fn date(code: &str) -> Option<(u32, u32, u32)> {
    let numbers: Vec<(usize, &str)> = code
        .split(|c: char| !c.is_ascii_digit())
        .scan(0, |at, part| {
            let from = *at;
            *at += part.len() + 1;
            Some((from, part))
        })
        .filter(|(_, part)| !part.is_empty())
        .collect();
    numbers.windows(3).find_map(|w| {
        let [(from, year), (_, month), (to, day)] = w else { return None };
        let year: u32 = year.parse().ok().filter(|y| (1990..2200).contains(y))?;
        let month: u32 = month.parse().ok().filter(|m| (1..=12).contains(m))?;
        let day: u32 = day.parse().ok().filter(|d| (1..=31).contains(d))?;
        let between = code.get(*from..*to)?;
        let dashed = between.matches('-').count() == 2;
        let listed = between.matches(',').count() == 2;
        (dashed || listed).then_some((year, month, day))
    })
}

/// Sections that say who may do what.
const RIGHTS: &[&str] = &[
    "allow",
    "permission",
    "permissions",
    "role",
    "roles",
    "action",
    "actions",
    "verb",
    "verbs",
    "ingress",
    "egress",
    "cidr",
    "policy",
    "statement",
    "principal",
    "scope",
    "scopes",
];

/// Lines of lists: ciphers, roles, network rules. Why: what is no longer listed is no longer allowed.
pub(super) fn files(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    let is = |row: &Row, list: &[&str]| {
        row.names().any(|name| words(name).iter().any(|w| list.contains(&w.as_str())))
            || row.has(&["tls_ecdhe", "tls_rsa", "tlsv1", "tls_aes"])
    };
    for block in &change.blocks {
        let cipher = |row: &Row| {
            row.has(&[
                "tls_ecdhe",
                "tls_rsa",
                "tls_aes",
                "tlsv1",
                "versiontls",
                "ecdhe-",
                "insecureskipverify",
                "-sha256",
                "-sha384",
            ])
        };
        if let Some(row) = block.gone_rows().find(|row| cipher(row)) {
            signs.push(sign(
                change,
                block,
                row,
                &id::TLS_CONFIG_CHANGED,
                0.6,
                format!("TLS protocol or cipher removed: {}", quoted(row)),
            ));
        }
        if change.language.is_config() {
            for row in block.gone_rows().filter(|row| {
                !cipher(row)
                    && (is(row, RIGHTS)
                        || parents(change, block, row)
                            .iter()
                            .any(|word| RIGHTS.contains(&word.as_str())))
            }) {
                signs.push(sign(
                    change,
                    block,
                    row,
                    &id::PERMISSION_CHANGED,
                    0.6,
                    format!("permission removed: {}", quoted(row)),
                ));
            }
        }
    }
}
