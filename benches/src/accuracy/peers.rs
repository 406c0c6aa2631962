//! Others on the same cases in the same run: what they get right, and what it costs them.
//!
//! - BARO (Pham et al., FSE 2024; `fse-baro`) and N-sigma as it ships with it: metrics to entities. They are told
//!   from when on samples are suspect: two minutes before the alarm, or the bucket of the alarm. They see
//!   metrics only; ours sees what the case holds, and metrics only in a row of its own.
//! - Drain3 (He et al., ICWS 2017; `drain3`), with masks: log lines to templates.
//!
//! Peers are installed with pip into a folder of their own when they are missing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use rca_core::rank::Options;
use rca_core::signal::{LogFrame, MetricFrame, SpanFrame};
use serde::Deserialize;
use serde_json::Value;

use crate::accuracy::answer::Answer;
use crate::accuracy::case::{Case, timed};
use crate::accuracy::folder::{Folder, Input};
use crate::accuracy::incidents::{Incident, Incidents, Set, progress};
use crate::accuracy::logs::{self, Lines};
use crate::accuracy::truth::{Figures, Truth};
use crate::accuracy::{Result, table};
use crate::speed::peer::{Install, Peers};

/// An alarm comes at most this many seconds after a fault was injected.
const ALARM_DELAY: i64 = 120;

#[derive(Debug, Deserialize)]
struct Told {
    seconds: f64,
    cases: BTreeMap<String, Vec<String>>,
}

/// The table.
pub fn run(data: &Path) -> Result<String> {
    let peers = Peers::new(home(), Install::Missing);
    let head = ["cases", "who", "figures", "right", "CPU seconds a case"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let truth = Truth::read(data)?;
    for set in [Set::Nezha, Set::Petshop] {
        rank_entities(data, set, &peers, &truth, &mut rows)?;
    }
    if data.join("logs").is_dir() {
        group_lines(data, &peers, &mut rows)?;
    }
    Ok(table::markdown(&rows))
}

/// Where peers are installed: in the build folder, as for the comparison of speed.
fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers")
}

fn rank_entities(
    data: &Path,
    set: Set,
    peers: &Peers,
    truth: &Truth,
    rows: &mut Vec<Vec<String>>,
) -> Result<()> {
    let incidents = Incidents::read(data, &[set])?;
    let place = tempfile::tempdir()?;
    let bar = progress(&set.name(), incidents.list.len());
    let (mut ours, mut ours_by_metrics) = (Vec::new(), Vec::new());
    let (mut spent, mut spent_by_metrics) = (0.0, 0.0);
    for incident in &incidents.list {
        let case = incidents.case(incident)?;
        write_case(place.path(), incident, &case)?;
        let rank = |case: Case| timed(|| Ok(case.detect()?.rank(&Options::default())));
        let (analysis, seconds) = rank(case.clone())?;
        ours.push(Answer::of(incident, &analysis));
        spent += seconds;
        let (analysis, seconds) = rank(metrics_only(case))?;
        ours_by_metrics.push(Answer::of(incident, &analysis));
        spent_by_metrics += seconds;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let count = incidents.list.len().max(1) as f64;
    let mut answers = vec![
        ("rca".to_owned(), ours, spent / count),
        ("rca, metrics only".to_owned(), ours_by_metrics, spent_by_metrics / count),
    ];
    match peers.python("baro.root_cause_analysis", &["fse-baro==0.2.2"]) {
        Ok(()) => {
            let said = peers.ask_python("rank_metrics.py", &[place.path()])?;
            let told: BTreeMap<String, Told> = serde_json::from_slice(&said)?;
            for (peer, told) in told {
                let list = incidents.list.iter();
                let theirs = list.map(|incident| named(incident, &told)).collect();
                answers.push((peer, theirs, told.seconds));
            }
        }
        Err(why) => {
            rows.push(vec![set.name(), "BARO, N-sigma".into(), why, String::new(), String::new()])
        }
    }
    let groups: std::collections::BTreeSet<&str> =
        incidents.list.iter().map(|incident| incident.group.as_str()).collect();
    for group in groups {
        for (who, answers, seconds) in &answers {
            let own = answers.iter().filter(|a| a.group == group && truth.is_whole(a));
            let figures: Figures = truth.figures(own);
            rows.push(vec![
                format!("{} {group} ({})", set.name(), figures.count),
                who.clone(),
                "@1 / @3 / @5".to_owned(),
                format!("{:.2} / {:.2} / {:.2}", figures.at1(), figures.at3(), figures.at5()),
                format!("{seconds:.4}"),
            ]);
        }
    }
    Ok(())
}

fn named(incident: &Incident, told: &Told) -> Answer {
    let names = told.cases.get(&incident.id).cloned().unwrap_or_default();
    Answer::ranked(incident, names)
}

fn metrics_only(mut case: Case) -> Case {
    for telemetry in std::iter::once(&mut case.telemetry).chain(&mut case.reference) {
        telemetry.spans = SpanFrame::default();
        telemetry.logs = LogFrame::default();
    }
    case
}

/// All metrics as one wide table: the recording of normal operation first, as if it were the past.
fn write_case(place: &Path, incident: &Incident, case: &Case) -> Result<()> {
    let alarm = case.alarm.ok_or("no alarm")?.timestamp();
    let metrics = &case.telemetry.metrics;
    let since = if incident.set == Set::Nezha {
        alarm - ALARM_DELAY
    } else {
        // Buckets carry their first second.
        let times = metrics.iter().flat_map(|(_, _, series)| series.times.iter());
        times.map(|time| time / 1_000_000_000).filter(|time| *time <= alarm).max().unwrap_or(alarm)
    };
    let mut table: BTreeMap<i64, BTreeMap<String, f64>> = BTreeMap::new();
    let normal = case.reference.as_ref().map(|reference| &reference.metrics);
    let last = normal.and_then(|normal| times(normal).max());
    let first = times(metrics).min();
    // Normal operation ends an hour before the window, wherever it was recorded.
    let back = match (last, first) {
        (Some(last), Some(first)) => last - first + 3600,
        _ => 0,
    };
    for (frame, back) in normal.map(|normal| (normal, back)).into_iter().chain([(metrics, 0)]) {
        for (entity, metric, series) in frame.iter() {
            for (time, value) in series.times.iter().zip(&series.values) {
                let row = table.entry(second(*time) - back).or_default();
                row.insert(format!("{}|{metric}", entity.name), *value);
            }
        }
    }
    let columns: std::collections::BTreeSet<String> =
        table.values().flat_map(|row| row.keys().cloned()).collect();
    let mut writer = csv::Writer::from_path(place.join(format!("{}.csv", incident.id)))?;
    writer.write_record(std::iter::once("time").chain(columns.iter().map(String::as_str)))?;
    for (time, row) in table {
        let cells =
            columns.iter().map(|column| row.get(column).map_or(String::new(), f64::to_string));
        writer.write_record(std::iter::once(time.to_string()).chain(cells))?;
    }
    writer.flush()?;
    std::fs::write(place.join(format!("{}.time", incident.id)), since.to_string())?;
    Ok(())
}

fn times(frame: &MetricFrame) -> impl Iterator<Item = i64> + '_ {
    frame.iter().flat_map(|(_, _, series)| series.times.iter().map(|time| second(*time)))
}

