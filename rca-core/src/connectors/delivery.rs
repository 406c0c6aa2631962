//! A webhook as the host's server received it: headers, body, time.

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::format::{self, Format};
use super::intake::Hints;
use super::reading::too_long;
use super::{Batch, Limits, unobserved};
use crate::error::{Error, Place, Result};

/// One webhook request. The host's server receives it; this only reads.
///
/// ```
/// use rca_core::connectors::{Delivery, Limits};
///
/// let delivery = Delivery {
///     headers: &[("X-GitHub-Event", "star")],
///     body: br#"{"action": "deleted", "repository": {"full_name": "shop/till"}}"#,
///     received: "2026-05-04T09:00:00Z".parse().unwrap(),
/// };
/// let batch = delivery.read(&Limits::default())?;
/// assert_eq!(batch.events[0].title(), "star deleted in shop/till");
/// # Ok::<(), rca_core::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    /// Header names (in any case) and values.
    pub headers: &'a [(&'a str, &'a str)],
    /// The request's body.
    pub body: &'a [u8],
    /// When it came: the time of what carries none itself.
    pub received: DateTime<Utc>,
}

/// Bodies and signatures stay out of `Debug`.
impl std::fmt::Debug for Delivery<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery")
            .field("received", &self.received)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Headers that say which format a body has; their value is the kind of message.
const SENDERS: &[(&str, &str)] = &[
    ("x-github-event", "github"),
    ("x-gitlab-event", "gitlab"),
    ("sentry-hook-resource", "sentry"),
];

impl<'a> Delivery<'a> {
    /// The value of a header, whatever the case of its name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, v)| *v)
    }

    /// The header that says who sent it, and what kind of message it names.
    #[must_use]
    pub fn sender(&self) -> Option<(&'static str, &'a str)> {
        SENDERS.iter().find_map(|(header, _)| Some((*header, self.header(header)?.trim())))
    }

    /// Reads it: by the sender's header where there is one, else by what the body looks like.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when no format fits, or the body is longer than
    /// [`Limits::body_bytes`] or [`Limits::unpacked_bytes`]. A body that is refused is no error: it stands in the report.
    pub fn read(&self, limits: &Limits) -> Result<Batch> {
        if self.body.len() > limits.body_bytes {
            let place = Place { input: Some("delivery".to_owned()), ..Place::default() };
            return Err(too_long(place, limits.body_bytes));
        }
        let sender = SENDERS
            .iter()
            .find_map(|(header, format)| Some((self.header(header)?.trim(), *format)));
        let format = sender.map(|(_, name)| Format::named(name)).transpose()?;
        let hints = Hints {
            kind: sender.map(|(kind, _)| kind.to_owned()),
            received: Some(self.received),
            ..Hints::default()
        };
        format::read_delivery(&mut &*self.body, format, hints, limits, &unobserved)
    }
}

/// Checks that a body was signed with a secret: HMAC-SHA256 in hexadecimal, with or without `sha256=` or `v1=`
/// before it, as GitHub (`X-Hub-Signature-256`), PagerDuty and Sentry send it. Of several signatures, separated by
/// commas, one must fit. Takes the same time wherever they differ.
///
/// # Errors
///
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the signature is malformed or another: drop the delivery.
pub fn verify_signature(secret: &[u8], body: &[u8], signature: &str) -> Result<()> {
    let wrong = |reason: &str| {
        let place = Place { input: Some("signature".to_owned()), ..Place::default() };
        Err(Error::invalid(place, reason))
    };
    if secret.is_empty() {
        return wrong("there is no secret to check with; set one at the sender and here");
    }
    let mut readable = false;
    for one in signature.split(',').map(str::trim) {
        let digits = ["sha256=", "v1="].iter().find_map(|p| one.strip_prefix(p)).unwrap_or(one);
        let Ok(bytes) = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()) else { continue };
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { continue };
        readable = true;
        mac.update(body);
        if mac.verify_slice(&bytes).is_ok() {
            return Ok(());
        }
    }
    wrong(if readable {
        "not signed with this secret, or changed on the way"
    } else {
        "not a hexadecimal HMAC-SHA256"
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    /// Test case 2 of RFC 4231.
    const KEY: &[u8] = b"Jefe";
    const BODY: &[u8] = b"what do ya want for nothing?";
    const MAC: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

    #[test]
    fn a_signature_is_checked_in_each_spelling() {
        for signature in [
            MAC.to_owned(),
            format!("sha256={MAC}"),
            format!("sha256={}", MAC.to_uppercase()),
            format!("v1={}, v1={MAC}", "0".repeat(64)),
        ] {
            assert!(verify_signature(KEY, BODY, &signature).is_ok(), "{signature}");
        }
    }

    #[test]
    fn what_was_not_signed_is_refused() {
        let other = format!("sha256={}", "0".repeat(64));
        for (secret, body, signature) in [
            (KEY, &b"what do ya want for nothing!"[..], MAC),
            (b"jefe", BODY, MAC),
            (b"", BODY, MAC),
            (KEY, BODY, other.as_str()),
            (KEY, BODY, &MAC[..32]),
            (KEY, BODY, "sha256=zz"),
            (KEY, BODY, ""),
        ] {
            let error = verify_signature(secret, body, signature).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }
}
