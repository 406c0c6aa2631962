//! One name for an attribute, whatever its source calls it: that of OpenTelemetry's semantic conventions.
//!
//! The table is `names.txt` beside this file. What a record *is* (time, service, message, trace) is found by the lists in
//! `fields`; this is about all else that it carries. Where an input has the usual name already, its other names are left
//! alone: they may mean something else there.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::Batch;
use crate::model::Event;

static USUAL: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
    let lines = include_str!("names.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut names = line.split_whitespace();
            Some((names.next()?, names))
        })
        .flat_map(|(usual, others)| others.map(move |other| (other, usual)))
        .collect()
});

/// The usual name of an attribute, where it has another one.
pub(super) fn usual(name: &str) -> Option<&'static str> {
    USUAL.get(name).copied()
}

/// Gives the attributes of everything in the batch their usual names.
pub(super) fn normalize(batch: &mut Batch) {
    batch.telemetry.logs.rename_attributes(&mut usual);
    batch.telemetry.spans.rename_attributes(&mut usual);
    batch.events.iter_mut().for_each(event);
}

fn event(event: &mut Event) {
    let others: Vec<(String, &'static str)> = event
        .data
        .keys()
        .filter_map(|name| Some((name.clone(), usual(name)?)))
        .filter(|(_, usual)| !event.data.contains_key(*usual))
        .collect();
    for (other, usual) in others {
        // Of two other names the first, in order, is taken.
        if !event.data.contains_key(usual)
            && let Some(value) = event.data.remove(&other)
        {
            event.data.insert(usual.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Source;
    use crate::signal::LogRecord;
    use crate::time::from_nanos;

    #[test]
    fn the_table_has_each_name_once_and_leads_nowhere_twice() {
        let names: Vec<&str> = include_str!("names.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .flat_map(str::split_whitespace)
            .collect();
        let mut once = names.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), names.len());
        assert!(USUAL.len() > 60);
        assert!(USUAL.values().all(|name| usual(name).is_none()));
    }

    #[test]
    fn attributes_get_their_usual_names_unless_those_are_taken() {
        let log = |attributes| LogRecord { message: "x", attributes, ..LogRecord::default() };
        let mut batch = Batch::default();
        batch.telemetry.logs.push(&log(&[("http.method", "GET"), ("pod_name", "a")]));
        batch.telemetry.logs.push(&log(&[("db.system", "x"), ("db.system.name", "y")]));
        let event = Event::builder(from_nanos(0), Source::Alert, "alert", "x");
        let event = event.with_attribute("hostname", "db7").with_attribute("host_name", "db8");
        batch.events.push(event.build().unwrap());
        normalize(&mut batch);
        let read: Vec<Vec<_>> =
            batch.telemetry.logs.iter().map(|log| log.attributes().collect()).collect();
        assert_eq!(read[0], [("http.request.method", "GET"), ("k8s.pod.name", "a")]);
        assert_eq!(read[1], [("db.system", "x"), ("db.system.name", "y")]);
        assert_eq!(batch.events[0].attribute("host.name"), Some("db8"));
        assert_eq!(batch.events[0].attribute("hostname"), Some("db7"));
    }
}
