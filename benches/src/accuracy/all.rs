//! Everything at once: run, score with the sets' own scorers, and compare with peers and goals.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::accuracy::Result;
use crate::accuracy::case::{timed, write_json};
use crate::accuracy::culprit::{self, Culprits, Track};
use crate::accuracy::logs::{self, Lines};
use crate::accuracy::{nezha, petshop, rootcausebench, table};

/// What others reach and what we want, by set. Peers are those that need neither an LLM nor training on
/// the same system, as published or as measured by the keepers of the evaluation data on the whole set.
struct Mark {
    peer: &'static str,
    goal: &'static str,
}

fn mark(set: &str) -> Mark {
    let (peer, goal) = match set {
        "rootcausebench" => ("keyword script 7/24, 17 decoys", "11/12, 0 decoys, 3/3 none"),
        "nezha onlineboutique" => ("Nezha paper .929/.964/.964", ".88/.95/.98 (traced)"),
        "nezha trainticket" => ("Nezha paper .711/.956/.978", ".87/.96/.98"),
        "petshop" => ("ranked correlation .65/.79", "@1 .96, @3 1"),
        "culprit H" => ("BM25 on 4 fields .50/.38", ".57/.45"),
        "culprit HN" => ("prototype .80/.63", ".80/.63"),
        "culprit F" => ("file + function frames + BM25 .91/.78", ".93/.82"),
        "culprit B" => ("SZZ blame .67/.64", ".95/.85"),
        "culprit R" => ("-", ".74@5"),
        "logs content" => ("Drain3 with masks .88/.84/.43/.47", ".93/.93/.90/.80"),
        "logs raw" => ("Drain3 .48 GA", ".85 GA"),
        _ => ("-", "-"),
    };
    Mark { peer, goal }
}

