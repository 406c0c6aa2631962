use super::*;
use crate::connectors::{ColumnMap, Limits, read_table, unobserved};
use crate::model::{Entity, Source};
use crate::report::tests::at;

/// Events with and without what may be missing.
fn events(count: i64) -> Vec<Event> {
    let event = |place: i64| {
        let title = format!("={place} ü \u{1f525}");
        let builder = Event::builder(at(place), Source::Deploy, "deploy", &title)
            .with_body("ab".repeat(usize::try_from(place % 5).unwrap()))
            .with_source_id(place.to_string());
        let builder = match place % 3 {
            0 => builder,
            _ => builder.with_entity(Entity::service("ledger")).with_tag("a").with_tag("b"),
        };
        builder.build().unwrap()
    };
    (0..count).map(event).collect()
}

#[test]
fn our_own_reader_gets_back_what_was_written() {
    for count in [0, 1, 7, 2_003] {
        let events = events(count);
        let bytes = arrow(&events).unwrap();
        let columns = ColumnMap {
            time: Some("timestamp".to_owned()),
            entity: Some("entity".to_owned()),
            message: Some("title".to_owned()),
            ..ColumnMap::default()
        };
        let limits = Limits::default();
        let read = read_table("events", &mut bytes.as_slice(), &columns, &limits, &unobserved);
        let logs = read.unwrap().telemetry.logs;
        assert_eq!(logs.iter().count(), events.len());
        for (log, event) in logs.iter().zip(&events) {
            assert_eq!(log.message(), event.title());
            assert_eq!(Some(log.time()), event.timestamp().timestamp_nanos_opt());
        }
    }
}

#[test]
fn the_order_of_the_events_changes_nothing() {
    let mut events = events(9);
    let bytes = arrow(&events).unwrap();
    events.reverse();
    assert_eq!(arrow(&events).unwrap(), bytes);
}

/// For the checks of other programs: `RCA_ARROW` is the file to write.
#[test]
#[ignore = "writes a file for other programs"]
fn a_table_for_other_programs() {
    let path = std::path::PathBuf::from(std::env::var_os("RCA_ARROW").unwrap());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, arrow(&events(2_500)).unwrap()).unwrap();
}
