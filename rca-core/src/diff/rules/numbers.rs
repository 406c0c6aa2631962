//! Types of numbers.

use super::super::CodeSign;
use super::super::change::{Change, Row};
use super::{edit_sign, quoted};
use crate::mechanism::id;

/// Bits of whole numbers by the names that languages, schemas and wire formats give their types.
const WHOLE: &[(&[&str], u32)] = &[
    (&["i128", "u128", "BigInteger", "BigInt"], 128),
    (&["i64", "u64", "int64", "uint64", "Int64", "UInt64", "long", "Long", "ulong"], 64),
    (&["bigint", "BIGINT"], 64),
    (&["i32", "u32", "int32", "uint32", "Int32", "UInt32", "int", "Int", "Integer"], 32),
    (&["integer", "INTEGER", "INT", "uint"], 32),
    (&["i16", "u16", "int16", "uint16", "Int16", "UInt16", "short", "Short", "ushort"], 16),
    (&["smallint", "SMALLINT"], 16),
    (&["i8", "u8", "int8", "uint8", "Int8", "byte", "Byte", "tinyint", "TINYINT"], 8),
];

/// The same for fractions.
const FRACTION: &[(&[&str], u32)] = &[
    (&["f64", "float64", "double", "Double", "DOUBLE", "BigDecimal", "Decimal", "decimal"], 64),
    (&["f32", "float32", "float", "Float", "REAL"], 32),
];

/// A narrower type for the same thing. Why: small values fit as before, so nothing shows until the first large one
/// wraps around, is cut off or is refused.
pub(super) fn narrowed(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    for block in &change.blocks {
        for (old, new) in block.edits().filter(|(old, new)| same_thing(old, new)) {
            let (before, after) = (width(old), width(new));
            let less_whole = before.0.zip(after.0).is_some_and(|(was, is)| is < was);
            let less_fraction = before.1.zip(after.1).is_some_and(|(was, is)| is < was);
            let no_fraction = before.1.is_some() && after.1.is_none() && after.0.is_some();
            // A cast to few bits where there was none.
            let cut = before == (None, None) && after.0.is_some_and(|bits| bits <= 16);
            if less_whole || less_fraction || no_fraction || cut {
                let statement = format!("less room: {} became {}", quoted(old), quoted(new));
                let rows = (old, new);
                signs.push(edit_sign(change, block, rows, &id::NUMBER_NARROWED, 0.8, statement));
            }
        }
    }
}

/// Exact numbers that become floating point on their way. Why: beyond 2^53 (IEEE 754 double) whole numbers are
/// rounded to the nearest that fits, so that long ids and amounts turn into others.
pub(super) fn rounded(change: &Change, _: &[Change], signs: &mut Vec<CodeSign>) {
    const EXACT: &[&str] = &[
        "usenumber",
        "json.number",
        "bigint",
        "biginteger",
        "bigdecimal",
        "decimal",
        "parseint",
        "parselong",
        "int64",
        "i64",
        "u64",
        "uint64",
        "rawmessage",
        "aslong",
        "getlong",
        "use_bigdecimal",
        "parse_int",
    ];
    const ROUNDED: &[&str] = &[
        "float64",
        "parsefloat",
        "formatfloat",
        "f64",
        "asdouble",
        "doublevalue",
        "getdouble",
        "todouble",
        "as_f64",
        "tofixed",
        "tonumber",
        "number",
        "float",
    ];
    let of = |row: &Row, list: &[&str]| {
        row.names().any(|name| {
            let name = name.to_lowercase();
            list.contains(&name.as_str())
                || name.rsplit('.').next().is_some_and(|last| list.contains(&last))
        })
    };
    for block in &change.blocks {
        let kept = block.new_rows().any(|row| of(row, EXACT));
        let was = block.gone_rows().any(|row| of(row, ROUNDED) && !of(row, EXACT));
        let Some(old) = block.gone_rows().find(|row| !kept && !was && of(row, EXACT)) else {
            continue;
        };
        if let Some(new) = block.new_rows().find(|row| of(row, ROUNDED)) {
            let statement = format!("rounded to floating point: {}", quoted(new));
            let rows = (old, new);
            signs.push(edit_sign(change, block, rows, &id::NUMBER_NARROWED, 0.85, statement));
        }
    }
}

