//! Stored records: any bytes are read or refused, and what was read is written back equal.

use rca_core::store::record::{
    decode_analysis, decode_audit_entry, decode_audit_head, decode_checkpoint, decode_dead_letter,
    decode_event, decode_investigation, decode_link, decode_meta, encode_audit_entry,
    encode_audit_head, encode_checkpoint, encode_dead_letter, encode_event, encode_investigation,
    encode_link, encode_meta, frame,
};

/// Tries the bytes as each kind of record: as they are, and as the payload of a sound frame.
pub fn record(bytes: &[u8]) {
    for record in [bytes.to_vec(), frame(1, bytes), frame(2, bytes)] {
        if let Ok(event) = decode_event(&record) {
            let again = encode_event(&event).and_then(|bytes| decode_event(&bytes));
            assert!(again.is_ok_and(|again| again == event), "an event changed");
        }
        if let Ok(case) = decode_investigation(&record) {
            let again = encode_investigation(&case).and_then(|bytes| decode_investigation(&bytes));
            assert!(again.is_ok_and(|again| again == case), "an investigation changed");
        }
        if let Ok(link) = decode_link(&record) {
            let again = encode_link(&link).and_then(|bytes| decode_link(&bytes));
            assert!(again.is_ok_and(|again| again == link), "a link changed");
        }
        if let Ok(bytes) = decode_meta(&record) {
            assert!(decode_meta(&encode_meta(&bytes)).is_ok_and(|again| again == bytes));
        }
        if let Ok((letter, key)) = decode_dead_letter(&record) {
            let again = encode_dead_letter(&letter, key).and_then(|b| decode_dead_letter(&b));
            assert!(again.is_ok_and(|again| again == (letter, key)), "a dead letter changed");
        }
        if let Ok((at, bytes)) = decode_checkpoint(&record) {
            let again = encode_checkpoint(at, &bytes).and_then(|b| decode_checkpoint(&b));
            assert!(again.is_ok_and(|again| again == (at, bytes)), "a checkpoint changed");
        }
        if let Ok(entry) = decode_audit_entry(&record) {
            let again = encode_audit_entry(&entry).and_then(|bytes| decode_audit_entry(&bytes));
            assert!(again.is_ok_and(|again| again == entry), "an audit entry changed");
        }
        if let Ok(head) = decode_audit_head(&record) {
            let again = encode_audit_head(&head).and_then(|bytes| decode_audit_head(&bytes));
            assert!(again.is_ok_and(|again| again == head), "the end of a trail changed");
        }
        let _ = decode_analysis(&record);
    }
}

#[cfg(test)]
mod tests {
    use super::record;

    /// The golden records of the core, whole, without their frames, and with bytes changed.
    #[test]
    fn golden_records_and_their_mutants_are_read_or_refused() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../rca-core/tests/golden/records");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            record(&bytes);
            let payload = &bytes[1..bytes.len() - 4];
            record(payload);
            for at in 0..payload.len() {
                for change in [1, 0x80, 0xff] {
                    let mut mutant = payload.to_vec();
                    mutant[at] ^= change;
                    record(&mutant);
                    record(&payload[..at]);
                }
            }
            seen += 1;
        }
        assert!(seen >= 9, "only {seen} golden records");
    }
}