/// Runs and scores every set that is there; the table, with a line for each that is not.
pub fn run(data: &Path, out: &Path) -> Result<String> {
    let header = ["set", "figure", "best peer", "goal", "CPU s/case"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    let mut skipped = Vec::new();
    for (set, score) in SETS {
        let folder = data.join(set);
        if !folder.is_dir() {
            skipped.push(format!("skipped {set}: no folder {}", folder.display()));
            continue;
        }
        for Figure { name, figure, seconds, analysis } in score(data, &folder, out)? {
            let Mark { peer, goal } = mark(&name);
            let analysis = analysis.map_or(String::new(), |s| format!(" ({s:.4} once read)"));
            let seconds = format!("{seconds:.4}{analysis}");
            rows.push(vec![name, figure, peer.into(), goal.into(), seconds]);
        }
    }
    skipped.push(String::new());
    Ok(table::render(&rows) + &skipped.join("\n"))
}

struct Figure {
    name: String,
    figure: String,
    seconds: f64,
    /// Of these the part after reading, where that is told apart.
    analysis: Option<f64>,
}

type Score = fn(&Path, &Path, &Path) -> Result<Vec<Figure>>;

const SETS: [(&str, Score); 5] = [
    ("rootcausebench", score_rootcausebench),
    ("nezha", score_nezha),
    ("petshop", score_petshop),
    ("culprit", score_culprit),
    ("logs", score_logs),
];

fn score_rootcausebench(data: &Path, folder: &Path, out: &Path) -> Result<Vec<Figure>> {
    let file = out.join("rootcausebench.json");
    let answers = rootcausebench::run(folder)?;
    let seconds =
        answers.values().map(|answer| answer.seconds()).sum::<f64>() / answers.len().max(1) as f64;
    write_json(&file, &answers)?;
    let said = scorer(data, "score_rootcausebench.py", &[file, folder.join("truth")])?;
    let figure = said.lines().last().unwrap_or_default().to_owned();
    Ok(vec![Figure { name: "rootcausebench".to_owned(), figure, seconds, analysis: None }])
}

fn score_nezha(data: &Path, folder: &Path, out: &Path) -> Result<Vec<Figure>> {
    let file = out.join("nezha.json");
    let answers = nezha::run(folder)?;
    write_json(&file, &answers)?;
    let mut figures = Vec::new();
    for (system, only) in
        [("onlineboutique", "traced"), ("onlineboutique", "all"), ("trainticket", "all")]
    {
        let args = [folder.to_owned(), file.clone(), "--only".into(), only.into(), "--json".into()];
        let said: Value = serde_json::from_str(&scorer(data, "score_nezha.py", &args)?)?;
        let result = said.pointer(&format!("/results/AS/{system}")).unwrap_or(&Value::Null);
        let name = if only == "traced" {
            format!("nezha {system}")
        } else if system == "onlineboutique" {
            "  with those without traces".to_owned()
        } else {
            format!("nezha {system}")
        };
        let own = answers.iter().filter(|(case, _)| case.starts_with(system));
        let (count, total, analysis) = own.fold((0.0, 0.0, 0.0), |(count, all, part), (_, a)| {
            (count + 1.0, all + a.seconds(), part + a.analysis_seconds())
        });
        figures.push(Figure {
            name,
            figure: shares(result, &["at1", "at3", "at5"]),
            seconds: total / f64::max(count, 1.0),
            analysis: Some(analysis / f64::max(count, 1.0)),
        });
    }
    Ok(figures)
}

fn score_petshop(data: &Path, folder: &Path, out: &Path) -> Result<Vec<Figure>> {
    let file = out.join("petshop.json");
    let (answers, seconds, analysis) = petshop::run(folder)?;
    write_json(&file, &answers)?;
    let args = [file, folder.to_owned(), "--json".into()];
    let said: Value = serde_json::from_str(&scorer(data, "score_metrics.py", &args)?)?;
    let all = said.pointer("/groups/all").unwrap_or(&Value::Null);
    let figure = shares(all, &["recall@1", "recall@3"]);
    Ok(vec![Figure { name: "petshop".to_owned(), figure, seconds, analysis: Some(analysis) }])
}

fn score_culprit(data: &Path, folder: &Path, out: &Path) -> Result<Vec<Figure>> {
    let (culprits, seconds) = timed(|| Culprits::read(folder))?;
    let name = "culprit, reading the histories".to_owned();
    let figure = format!("{} incidents", culprits.count());
    let seconds = seconds / culprits.count().max(1) as f64;
    let mut figures = vec![Figure { name, figure, seconds, analysis: None }];
    for track in Track::ALL {
        let file = out.join(format!("culprit-{}.json", track.name()));
        let (answers, seconds) = culprit::run(&culprits, track)?;
        write_json(&file, &answers)?;
        let mut args = vec![file, "--kind".into(), track.kinds().into(), "--json".into()];
        args.extend(["--truth".into(), folder.join("truth.json")]);
        args.extend(["--cases".into(), folder.join("cases.jsonl")]);
        let said: Value = serde_json::from_str(&scorer(data, "score_culprit.py", &args)?)?;
        let all = said.get("ALL").unwrap_or(&Value::Null);
        let figure = shares(all, &["acc@5", "mrr"]);
        figures.push(Figure {
            name: format!("culprit {}", track.name()),
            figure,
            seconds,
            analysis: None,
        });
    }
    Ok(figures)
}

fn score_logs(data: &Path, folder: &Path, out: &Path) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (name, lines) in [("content", Lines::Content), ("raw", Lines::Raw)] {
        let place = out.join("logs").join(name);
        let seconds = logs::run(folder, &place, lines)?;
        let args = [place, "--cases".into(), folder.to_owned(), "--json".into()];
        let said: Value = serde_json::from_str(&scorer(data, "score_logs.py", &args)?)?;
        let average = said.pointer("/averages/average").unwrap_or(&Value::Null);
        let figure = shares(average, &["GA", "FGA", "PA", "FTA"]);
        figures.push(Figure { name: format!("logs {name}"), figure, seconds, analysis: None });
    }
    Ok(figures)
}

fn shares(value: &Value, names: &[&str]) -> String {
    let share = |name: &&str| match value.get(*name).and_then(Value::as_f64) {
        Some(share) => format!("{share:.3}"),
        None => "?".to_owned(),
    };
    names.iter().map(share).collect::<Vec<_>>().join("/")
}

fn scorer(data: &Path, name: &str, args: &[PathBuf]) -> Result<String> {
    let script = data.join(name);
    let output = Command::new("python3").arg(&script).args(args).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{} failed: {}", script.display(), said.trim()).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
