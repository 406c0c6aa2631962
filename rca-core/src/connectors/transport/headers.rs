//! What headers say: how long to wait, and where the next page is.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// No server is believed to want more patience than this.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// Resets above this are moments since 1970 (GitHub), below they are seconds from now (RateLimit header fields).
const MOMENT: u64 = 1_000_000_000;

/// How long to wait, by `Retry-After` (RFC 9110), else by when the rate limit begins anew.
pub(super) fn wait<'h>(
    header: impl Fn(&str) -> Option<&'h str>,
    now: DateTime<Utc>,
) -> Option<Duration> {
    let told = header("Retry-After").and_then(|value| retry_after(value, now));
    told.or_else(|| reset(header, now)).map(|wait| wait.min(LONGEST_WAIT))
}

/// Whether the headers say that no request is left.
pub(super) fn spent<'h>(header: impl Fn(&str) -> Option<&'h str>) -> bool {
    ["X-RateLimit-Remaining", "RateLimit-Remaining"].iter().any(|name| header(name) == Some("0"))
}

fn reset<'h>(header: impl Fn(&str) -> Option<&'h str>, now: DateTime<Utc>) -> Option<Duration> {
    let value = ["X-RateLimit-Reset", "RateLimit-Reset"].iter().find_map(|name| header(name))?;
    let seconds: u64 = value.trim().parse().ok()?;
    if seconds < MOMENT {
        return Some(Duration::from_secs(seconds));
    }
    let now = u64::try_from(now.timestamp()).ok()?;
    Some(Duration::from_secs(seconds.saturating_sub(now)))
}

/// Seconds, or one of the three forms of an HTTP date; a date in the past is no wait.
fn retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::<Utc>::from(httpdate::parse_http_date(value).ok()?);
    Some((date - now).to_std().unwrap_or_default())
}

/// The address of the next page in a `Link` header (RFC 8288).
pub(super) fn next_page(link: &str) -> Option<&str> {
    let mut rest = link;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, after) = after.split_once('>')?;
        let end = after.find('<').unwrap_or(after.len());
        let (parameters, next) = after.split_at(end);
        if parameters.split([';', ',']).any(is_next) {
            return Some(target.trim());
        }
        rest = next;
    }
    None
}

/// `rel="next"`, quoted or not, alone or among others.
fn is_next(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    let value = value.trim().trim_matches('"');
    name.trim().eq_ignore_ascii_case("rel")
        && value.split_ascii_whitespace().any(|rel| rel.eq_ignore_ascii_case("next"))
}

/// The sentence in which an API says why it refused: `message` or `error` of a JSON object, at most 200 characters.
pub(super) fn reason(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Said {
        message: Option<String>,
        error: Option<String>,
    }
    let said: Said = serde_json::from_slice(body.get(..body.len().min(64 << 10))?).ok()?;
    Some(said.message.or(said.error)?.chars().take(200).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> DateTime<Utc> {
        "2026-05-04T09:00:00Z".parse().unwrap()
    }

    fn waits(name: &'static str, value: &str) -> Option<u64> {
        wait(|asked| (asked == name).then_some(value), now()).map(|wait| wait.as_secs())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_of_any_form() {
        for (value, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Mon, 04 May 2026 09:01:30 GMT", Some(90)),
            ("Monday, 04-May-26 09:01:30 GMT", Some(90)),
            ("Mon May  4 09:01:30 2026", Some(90)),
            ("Mon, 04 May 2026 08:00:00 GMT", Some(0)),
            ("99999999999", Some(86_400)),
            ("soon", None),
            ("-5", None),
            ("1.5", None),
        ] {
            assert_eq!(waits("Retry-After", value), seconds, "{value}");
        }
    }

    #[test]
    fn a_reset_is_a_moment_or_seconds_from_now() {
        let soon = (now().timestamp() + 30).to_string();
        assert_eq!(waits("X-RateLimit-Reset", &soon), Some(30));
        assert_eq!(waits("RateLimit-Reset", "45"), Some(45));
        assert_eq!(waits("X-RateLimit-Reset", "1000000001"), Some(0));
    }

    #[test]
    fn the_next_page_is_found_wherever_it_stands() {
        for (link, next) in [
            (
                "<https://a/?p=2>; rel=\"next\", <https://a/?p=9>; rel=\"last\"",
                Some("https://a/?p=2"),
            ),
            ("<https://a/?p=1>; rel=\"prev\", <https://a/?p=3>; rel=next", Some("https://a/?p=3")),
            ("<https://a/?x=1,2;3>; title=\"t\"; REL=\"last next\"", Some("https://a/?x=1,2;3")),
            ("<https://a/>; rel=\"prev\"", None),
            ("<https://a/>; rel=\"nextish\"", None),
            ("<https://a/", None),
            ("", None),
        ] {
            assert_eq!(next_page(link), next, "{link}");
        }
    }

    proptest! {
        #[test]
        fn any_header_gives_an_answer(value in ".*", bytes: Vec<u8>) {
            let _ = (waits("Retry-After", &value), waits("X-RateLimit-Reset", &value));
            let _ = (next_page(&value), reason(&bytes));
        }

        #[test]
        fn dates_are_read_as_the_moment_they_name(seconds in 0_u32..80_000) {
            let date = now() + chrono::Duration::seconds(i64::from(seconds));
            let text = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
            prop_assert_eq!(waits("Retry-After", &text), Some(u64::from(seconds)));
        }

        #[test]
        fn the_next_page_comes_back_as_it_was_written(path in "[a-z0-9/?=&,;]{0,40}", before in 0_usize..3) {
            let mut links: Vec<String> =
                (0..before).map(|n| format!("<https://a/{n}>; rel=\"prev\"")).collect();
            let target = format!("https://a/{path}");
            links.push(format!("<{target}>; rel=\"next\""));
            let link = links.join(", ");
            prop_assert_eq!(next_page(&link), Some(target.as_str()));
        }
    }
}
