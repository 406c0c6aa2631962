//! Access logs of web servers: the common and the combined format of Apache and nginx.

use std::borrow::Cow;

use super::super::reading::Reading;
use super::clock::{self, Before};
use super::entry::{Entry, noted};
use crate::model::Severity;

/// `203.0.113.7 - ann [31/Jan/2024:12:30:11 +0000] "GET /pay?x=1 HTTP/1.1" 502 150 "referer" "agent"`
pub(super) fn entry<'a>(
    line: &'a str,
    before: Before,
    reading: &mut Reading<'_>,
) -> Option<Entry<'a>> {
    let (head, rest) = line.split_once(" [")?;
    let (client, user) = head.split_once(' ')?;
    (head.len() < 512 && user.contains(' ')).then_some(())?;
    let (time, rest) = rest.split_once("] \"")?;
    let found =
        clock::read_at(time.as_bytes(), 0, before).filter(|found| found.end == time.len())?;
    let (request, rest) = quoted(rest)?;
    let (status, rest) = word(rest);
    let code: u16 = status.parse().ok().filter(|code| (100..=599).contains(code))?;
    let (size, rest) = word(rest);
    let mut entry = Entry {
        time: Some(noted(found, reading)),
        severity: Some(if code >= 500 { Severity::High } else { Severity::Info }),
        message: Cow::Owned(format!("{request} {status}")),
        ..Entry::default()
    };
    entry.attribute("client.address", client);
    let user = user.rsplit(' ').next().unwrap_or("-");
    if user != "-" {
        entry.attribute("user.name", user);
    }
    if let Some((method, target)) = request.split_once(' ') {
        let target = target.rsplit_once(' ').map_or(target, |(target, _)| target);
        entry.attribute("http.request.method", method);
        entry.attribute("url.path", target.split('?').next().unwrap_or(target));
    }
    entry.attribute("http.response.status_code", status);
    if size.parse::<u64>().is_ok() {
        entry.attribute("http.response.body.size", size);
    }
    let after_referer = rest.strip_prefix('"').and_then(quoted).map(|(_, rest)| rest);
    if let Some((agent, _)) = after_referer.and_then(|rest| quoted(rest.strip_prefix('"')?))
        && agent != "-"
    {
        entry.attribute("user_agent.original", agent);
    }
    Some(entry)
}

/// Up to the closing quote (escaped ones do not count), and what comes behind it and a blank.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    loop {
        let end = from + text.get(from..)?.find(['"', '\\'])?;
        if text.as_bytes().get(end) == Some(&b'"') {
            return Some((text.get(..end)?, text.get(end + 1..)?.trim_start()));
        }
        let escaped = text.get(end + 1..)?.chars().next()?;
        from = end + 1 + escaped.len_utf8();
    }
}

fn word(text: &str) -> (&str, &str) {
    match text.split_once(' ') {
        Some((word, rest)) => (word, rest.trim_start()),
        None => (text, ""),
    }
}
