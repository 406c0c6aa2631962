//! From telemetry to causes.

use std::path::Path;

use rca_core::connectors::{Limits, bundle, unobserved};
use rca_core::signal::Telemetry;
use rca_core::{Incident, analyze};

use crate::speed::clock::{Cost, alternate, measure, median};
use crate::speed::data::metrics::Wide;
use crate::speed::row::{By, Goal, Row, both};
use crate::speed::{Bench, Result};

/// All lines about analysis.
///
/// # Errors
///
/// When an input can't be read, or a peer that is there fails.
pub fn all(bench: &Bench) -> Result<Vec<Row>> {
    Ok(vec![wide_metrics(bench)?, incident(bench)?])
}

/// Both have the samples in memory. BARO is told when the fault began; ours finds out.
fn wide_metrics(bench: &Bench) -> Result<Row> {
    let (services, samples) = (bench.scaled(60, 10), bench.scaled(1000, 120));
    let wide = Wide::new(services, samples);
    let folder = bench.fresh_folder()?;
    let file = folder.path().join("metrics.csv");
    std::fs::write(&file, wide.csv())?;
    let telemetry = Telemetry { metrics: wide.frame(), ..Telemetry::default() };
    let ours = || -> Result<Cost> {
        let (cost, analysis) = measure(|| Ok(analyze(&Incident::new(&[], &telemetry))))?;
        if analysis.inputs.metric_points > 0 {
            Ok(cost)
        } else {
            Err("no samples were read".into())
        }
    };
    let work = format!("analysis of {} series x {samples} samples", services * 8);
    let peer = "BARO (told the onset)";
    match bench.peers.python("baro.root_cause_analysis", &["fse-baro==0.2.2"]) {
        Err(why) => Ok(Row::without_peer(&work, peer, ours()?, &why)),
        Ok(()) => {
            let fault = wide.fault().to_string();
            let theirs = || bench.peers.run_python("rank_baro.py", &file, &[&fault]);
            Ok(Row::faster(&work, peer, alternate(bench.rounds, ours, theirs)?, By::Wall, 5.0))
        }
    }
}

/// The main job: a folder of exported files to ranked causes, reading included.
fn incident(bench: &Bench) -> Result<Row> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/incidents/copper-heron");
    let once = || -> Result<Cost> {
        let (cost, analysis) = measure(|| {
            let batch = bundle::read(&folder, &Limits::default(), &unobserved)?;
            Ok(analyze(&Incident::from(&batch)))
        })?;
        if analysis.inputs.log_records > 0 { Ok(cost) } else { Err("no logs were read".into()) }
    };
    let costs = (0..bench.rounds).map(|_| once()).collect::<Result<Vec<_>>>()?;
    let cost = median(&costs);
    Ok(Row {
        work: "example incident, files to causes (seconds)".to_owned(),
        peer: "-".to_owned(),
        ours: both(cost),
        theirs: "-".to_owned(),
        value: Some(cost.wall),
        goal: Goal::AtMost(1.0),
    })
}
