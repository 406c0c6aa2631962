//! How programs write dates and times of day.

/// `12:30:11`, `12:30:11.250Z`, `12:30`
pub(crate) fn is_clock(word: &str) -> bool {
    let Some(rest) = one_or_two_digits(word.as_bytes()) else { return false };
    let [b':', rest @ ..] = rest else { return false };
    let Some(rest) = one_or_two_digits(rest) else { return false };
    let closing = rest.iter().rev().take_while(|b| matches!(b, b',' | b']' | b')')).count();
    match rest.get(..rest.len() - closing).unwrap_or_default() {
        [] => true,
        [b':', seconds @ ..] => {
            seconds.first().is_some_and(u8::is_ascii_digit)
                && seconds
                    .iter()
                    .all(|b| matches!(b, b'0'..=b'9' | b'.' | b',' | b':' | b'+' | b'-' | b'Z'))
        }
        _ => false,
    }
}

/// What follows the one or two digits that a text begins with.
fn one_or_two_digits(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b'0'..=b'9', b'0'..=b'9', rest @ ..] => Some(rest),
        [b'0'..=b'9', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// `2024-01-31`, `2024/01/31`, `31.01.2024`, `2024-01-31T12:30:11Z`, `20240131-12:30:11:250`
pub(crate) fn is_date(word: &str) -> bool {
    let bytes = word.as_bytes();
    if !bytes.first().is_some_and(u8::is_ascii_digit) || bytes.len() < 8 {
        return false;
    }
    let leading = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let Some(&separator) = bytes.get(leading) else { return false };
    if leading == 8 {
        return matches!(separator, b'-' | b'T' | b'_' | b' ') && bytes[8..].contains(&b':');
    }
    if !matches!(separator, b'-' | b'/' | b'.') || !matches!(leading, 2 | 4) {
        return false;
    }
    let rest = &bytes[leading + 1..];
    let second = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let third = rest.get(second + 1..).unwrap_or_default();
    let digits = third.iter().take_while(|b| b.is_ascii_digit()).count();
    (1..=2).contains(&second)
        && rest.get(second) == Some(&separator)
        && (1..=4).contains(&digits)
        && third[digits..].iter().all(|b| {
            matches!(b, b'0'..=b'9' | b'T' | b't' | b'Z' | b':' | b'.' | b',' | b'+' | b'-' | b'_')
        })
        && third.iter().filter(|b| **b == b'.').count() <= 3
}

/// `01-31`, `1.31`: only together with a time of day.
pub(crate) fn is_short_date(word: &str) -> bool {
    let Some([b'-' | b'/' | b'.', rest @ ..]) = one_or_two_digits(word.as_bytes()) else {
        return false;
    };
    one_or_two_digits(rest) == Some(&[])
}

pub(crate) fn is_weekday(word: &[u8]) -> bool {
    const DAYS: [&[u8; 3]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    word.len() <= 9 && word.first_chunk().is_some_and(|short| DAYS.contains(&short))
}

pub(crate) fn is_month(word: &[u8]) -> bool {
    const MONTHS: [&[u8; 3]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    word.try_into().is_ok_and(|word| MONTHS.contains(&word))
}