/// Whether both rows are about the thing that the first names on them say.
fn same_thing(old: &Row, new: &Row) -> bool {
    let subject = |row: &Row| -> Option<String> {
        row.names().find(|name| !is_type(name) && !VISIBILITY.contains(name)).map(str::to_owned)
    };
    subject(old).is_some() && subject(old) == subject(new)
}

/// What may stand before a name.
const VISIBILITY: &[&str] = &[
    "pub",
    "let",
    "mut",
    "var",
    "val",
    "const",
    "final",
    "static",
    "private",
    "public",
    "protected",
    "readonly",
    "optional",
    "required",
    "repeated",
    "unsigned",
    "ALTER",
    "COLUMN",
];

fn is_type(name: &str) -> bool {
    WHOLE.iter().chain(FRACTION).any(|(names, _)| names.contains(&name))
}

/// Fewest bits of the whole numbers and of the fractions that a row names types of.
fn width(row: &Row) -> (Option<u32>, Option<u32>) {
    let fewest = |table: &[(&[&str], u32)]| {
        let bits = row.names().filter_map(|name| {
            table.iter().find(|(names, _)| names.contains(&name)).map(|(_, bits)| *bits)
        });
        bits.min()
    };
    (fewest(WHOLE), fewest(FRACTION))
}

#[cfg(test)]
mod tests {
    use crate::diff::{DiffInput, read};

    fn found(path: &str, old: &str, new: &str) -> bool {
        let diff = format!("@@ {path} @@\n-{old}\n+{new}\n");
        let files = [path];
        let reading = read(&DiffInput { diff: Some(&diff), files: &files, message: "" });
        reading.findings.iter().any(|sign| sign.mechanism.to_string() == "number_narrowed")
    }

    #[test]
    fn fewer_bits_are_less_room() {
        assert!(found("src/trip.rs", "    pub weight: u32,", "    pub weight: u16,"));
        assert!(found("Trip.java", "  private long weight;", "  private int weight;"));
        assert!(found("trip.go", "\tweight int64", "\tweight int32"));
        assert!(found("trip.proto", "  int64 weight = 3;", "  int32 weight = 3;"));
        assert!(found("src/trip.rs", "    kg: total(r),", "    kg: total(r) as u16,"));
        assert!(found("trip.py", "price: Decimal = 0", "price: int = 0"));
    }

    #[test]
    fn what_was_exact_and_becomes_floating_point_is_told() {
        let (old, new) = ("\tdec.UseNumber()", "\tid := fields[\"berth\"].(float64)");
        assert!(found("berth.go", old, new));
        assert!(found("berth.ts", "  const id = BigInt(row.id);", "  const id = Number(row.id);"));
        assert!(found(
            "Berth.java",
            "  long id = node.asLong();",
            "  double id = node.asDouble();"
        ));
        assert!(!found("berth.ts", "  const id = Number(row.id);", "  const id = BigInt(row.id);"));
        assert!(!found("berth.go", "\tx := float64(a)", "\tx := float64(b)"));
    }

    #[test]
    fn more_bits_and_other_things_are_not() {
        assert!(!found("src/trip.rs", "    pub weight: u16,", "    pub weight: u32,"));
        assert!(!found("src/trip.rs", "    pub weight: u32,", "    pub lane: u8,"));
        assert!(!found("trip.go", "\tn := len(rows)", "\tn := len(all)"));
        assert!(!found("Trip.java", "  int n = rows.size();", "  int n = all.size();"));
    }
}