/// Scrapes of one minute lie a few seconds apart; peers want them in one row.
fn second(time: i64) -> i64 {
    let second = time / 1_000_000_000;
    second - second.rem_euclid(60)
}

fn group_lines(data: &Path, peers: &Peers, rows: &mut Vec<Vec<String>>) -> Result<()> {
    let folder = data.join("logs");
    let place = tempfile::tempdir()?;
    let systems: Vec<Folder> = Folder::new(&folder)
        .folders()?
        .into_iter()
        .filter(|system| system.has(Input::LogContent))
        .collect();
    let count = systems.len().max(1) as f64;
    let ours = place.path().join("ours");
    let seconds = logs::run(&folder, &ours, Lines::Content)?;
    rows.push(lines_row(data, "rca", &ours, seconds)?);
    match peers.python("drain3", &["drain3==0.9.11"]) {
        Ok(()) => {
            let theirs = place.path().join("theirs");
            std::fs::create_dir_all(&theirs)?;
            let mut spent = 0.0;
            for system in &systems {
                let lines = place.path().join("lines");
                std::fs::write(&lines, logs::contents(system)?.join("\n") + "\n")?;
                let table = theirs.join(system.name()).with_extension("csv");
                let table = table.to_string_lossy();
                spent += peers.run_python("templates_drain3.py", &lines, &[&table])?.cpu;
            }
            rows.push(lines_row(data, "Drain3, masks", &theirs, spent / count)?);
        }
        Err(why) => {
            rows.push(vec!["log lines".into(), "Drain3".into(), why, String::new(), String::new()])
        }
    }
    Ok(())
}

fn lines_row(data: &Path, who: &str, place: &Path, seconds: f64) -> Result<Vec<String>> {
    let script = data.join("score_logs.py");
    let mut scorer = Command::new("python3");
    scorer.arg(&script).arg(place).arg("--cases").arg(data.join("logs")).arg("--json");
    let output = scorer.output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{} failed: {}", script.display(), said.trim()).into());
    }
    let said: Value = serde_json::from_slice(&output.stdout)?;
    let figure = |name: &str| {
        said.pointer(&format!("/averages/average/{name}")).and_then(Value::as_f64).unwrap_or(0.0)
    };
    let systems = said.pointer("/n").and_then(Value::as_u64).unwrap_or(0);
    Ok(vec![
        format!("log lines of {systems} systems"),
        who.to_owned(),
        "GA / FGA / PA / FTA".to_owned(),
        ["GA", "FGA", "PA", "FTA"].map(|name| format!("{:.2}", figure(name))).join(" / "),
        format!("{seconds:.4}"),
    ])
}
