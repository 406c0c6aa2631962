//! Addresses, credentials, permissions, schedules, TLS, time zones.

use super::super::CodeSign;
use super::super::change::{Change, Row};
use super::super::token::Token;
use super::{edit_sign, quoted, sign};
use crate::mechanism::words::{stems, words};
use crate::mechanism::{MechanismId, id};

/// Words of a name whose text changed, and what that means. The first row decides.
const NAMED: &[(&[&str], MechanismId, f64, &str)] = &[
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
        let value = value.trim().trim_matches(['"', '\'', ',']);
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
                stems(new.code.split([':', '=']).next().unwrap_or_default())
            } else {
                new.names().flat_map(stems).collect()
            };
            let row = NAMED
                .iter()
                .find(|(list, ..)| named.iter().any(|word| list.contains(&word.as_str())));
            let found = if cron(&a) && cron(&b) {
                Some((id::SCHEDULE_CHANGED, 0.9, "schedule changed"))
            } else if looks_like_address(&a)
                && looks_like_address(&b)
                && !named.iter().any(|w| w == "image" || w == "version")
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
                    && is(
                        row,
                        &[
                            "allow",
                            "permission",
                            "permissions",
                            "role",
                            "roles",
                            "action",
                            "actions",
                            "verbs",
                            "ingress",
                            "egress",
                            "cidr",
                        ],
                    )
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
