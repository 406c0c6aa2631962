//! What others rely on: fields, routes, names of settings.

use super::super::CodeSign;
use super::super::change::{Change, Row};
use super::super::language::Language;
use super::super::token::Token;
use super::{edit_sign, quoted, sign};
use crate::mechanism::id;

fn texts(row: &Row) -> Vec<&str> {
    row.tokens
        .iter()
        .filter_map(|token| match token {
            Token::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

/// Serialised names and numbers. Why: the other side still speaks the old form.
pub(super) fn wire(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const MARKS: &[&str] = &[
        "json:",
        "@jsonproperty",
        "serde(",
        "xml:",
        "protobuf:",
        "@serializedname",
        "bson:",
        "yaml:",
        "avro",
        "@field",
        "@column",
        "[jsonpropertyname",
        "db:",
        "serializer",
        "alias=",
        "rename",
    ];
    if change.language == Language::Proto {
        let number = |row: &Row| {
            row.code.split('=').nth(1).map(|n| n.trim().trim_end_matches(';').to_owned())
        };
        for block in &change.blocks {
            let paired = |row: &Row| block.edits().any(|(old, _)| std::ptr::eq(old, row));
            for (old, new) in block.edits() {
                let renumbered = number(old) != number(new);
                let what = if renumbered { "field number changed" } else { "field changed" };
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::WIRE_FORMAT_CHANGED,
                    if renumbered { 0.95 } else { 0.8 },
                    format!("{what}: {} became {}", quoted(old), quoted(new)),
                ));
            }
            for row in block.gone_rows().filter(|row| !paired(row) && row.code.trim().len() > 2) {
                signs.push(sign(
                    change,
                    block,
                    row,
                    &id::WIRE_FORMAT_CHANGED,
                    0.9,
                    format!("field removed: {}", quoted(row)),
                ));
            }
        }
        return;
    }
    if change.language.is_config() {
        return;
    }
    for block in &change.blocks {
        for (old, new) in block.edits() {
            let (a, b) = (texts(old), texts(new));
            if old.has(MARKS) && a != b {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::WIRE_FORMAT_CHANGED,
                    0.9,
                    format!("serialised name changed: {} became {}", quoted(old), quoted(new)),
                ));
            } else if a.len() == b.len()
                && a != b
                && old.names().eq(new.names())
                && a.iter().zip(&b).any(|(x, y)| x != y && is_key(x) && is_key(y))
                && !logs(new)
            {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::WIRE_FORMAT_CHANGED,
                    0.55,
                    format!("key or constant changed: {} became {}", quoted(old), quoted(new)),
                ));
            }
        }
        let paired = |row: &Row| block.edits().any(|(old, _)| std::ptr::eq(old, row));
        for row in
            block.gone_rows().filter(|row| !paired(row) && row.has(MARKS) && !texts(row).is_empty())
        {
            signs.push(sign(
                change,
                block,
                row,
                &id::WIRE_FORMAT_CHANGED,
                0.8,
                format!("serialised field removed: {}", quoted(row)),
            ));
        }
    }

    fn is_key(text: &str) -> bool {
        text.chars().any(char::is_alphabetic)
            && text.len() < 60
            && super::super::value::literal(text).is_none()
            && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
    }
}

pub(super) fn logs(row: &Row) -> bool {
    row.has_word(&[
        "log", "logger", "logging", "print", "println", "printf", "console", "slog", "debug",
        "info", "warn", "fmt", "tracing", "metrics",
    ])
}

/// Serialisers and their settings. Why: enums, dates, names and missing values take another form.
pub(super) fn serializers(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const WORDS: &[&str] = &[
        "serializer",
        "serializers",
        "serializable",
        "serialization",
        "deserialization",
        "deserializer",
        "converter",
        "converters",
        "marshaler",
        "unmarshaler",
        "codec",
        "objectmapper",
        "gson",
        "moshi",
        "newtonsoft",
        "jackson",
        "naming",
        "resolver",
        "serialize",
        "deserialize",
        "pickle",
        "msgpack",
        "marshal",
        "orjson",
        "ujson",
        "avro",
        "protobuf",
    ];
    if change.language.is_config() {
        return;
    }
    let settings = |row: &Row| {
        row.has_word(WORDS)
            && super::super::change::function_name(&row.code).is_none()
            && !logs(row)
    };
    let imports = |row: &Row| {
        matches!(row.names().next(), Some("using" | "import" | "from" | "use" | "require"))
    };
    for block in &change.blocks {
        let kept: Vec<&str> =
            block.new_rows().filter(|row| settings(row)).flat_map(Row::names).collect();
        let gone = block.gone_rows().find(|row| {
            settings(row) && !imports(row) && row.names().any(|name| !kept.contains(&name))
        });
        if let Some(row) = gone {
            let statement = format!("written in another way: {}", quoted(row));
            signs.push(sign(change, block, row, &id::SERIALIZER_CHANGED, 0.7, statement));
        }
        let switched = block.new_rows().find(|row| {
            settings(row)
                && row.calls().iter().any(|call| {
                    let last = call.rsplit('.').next().unwrap_or(call);
                    matches!(last, "enable" | "disable" | "configure")
                })
        });
        if let Some(row) = switched.filter(|_| gone.is_none()) {
            let statement = format!("written with another setting: {}", quoted(row));
            signs.push(sign(change, block, row, &id::SERIALIZER_CHANGED, 0.75, statement));
        }
    }
}

