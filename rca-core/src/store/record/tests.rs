use proptest::prelude::*;

use super::*;
use crate::error::{ErrorKind, Place};
use crate::model::{
    AuditEntry, AuditHead, DeadLetter, DeadLetterId, Digest, FieldChange, Investigation, LinkKind,
    Relation,
};
use crate::store::testing::made_up::{
    analysis, at, deploy, full_event, full_investigation, investigation, link, note,
};

/// All records that are made today: name and bytes.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let case = investigation(1).id();
    let manual = link(deploy(1).id(), case, LinkKind::Manual);
    vec![
        ("event-v1-full", encode_event(&full_event()).unwrap()),
        ("event-v1-plain", encode_event(&note(3)).unwrap()),
        ("investigation-v2-full", encode_investigation(&full_investigation()).unwrap()),
        ("investigation-v2-plain", encode_investigation(&investigation(1)).unwrap()),
        ("link-v1", encode_link(&manual).unwrap()),
        ("analysis-v1", encode_analysis(&analysis(case)).unwrap()),
        ("meta-v1", encode_meta(b"checkpoint 7")),
        ("dead-letter-v1-full", encode_dead_letter(&full_letter(), KEY).unwrap()),
        ("audit-entry-v1", encode_audit_entry(&entry()).unwrap()),
        ("audit-head-v1", encode_audit_head(&entry().head()).unwrap()),
        ("checkpoint-v1", encode_checkpoint(at(9), b"page 7").unwrap()),
    ]
}

const KEY: u128 = 0x0123_4567_89ab_cdef_0011_2233_4455_6677;

/// The third entry of some trail.
fn entry() -> AuditEntry {
    let head = AuditHead { entries: 2, digest: Digest::from_bytes([9; 32]) };
    let (old, new) = (serde_json::Value::Null, serde_json::json!({ "text": "x", "n": [1, 0.5] }));
    let change = FieldChange { field: "notes.7".to_owned(), old, new };
    AuditEntry::following(head, investigation(1).id(), 2, at(12), Some("kim"), change)
}

/// What the full investigation of version 1 is now: one related without reasons, one note about an event.
fn full_investigation_v1() -> Investigation {
    let mut case = full_investigation();
    case.related = vec![Relation::manual(investigation(2).id(), None, at(1))];
    case.notes.truncate(1);
    case.hypotheses.clear();
    case.acknowledged_at = None;
    case
}

/// A dead letter in which nothing is left empty.
fn full_letter() -> DeadLetter {
    DeadLetter {
        id: DeadLetterId(77),
        source: "ci".to_owned(),
        format: Some("junit".to_owned()),
        place: Place {
            input: Some("page 3".to_owned()),
            line: Some(4),
            column: Some(5),
            offset: Some(60),
        },
        reason: "a test without a name".to_owned(),
        about: [("kind".to_owned(), "push".to_owned())].into(),
        tries: 3,
        first_at: at(1),
        last_at: at(2),
        next_try: Some(at(3)),
        bytes: 1 << 40,
        kept: true,
    }
}

fn decode_any(bytes: &[u8]) -> Vec<Result<()>> {
    vec![
        decode_event(bytes).map(|_| ()),
        decode_investigation(bytes).map(|_| ()),
        decode_link(bytes).map(|_| ()),
        decode_analysis(bytes).map(|_| ()),
        decode_meta(bytes).map(|_| ()),
        decode_dead_letter(bytes).map(|_| ()),
        decode_checkpoint(bytes).map(|_| ()),
        decode_audit_entry(bytes).map(|_| ()),
        decode_audit_head(bytes).map(|_| ()),
    ]
}

fn golden(name: &str) -> std::path::PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/records");
    std::path::Path::new(folder).join(format!("{name}.bin"))
}

