//! Documents that come from elsewhere: an investigation of another workspace, and edits of a page.

use chrono::DateTime;
use rca_core::model::{Dossier, Investigation};
use rca_core::report::canvas::Edits;
use rca_core::report::{dossier_from_json, dossier_json};
use rca_core::store::{Adopted, Memory, Store};
use rca_core::time::TimeRange;

/// Any text is refused, or is an investigation that a store takes in, keeps sound and gives out equal.
pub fn dossier(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(read) = dossier_from_json(text) {
        let again = dossier_json(&read).and_then(|text| dossier_from_json(&text));
        assert!(again.is_ok_and(|again| again == read), "a dossier changed");
        taken_in(&read);
    }
    // Nearly every damage shows in the history. Without one, more comes through to the store.
    if let Ok(mut read) = serde_json::from_str::<Dossier>(text) {
        read.history.clear();
        taken_in(&read);
    }
}

fn taken_in(dossier: &Dossier) {
    let store = Memory::new();
    if store.put_dossier(dossier).is_err() {
        assert!(store.event_count().is_ok_and(|count| count == 0), "a refusal left something");
        return;
    }
    let id = dossier.investigation.id();
    assert!(
        store.investigation(id).is_ok_and(|case| case.as_ref() == Some(&dossier.investigation))
    );
    assert!(store.put_dossier(dossier).is_ok_and(|adopted| adopted == Adopted::Known));
    let report = store.verify().unwrap_or_default();
    assert!(report.is_sound() && report.investigations == 1, "{:?}", report.problems);
}

/// Any text is refused, or is edits that change an investigation once.
pub fn edits(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(edits) = Edits::from_json(text) else { return };
    let json = serde_json::to_string(&edits).unwrap_or_default();
    assert!(Edits::from_json(&json).is_ok_and(|again| again == edits), "edits changed");
    let (start, end) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH);
    let Ok(case) = Investigation::builder("x", TimeRange { start, end }).build(start, &[]) else {
        return;
    };
    if let Ok(once) = edits.upon(&case) {
        assert!(edits.upon(&once).is_ok_and(|twice| twice == once), "twice is not once");
    }
}
