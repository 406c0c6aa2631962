//! How programs write dates and times of day.

/// `12:30:11`, `12:30:11.250Z`, `12:30`
pub(crate) fn is_clock(word: &str) -> bool {
    let word = word.trim_end_matches([',', ']', ')']);
    let mut parts = word.splitn(3, ':');
    let two = |part: Option<&str>| {
        part.is_some_and(|p| (1..=2).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))
    };
    if !two(parts.next()) {
        return false;
    }
    let minute = parts.next();
    match parts.next() {
        None => two(minute),
        Some(second) => {
            two(minute)
                && second.as_bytes().first().is_some_and(u8::is_ascii_digit)
                && second.bytes().all(|b| b.is_ascii_digit() || b".,:+-Z".contains(&b))
        }
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
        && third[digits..].iter().all(|b| b.is_ascii_digit() || b"TtZ:.,+-_".contains(b))
        && third.iter().filter(|b| **b == b'.').count() <= 3
}

/// `01-31`, `1.31`: only together with a time of day.
pub(crate) fn is_short_date(word: &str) -> bool {
    let mut parts = word.split(['-', '/', '.']);
    let two = |part: Option<&str>| {
        part.is_some_and(|p| (1..=2).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))
    };
    two(parts.next()) && two(parts.next()) && parts.next().is_none()
}

pub(crate) fn is_weekday(word: &[u8]) -> bool {
    const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    DAYS.iter().any(|day| word.starts_with(day)) && word.len() <= 9
}

pub(crate) fn is_month(word: &[u8]) -> bool {
    const MONTHS: [&[u8]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    MONTHS.contains(&word)
}