/// The files are kept for ever: a record once written must be read by every later version. A new
/// version adds files (run once with `UPDATE_GOLDEN=1`); existing ones are never written again.
#[test]
fn records_of_every_version_still_read() {
    for (name, bytes) in samples() {
        let path = golden(name);
        if std::env::var_os("UPDATE_GOLDEN").is_some() && !path.exists() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
    }
    let read = |name: &str| std::fs::read(golden(name)).unwrap();
    assert_eq!(decode_event(&read("event-v1-full")).unwrap(), full_event());
    assert_eq!(decode_event(&read("event-v1-plain")).unwrap(), note(3));
    let case = decode_investigation(&read("investigation-v1-full")).unwrap();
    assert_eq!(case, full_investigation_v1());
    let case = decode_investigation(&read("investigation-v1-plain")).unwrap();
    assert_eq!(case, investigation(1));
    let case = decode_investigation(&read("investigation-v2-full")).unwrap();
    assert_eq!(case, full_investigation());
    let case = decode_investigation(&read("investigation-v2-plain")).unwrap();
    assert_eq!(case, investigation(1));
    let trail = decode_audit_entry(&read("audit-entry-v1")).unwrap();
    assert_eq!((trail.hash(), &trail), (trail.digest, &entry()));
    assert_eq!(decode_audit_head(&read("audit-head-v1")).unwrap(), entry().head());
    let manual = link(deploy(1).id(), investigation(1).id(), LinkKind::Manual);
    assert_eq!(decode_link(&read("link-v1")).unwrap(), manual);
    let found = decode_analysis(&read("analysis-v1")).unwrap();
    assert_eq!(found, analysis(investigation(1).id()));
    assert_eq!(decode_meta(&read("meta-v1")).unwrap(), b"checkpoint 7");
    let letter = decode_dead_letter(&read("dead-letter-v1-full")).unwrap();
    assert_eq!(letter, (full_letter(), KEY));
    let checkpoint = decode_checkpoint(&read("checkpoint-v1")).unwrap();
    assert_eq!(checkpoint, (at(9), b"page 7".to_vec()));
}

#[test]
fn todays_records_are_the_golden_ones() {
    for (name, bytes) in samples() {
        assert_eq!(std::fs::read(golden(name)).unwrap(), bytes, "{name}: needs a new version");
    }
}

#[test]
fn a_newer_version_is_told_apart_from_damage() {
    for (name, mut bytes) in samples() {
        let end = bytes.len() - CHECKSUM_BYTES;
        bytes.truncate(end);
        bytes[0] = 9;
        let newer = with_checksum(bytes);
        let errors: Vec<_> = decode_any(&newer).into_iter().map(Result::unwrap_err).collect();
        assert!(
            errors.iter().all(|e| matches!(e, Error::TooNew { found: 9, known: 1 | 2, .. })),
            "{name}: {errors:?}"
        );
    }
}

#[test]
fn a_newer_analysis_document_is_told_apart_too() {
    let mut newer = analysis(investigation(1).id());
    newer.schema_version = 9;
    let error = decode_analysis(&encode_analysis(&newer).unwrap()).unwrap_err();
    assert!(matches!(error, Error::TooNew { found: 9, .. }), "{error}");
}

#[test]
fn every_flipped_bit_shows() {
    for (name, bytes) in samples() {
        for at in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[at / 8] ^= 1 << (at % 8);
            let errors = decode_any(&flipped);
            assert!(errors.iter().all(Result::is_err), "{name}, bit {at}");
        }
    }
}

#[test]
fn numbers_survive_to_the_last_bit() {
    let mut event = full_event();
    for (n, value) in [0.1 + 0.2, f64::MIN_POSITIVE, 1e308, -0.0, 5e-324].into_iter().enumerate() {
        event.data.insert(format!("n{n}"), value.into());
    }
    assert_eq!(decode_event(&encode_event(&event).unwrap()).unwrap(), event);
}

#[test]
fn an_analysis_that_json_cannot_hold_is_refused() {
    let mut endless = analysis(investigation(1).id());
    endless.causes.push(crate::model::Cause {
        kind: crate::model::CauseKind::Flag { key: "k".into() },
        title: "t".into(),
        entity: None,
        probability: crate::model::Probability::ZERO,
        event: None,
        mechanism: None,
        evidence_for: vec![crate::model::Evidence {
            kind: crate::model::EvidenceKind::Prior,
            statement: "s".into(),
            weight: f64::NAN,
            before: None,
            after: None,
            time: None,
            events: Vec::new(),
        }],
        evidence_against: Vec::new(),
        path: Vec::new(),
        remediation: None,
    });
    assert_eq!(encode_analysis(&endless).unwrap_err().kind(), ErrorKind::InvalidInput);
}

proptest! {
    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode_any(&bytes);
        // With a fitting frame they come further in.
        let framed = frame(1, &bytes);
        for result in decode_any(&framed) {
            if let Err(error) = result {
                prop_assert_eq!(error.kind(), ErrorKind::Corrupt);
            }
        }
    }

    #[test]
    fn a_record_with_a_changed_payload_never_panics(
        which in 0..samples().len(), at in any::<prop::sample::Index>(), byte in any::<u8>()
    ) {
        let (_, mut bytes) = samples().swap_remove(which);
        bytes.truncate(bytes.len() - CHECKSUM_BYTES);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = decode_any(&with_checksum(bytes));
    }
}
