//! Partial states of detection from other machines: any bytes are read or refused, and what was read can
//! be added up, judged and written again.

use rca_core::detect::logs::LogStats;
use rca_core::detect::metrics::MetricStats;
use rca_core::detect::traces::TraceStats;
use rca_core::detect::{Partial, Scope};
use rca_core::store::record::frame;
use rca_core::time::{TimeRange, from_nanos};

/// Tries the bytes as a state, as the payload of a sound frame, and as the state of each signal.
///
/// # Panics
///
/// When a state that was read is not the same after it was written.
pub fn partial(bytes: &[u8]) {
    for state in [bytes.to_vec(), frame(Partial::FORMAT, bytes)] {
        let Ok(read) = Partial::from_bytes(&state) else { continue };
        let written = read.to_bytes().unwrap_or_default();
        let again = Partial::from_bytes(&written).and_then(|again| again.to_bytes());
        assert!(again.is_ok_and(|again| again == written), "a state changed");
        let mut twice = read.clone();
        twice.merge(&read);
        for (start, end) in [(0, 4_000_000_000_000), (i64::MIN, i64::MAX)] {
            let window = TimeRange { start: from_nanos(start), end: from_nanos(end) };
            let _ = twice.finish(&Scope::new(window));
            let _ =
                read.finish_against(&twice, &Scope::new(window).with_alarm(from_nanos(end / 2)));
        }
    }
    let _ = MetricStats::from_bytes(bytes);
    let _ = LogStats::from_bytes(bytes);
    let _ = TraceStats::from_bytes(bytes);
}

#[cfg(test)]
mod tests {
    use rca_core::model::{Entity, Severity};
    use rca_core::signal::{LogRecord, Span, SpanStatus, Telemetry};

    use super::*;

    /// A state of every signal, without its frame.
    fn sound() -> Vec<u8> {
        let mut telemetry = Telemetry::default();
        for minute in 0..8_i64 {
            let time = minute * 60_000_000_000;
            let id = minute.to_string();
            let (service, broken) = ("mole", minute > 5);
            telemetry.logs.push(&LogRecord {
                time,
                service,
                severity: if broken { Severity::High } else { Severity::Info },
                message: if broken { "lamp 7 out\n\tat a.B.c(B.java:4)" } else { "lamp 7 lit" },
                trace: Some(&id),
                span: Some("1"),
                attributes: &[("code.filepath", "a/b.rs"), ("code.lineno", "3")],
            });
            let status = if broken { SpanStatus::Error } else { SpanStatus::Ok };
            let attributes = &[("error", "dark")];
            let root = Span {
                trace: &id,
                id: "1",
                service,
                name: "light",
                start: time,
                ..Span::default()
            };
            telemetry.spans.push(&Span { duration: 5_000_000, status, attributes, ..root });
            telemetry.spans.push(&Span { id: "2", parent: Some("1"), duration: 3_000_000, ..root });
            let value = if broken { 9.0 } else { 1.0 };
            telemetry.metrics.push(&Entity::service(service), "dark_lamps", time, value);
        }
        let mut partial = Partial::default();
        partial.absorb(&telemetry);
        let bytes = partial.to_bytes().unwrap();
        bytes[1..bytes.len() - 4].to_vec()
    }

    #[test]
    fn a_sound_state_and_its_mutants_are_read_or_refused() {
        let sound = sound();
        assert!(Partial::from_bytes(&frame(Partial::FORMAT, &sound)).is_ok());
        partial(&sound);
        for at in 0..sound.len() {
            for change in [1, 0x80] {
                let mut mutant = sound.clone();
                mutant[at] ^= change;
                partial(&mutant);
            }
        }
        (0..sound.len()).step_by(16).for_each(|at| partial(&sound[..at]));
    }

    /// UPDATE_GOLDEN=1 writes the state to the corpus.
    #[test]
    fn the_corpus_holds_a_sound_state() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/partial/every_signal.bin");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(file, sound()).unwrap();
        }
        let kept = std::fs::read(file).unwrap();
        assert!(
            Partial::from_bytes(&frame(Partial::FORMAT, &kept)).is_ok(),
            "an old state must stay readable"
        );
    }
}
