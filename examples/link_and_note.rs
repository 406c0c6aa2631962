//! The life of an investigation: opened, linked, annotated, resolved.
//!
//! `cargo run --example link_and_note`

#![allow(clippy::print_stdout, reason = "that is what an example is for")]

use rca_core::model::{Event, Severity, Source, Status};
use rca_core::time::{TimeRange, from_nanos};
use rca_core::{Result, Workspace};

fn main() -> Result<()> {
    let workspace = Workspace::in_memory()?;
    let at = |minute: i64| from_nanos((1_700_000_000 + minute * 60) * 1_000_000_000);

    let deploy = Event::builder(at(-20), Source::Deploy, "deploy", "booking v12 goes out")
        .with_service("booking")
        .with_source_id("d-12")
        .build()?;
    let alert = Event::builder(at(0), Source::Alert, "alert", "booking answers too late")
        .with_service("booking")
        .with_severity(Severity::Critical)
        .with_source_id("a-1")
        .build()?;
    let backup = Event::builder(at(-15), Source::Manual, "backup", "nightly backup of mail")
        .with_service("mail")
        .with_source_id("b-1")
        .build()?;
    workspace.ingest([deploy, alert, backup.clone()])?;

    // The linker looks at once which events belong, and says why.
    let case = workspace.investigate("booking hangs", TimeRange::new(at(-30), at(60))?)?;
    println!("{} ({})", case.title(), case.status());
    show_links(&workspace, &case)?;

    // A person decides otherwise, and that stays. `explain_link` tells what each rule said.
    workspace.link(backup.id(), case.id(), Some("dana"))?;
    workspace.relink(case.id())?;
    println!("after a person linked the backup");
    show_links(&workspace, &case)?;

    workspace.add_note(case.id(), Some("dana"), "The backup holds the booking lock.", None)?;
    workspace.set_status(case.id(), Status::InProgress)?;
    workspace.update_investigation(case.id(), |case| {
        case.set_root_cause(Some("the backup locked a table that booking reads".to_owned()))
    })?;
    let resolved = workspace.set_status(case.id(), Status::Resolved)?;
    println!("{}: {}", resolved.status(), resolved.root_cause().unwrap_or_default());
    for note in resolved.notes() {
        println!("note: {}", note.text);
    }
    // Only legal moves are possible; the error says which one was not.
    if let Err(error) = workspace.set_status(case.id(), Status::Open) {
        println!("refused: {error}");
    }
    Ok(())
}

fn show_links(workspace: &Workspace, case: &rca_core::model::Investigation) -> Result<()> {
    for link in workspace.links(case.id())? {
        let event = workspace.event(link.event)?;
        println!("  {} {:?} {}", link.confidence, link.kind, event.title());
        for reason in &link.reasons {
            println!("      {:?}: {}", reason.rule, reason.detail);
        }
    }
    Ok(())
}