/// Routes and headers. Why: callers ask for what is no longer there.
pub(super) fn routes(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const REGISTERS: &[&str] = &[
        "handlefunc(",
        "mapping(",
        "app.get(",
        "app.post(",
        "app.put(",
        "router.",
        ".route(",
        "@app.",
        "path(",
        "mux.",
        "@get(",
        "@post(",
        "get '",
        "post '",
        "@path",
        "e.get(",
        "r.get(",
        "r.post(",
    ];
    let path = |row: &Row| {
        texts(row)
            .into_iter()
            .find(|text| text.starts_with('/') && text.len() > 1 && !text.contains(' '))
            .map(str::to_owned)
    };
    for block in &change.blocks {
        for (old, new) in block.edits() {
            if let (Some(a), Some(b)) = (path(old), path(new))
                && a != b
            {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::API_CHANGED,
                    0.8,
                    format!("path changed {a} -> {b}"),
                ));
            }
            let header = |row: &Row| {
                texts(row)
                    .into_iter()
                    .find(|text| {
                        text.contains('-')
                            && text.starts_with(|c: char| c.is_ascii_uppercase())
                            && !text.contains(' ')
                    })
                    .map(str::to_owned)
            };
            if let (Some(a), Some(b)) = (header(old), header(new))
                && a != b
            {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::API_CHANGED,
                    0.7,
                    format!("header changed {a} -> {b}"),
                ));
            }
        }
        let paired = |row: &Row| block.edits().any(|(old, _)| std::ptr::eq(old, row));
        for row in block
            .gone_rows()
            .filter(|row| !paired(row) && row.has(REGISTERS) && path(row).is_some())
        {
            signs.push(sign(
                change,
                block,
                row,
                &id::API_CHANGED,
                0.85,
                format!("route removed: {}", quoted(row)),
            ));
        }
    }
}

/// Names of settings. Why: the reader finds nothing under the name it knows.
pub(super) fn keys(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const ENV: &[&str] = &[
        "getenv",
        "process.env",
        "environ",
        "std::env",
        "env::var",
        "viper.get",
        "@value",
        "env(",
        "config.get",
        "env.fetch",
        "env[",
        "getproperty",
        "configuration[",
    ];
    let is_env = |row: &Row| row.has(ENV);
    for block in &change.blocks {
        for (old, new) in block.edits() {
            let names = |row: &Row| {
                row.tokens.iter().find_map(|t| match t {
                    Token::Text(text) => Some(text.clone()),
                    Token::Name(name) if name.contains("env.") => Some(name.clone()),
                    _ => None,
                })
            };
            if is_env(old) && is_env(new) && names(old) != names(new) {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::CONFIG_KEY_CHANGED,
                    0.9,
                    format!("reads another setting: {} became {}", quoted(old), quoted(new)),
                ));
            }
        }
        for row in block.new_rows().filter(|row| {
            is_env(row)
                && !change.created
                && row.has(&["panic", "fatal", "raise", "throw", "os.environ[", "must", "expect("])
        }) {
            signs.push(sign(
                change,
                block,
                row,
                &id::CONFIG_KEY_CHANGED,
                0.6,
                format!("a setting became mandatory: {}", quoted(row)),
            ));
        }
        if !matches!(
            change.language,
            Language::Yaml | Language::Json | Language::Toml | Language::Properties | Language::Hcl
        ) || change.path.contains("test")
        {
            continue;
        }
        for (old, new) in block.edits() {
            let (Some(a), Some(b)) = (key(old), key(new)) else { continue };
            let value =
                |row: &Row| row.code.split_once([':', '=']).map(|(_, v)| v.trim().to_owned());
            if a != b && value(old) == value(new) {
                signs.push(edit_sign(
                    change,
                    block,
                    (old, new),
                    &id::CONFIG_KEY_CHANGED,
                    0.85,
                    format!("key renamed {a} -> {b}"),
                ));
            }
        }
        let paired = |row: &Row| block.edits().any(|(old, _)| std::ptr::eq(old, row));
        for row in block.gone_rows().filter(|row| !paired(row)) {
            if let Some(name) = key(row) {
                signs.push(sign(
                    change,
                    block,
                    row,
                    &id::CONFIG_KEY_CHANGED,
                    0.5,
                    format!("setting removed: {name}"),
                ));
            }
        }
        for row in block
            .new_rows()
            .filter(|row| change.language == Language::Yaml && row.raw.starts_with('\t'))
        {
            signs.push(sign(
                change,
                block,
                row,
                &id::CONFIG_INVALID,
                0.9,
                format!("a tab indents YAML: {}", quoted(row)),
            ));
        }
    }

    fn key(row: &Row) -> Option<String> {
        let (name, _) = row.code.split_once([':', '='])?;
        let name = name.trim().trim_start_matches("- ").trim_matches('"');
        (!name.is_empty() && name.len() < 80 && !name.contains(' ')).then(|| name.to_owned())
    }
}
