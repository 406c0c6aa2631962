//! throwaway
#![allow(
    warnings,
    clippy::all,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_possible_truncation
)]
use rca_core::connectors::{Limits, bundle};
use rca_core::detect::{Scope, detect};
use rca_core::model::*;
use rca_core::rank::{Inputs, Options, analyze};
fn main() {
    let verbose = std::env::args().nth(2).is_some();
    let root = std::path::PathBuf::from(std::env::args().nth(1).unwrap());
    let mut names: Vec<_> = if root.join("alert.json").exists() {
        vec![root.clone()]
    } else {
        std::fs::read_dir(&root)
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.is_dir())
            .collect()
    };
    names.sort();
    let (mut right, mut decoys, mut ffs) = (0, 0, 0);
    for dir in names {
        let name = dir.file_name().unwrap().to_str().unwrap().to_owned();
        let Ok(batch) =
            bundle::read(&dir, &Limits::default(), &|_| std::ops::ControlFlow::Continue(()))
        else {
            continue;
        };
        let truth: serde_json::Value = {
            let a = dir.join("truth.json");
            let b = dir.join("../../truth").join(format!("{name}.json"));
            let Ok(text) = std::fs::read_to_string(if a.exists() { a } else { b }) else {
                continue;
            };
            serde_json::from_str(&text).unwrap()
        };
        let t0 = std::time::Instant::now();
        let mut tel = batch.telemetry.clone();
        match std::env::var("DROP").as_deref() {
            Ok("metrics") => tel.metrics = Default::default(),
            Ok("logs") => tel.logs = Default::default(),
            Ok("traces") => tel.spans = Default::default(),
            _ => {}
        }
        tel.sort();
        let mut lo = i64::MAX;
        let mut hi = i64::MIN;
        for (_, _, s) in tel.metrics.iter() {
            for &t in &s.times {
                lo = lo.min(t);
                hi = hi.max(t);
            }
        }
        for l in tel.logs.iter() {
            lo = lo.min(l.time());
            hi = hi.max(l.time());
        }
        let window = rca_core::time::TimeRange::new(
            rca_core::time::from_nanos(lo),
            rca_core::time::from_nanos(hi + 1_000_000),
        )
        .unwrap();
        let mut scope = Scope::new(window);
        scope.alarm = batch.events.iter().filter_map(Alert::from_event).map(|a| a.fired_at).min();
        let findings = detect(&tel, &scope);
        let mut events = batch.events.clone();
        match std::env::var("DROP").as_deref() {
            Ok("deploys") => events.retain(|e| e.source().as_str() != "deploy"),
            Ok("alert") => events.retain(|e| e.source().as_str() != "alert"),
            Ok("status") => events.retain(|e| e.source().as_str() != "status_page"),
            _ => {}
        }
        events.extend(findings.iter().map(|f| f.to_event(window.start).unwrap()));
        let t1 = t0.elapsed();
        let a = analyze(&Inputs::new(&events, window), &Options::default());
        let t2 = t0.elapsed();
        let said = match (a.verdict, a.causes.first().map(|c| &c.kind)) {
            (Verdict::Change, Some(CauseKind::Commit { sha, .. })) => sha.clone(),
            _ => "none".into(),
        };
        let want = truth["root_cause_commit"].as_str().unwrap();
        let ok = said == want;
        let decoy = !ok
            && truth["decoy_deploy_commits"]
                .as_array()
                .is_some_and(|d| d.iter().any(|x| x.as_str() == Some(&said)));
        let f = a.first_failing.as_ref().map(|e| e.name.clone()).unwrap_or_default();
        let fok = Some(f.as_str()) == truth["first_failing_service"].as_str();
        right += ok as u32;
        decoys += decoy as u32;
        ffs += fok as u32;
        println!(
            "{} {} {name}: said {} want {} | verdict {:?} none {:.2} | ffs {f} want {} | detect {t1:?} all {t2:?} findings {}",
            if ok {
                "OK  "
            } else if decoy {
                "DECOY"
            } else {
                "MISS"
            },
            if fok { "F" } else { "-" },
            &said[..said.len().min(8)],
            &want[..want.len().min(8)],
            a.verdict,
            a.none_of_these.value(),
            truth["first_failing_service"],
            findings.len()
        );
        if verbose {
            println!("   onset {:?}", a.onset);
            for f in &findings {
                if !matches!(f, Finding::CallEdge(_)) {
                    println!(
                        "   F {:?} {} score {:.1}",
                        f.onset().map(|t| t.format("%H:%M:%S").to_string()),
                        f.title(),
                        match f {
                            Finding::MetricShift(s) => s.score,
                            Finding::LogShift(s) => s.score,
                            Finding::TraceShift(s) => s.score,
                            _ => 0.0,
                        }
                    );
                }
            }
        }
        for c in a.causes.iter().take(4) {
            println!("   {:.2} {} [{:?}]", c.probability.value(), c.title, c.mechanism);
            if verbose {
                for e in &c.evidence_for {
                    println!("        +{:.2} {}", e.weight, e.statement);
                }
                for e in &c.evidence_against {
                    println!("        -{:.2} {}", e.weight, e.statement);
                }
            }
        }
        if let Some(c) =
            a.causes.iter().find(|c| matches!(&c.kind, CauseKind::Commit{sha,..} if sha == want))
        {
            if !ok {
                println!("   WANTED {:.3} {}", c.probability.value(), c.title);
                for e in &c.evidence_for {
                    println!("        +{:.2} {}", e.weight, e.statement);
                }
                for e in &c.evidence_against {
                    println!("        -{:.2} {}", e.weight, e.statement);
                }
            }
        }
    }
    println!("right {right} decoys {decoys} ffs {ffs}");
}
