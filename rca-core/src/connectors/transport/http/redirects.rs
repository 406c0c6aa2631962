//! Redirects: followed within one origin, refused elsewhere.

use ureq::http::Uri;

/// More than this many in a row are a loop.
pub(super) const MOST: usize = 5;

/// Where a redirect leads to, or the host that it wants us to go to and that we do not know.
pub(super) fn follow(from: &Uri, location: &str) -> Result<Uri, String> {
    let location = location.split('#').next().unwrap_or_default().trim();
    let unreadable = || "an address that is none".to_owned();
    let scheme = from.scheme_str().ok_or_else(unreadable)?;
    let authority = from.authority().ok_or_else(unreadable)?;
    let whole = if location.contains("://") {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else if location.starts_with('?') {
        format!("{scheme}://{authority}{}{location}", from.path())
    } else {
        let folder = from.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{location}")
    };
    let to: Uri = whole.parse().map_err(|_| unreadable())?;
    if origin(&to).is_some() && origin(&to) == origin(from) {
        return Ok(to);
    }
    let scheme = to.scheme_str().unwrap_or_default();
    Err(format!("{scheme}://{}", to.host().unwrap_or_default()))
}

/// Scheme, host and port; none for what is no whole address, or has a user in it.
fn origin(uri: &Uri) -> Option<(String, String, u16)> {
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    if uri.authority()?.as_str().contains('@') {
        return None;
    }
    let port = uri.port_u16().or(match scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    })?;
    Some((scheme, uri.host()?.to_ascii_lowercase(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from() -> Uri {
        "https://api.example/v1/runs?page=2".parse().unwrap()
    }

    #[test]
    fn a_redirect_within_the_origin_is_followed() {
        for (location, to) in [
            ("/v2/runs", "https://api.example/v2/runs"),
            ("https://API.example:443/v2/runs?x=1#y", "https://API.example:443/v2/runs?x=1"),
            ("//api.example/other", "https://api.example/other"),
            ("jobs", "https://api.example/v1/jobs"),
            ("?page=3", "https://api.example/v1/runs?page=3"),
        ] {
            assert_eq!(follow(&from(), location).unwrap().to_string(), to, "{location}");
        }
    }

    #[test]
    fn a_redirect_to_elsewhere_is_refused() {
        for location in [
            "https://evil.example/v1",
            "http://api.example/v1",
            "https://api.example:8443/v1",
            "//169.254.169.254/latest",
            "https://api.example@evil.example/",
            "https://ada:pw@api.example/",
            "file:///etc/passwd",
            "https://",
            "https://a b/",
        ] {
            assert!(follow(&from(), location).is_err(), "{location}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_location_leaves_the_origin(location in ".{0,60}") {
            if let Ok(to) = follow(&from(), &location) {
                proptest::prop_assert_eq!(origin(&to), origin(&from()));
            }
        }
    }
}
