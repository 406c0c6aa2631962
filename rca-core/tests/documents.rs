//! The documents of a recorded incident, as people get them.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use rca_core::connectors::unobserved;
use rca_core::report::{self, Template};
use rca_core::{Answer, Inquiry};

fn answer() -> Answer {
    let incident = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/incidents/copper-heron");
    Inquiry::new().with_path(incident).run(&unobserved).unwrap()
}

#[test]
fn every_document_of_an_incident_names_its_cause() {
    let answer = answer();
    let canvas = answer.canvas();
    let cause = &canvas.analysis.causes.first().unwrap().title;
    for name in Template::built_in_names() {
        let text = report::review(&Template::built_in(name).unwrap(), &canvas).unwrap();
        let plain = text.replace('\\', "");
        assert!(plain.contains(cause.as_str()), "{cause} in {name}:\n{text}");
        assert!(!text.contains("\n\n\n\n"), "{name} has holes:\n{text}");
        keep(&format!("{name}.md"), text.as_bytes());
    }
    let rows = report::csv(&answer.batch.events).unwrap();
    assert!(rows.starts_with("timestamp,source,"), "{rows}");
    keep("events.csv", rows.as_bytes());
    let table = report::arrow(&answer.batch.events).unwrap();
    assert!(table.starts_with(b"ARROW1") && table.ends_with(b"ARROW1"));
    keep("incident.arrow", &table);
}

#[cfg(feature = "pdf")]
#[test]
fn an_incident_is_a_pdf() {
    let document = report::pdf(&answer().canvas()).unwrap();
    assert!(document.starts_with(b"%PDF-1.7"));
    keep("incident.pdf", &document);
}

#[test]
fn a_wrong_name_in_a_template_is_told_with_its_line() {
    let wrong = Template::parse("ours.md", "# {{ title }}\n{{ titel }}\n").unwrap_err().to_string();
    assert!(wrong.contains("ours.md, line 2") && wrong.contains("ruled_out"), "{wrong}");
    let canvas = answer().canvas();
    let nested = "{% for cause in causes %}\n{{ cause.tilte }}{% endfor %}";
    let wrong = Template::parse("ours.md", nested).and_then(|own| report::review(&own, &canvas));
    let wrong = wrong.unwrap_err().to_string();
    assert!(wrong.contains("ours.md, line 2") && wrong.contains("does not exist"), "{wrong}");
}

/// Leaves a document for people to look at, where `RCA_DOCUMENTS` names a folder.
fn keep(name: &str, document: &[u8]) {
    let Some(folder) = std::env::var_os("RCA_DOCUMENTS") else { return };
    std::fs::create_dir_all(&folder).unwrap();
    report::save_in(Path::new(&folder), name, document).unwrap();
}
