//! The `investigate` example as people meet it: a program with arguments, streams and exit codes.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rca_core::model::Verdict;
use rca_core::{Workspace, report};

/// The built example: `target/<profile>/examples/`, next to where tests lie.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let program =
        profile.join("examples").join(format!("investigate{}", std::env::consts::EXE_SUFFIX));
    assert!(program.is_file(), "{}: run the tests of the whole package", program.display());
    program
}

fn run(arguments: &[&str]) -> Output {
    Command::new(program()).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn incident(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("incidents").join(name)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn without_arguments_it_explains_the_recorded_incident() {
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let shown = out(&output);
    for part in ["gangway", "Causes", "Timeline", "none of these", "What was read"] {
        assert!(shown.contains(part), "no {part} in {shown}");
    }
    assert!(!shown.contains('\u{1b}'), "colours in a pipe");
    assert!(shown.lines().all(|line| line.chars().count() <= 100), "lines longer than a page");
    assert_eq!(err(&output), "");
}

#[test]
fn json_reads_back_and_is_the_same_each_time() {
    let (one, two) = (run(&["--json"]), run(&["--json", "--quiet"]));
    assert_eq!(one.status.code(), Some(0));
    let analysis = report::from_json(&out(&one)).unwrap();
    assert!(!analysis.causes.is_empty());
    assert_eq!(report::json(&analysis).unwrap(), out(&one));
    assert_eq!(out(&one), out(&two));
}

#[test]
fn a_report_is_written_as_markdown() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("report.md");
    let salt = incident("salt-lantern");
    let output = run(&[text(&salt), "--report", text(&file)]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains(&format!("report written to {}", file.display())));
    let markdown = fs::read_to_string(&file).unwrap();
    assert!(markdown.starts_with("# ") && markdown.contains("\n## Causes\n"), "{markdown}");

    let nowhere = place.path().join("no/such/folder/report.md");
    let output = run(&["--report", text(&nowhere)]);
    assert_eq!(output.status.code(), Some(3), "{}", err(&output));
    assert!(err(&output).contains(text(&nowhere)), "{}", err(&output));
}

#[test]
fn a_page_is_written_with_what_is_behind_the_answer() {
    let place = tempfile::tempdir().unwrap();
    let (alone, kept) = (place.path().join("alone.html"), place.path().join("kept.html"));
    let output = run(&["--html", text(&alone)]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains(&format!("report written to {}", alone.display())));
    let folder = place.path().join("workspace");
    let output = run(&["--html", text(&kept), "--workspace", text(&folder), "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    for (file, recorded) in [(alone, false), (kept, true)] {
        let page = fs::read_to_string(&file).unwrap();
        let data = page.split_once("id=\"rca-data\">").unwrap().1;
        let data = data.split_once("</script>").unwrap().0;
        let canvas: report::canvas::Canvas = serde_json::from_str(data).unwrap();
        assert_eq!(canvas.case.id.is_some(), recorded);
        assert!(canvas.series.iter().any(|series| series.onset.is_some()));
        assert!(!canvas.logs.is_empty() && !canvas.traces.is_empty());
        assert!(
            canvas.diffs[0]
                .files
                .iter()
                .flat_map(|file| &file.hunks)
                .any(|hunk| { hunk.lines.iter().any(|line| line.sign.is_some()) })
        );
    }
}

#[test]
fn a_review_and_the_events_are_written_and_a_wrong_template_is_told() {
    let place = tempfile::tempdir().unwrap();
    let (review, table) = (place.path().join("review.md"), place.path().join("events.csv"));
    let output = run(&["--review", text(&review), "--csv", text(&table)]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let written = fs::read_to_string(&review).unwrap();
    assert!(
        written.starts_with("# Post-incident review: ") && written.contains("gangway"),
        "{written}"
    );
    assert!(written.contains("Nobody has written yet what went well"), "{written}");
    assert!(fs::read_to_string(&table).unwrap().starts_with("timestamp,source,"));
    let own = place.path().join("own.md");
    fs::write(&own, "# {{ title }}\n{{ causse }}\n").unwrap();
    let output = run(&["--review", text(&review), "--template", text(&own)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("own.md, line 2"), "{}", err(&output));
}

#[cfg(feature = "pdf")]
#[test]
fn a_pdf_is_written() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("incident.pdf");
    let output = run(&["--pdf", text(&file)]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains(&format!("report written to {}", file.display())));
    assert!(fs::read(&file).unwrap().starts_with(b"%PDF-1.7"));
}

#[test]
fn a_workspace_keeps_the_answer_and_takes_a_second_run() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("kept");
    let first = run(&["--json", "--workspace", text(&folder)]);
    assert_eq!(first.status.code(), Some(0), "{}", err(&first));
    let first = report::from_json(&out(&first)).unwrap();
    let (events, cases) = {
        let workspace = Workspace::open(&folder).unwrap();
        assert_eq!(
            workspace.analysis(first.investigation.unwrap()).unwrap().as_ref(),
            Some(&first)
        );
        (
            workspace.event_count().unwrap(),
            workspace.investigations(Default::default()).unwrap().len(),
        )
    };
    assert_eq!(cases, 1);
    let second = run(&["--json", "--workspace", text(&folder)]);
    assert_eq!(second.status.code(), Some(0), "{}", err(&second));
    let second = report::from_json(&out(&second)).unwrap();
    assert_eq!(second.causes, first.causes);
    assert_eq!(Workspace::open(&folder).unwrap().event_count().unwrap(), events);
}

#[test]
fn what_could_not_be_read_is_listed_shown_read_again_and_thrown_away() {
    let place = tempfile::tempdir().unwrap();
    let (folder, file) = (place.path().join("kept"), place.path().join("logs.ndjson"));
    let good = "{\"timestamp\":\"2026-01-01T00:00:00Z\",\"service\":\"till\",\"msg\":\"x\"}";
    let other = "2026-01-01T00:00:02Z ERROR till: pool is full";
    fs::write(&file, format!("{good}\n{{broken \u{1b}[2J\n{other}\n")).unwrap();
    let output = run(&[text(&file), "--workspace", text(&folder), "--quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));

    let letters = |words: &[&str]| {
        let mut arguments = vec!["--workspace", text(&folder), "--dead-letters"];
        arguments.extend(words);
        run(&arguments)
    };
    let output = letters(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let shown = out(&output);
    assert!(shown.starts_with("2 letters, ") && shown.contains("logs.ndjson"), "{shown}");
    assert_eq!(out(&letters(&["list"])), shown);
    let ids: Vec<&str> =
        shown.lines().skip(1).map(|line| line.split_whitespace().next().unwrap()).collect();
    let output = letters(&["show", ids[0]]);
    assert!(out(&output).contains("{broken \\u{1b}[2J"), "escaped: {}", out(&output));
    assert!(out(&output).contains("line 2"), "{}", out(&output));

    let output = letters(&["replay"]);
    assert!(out(&output).starts_with("0 letters could be read"), "{}", out(&output));
    let output = letters(&["replay", ids[1], "--format", "text-log"]);
    let read = out(&output);
    assert!(
        read.starts_with("1 letters could be read: 0 new") && read.contains("telemetry"),
        "{read}"
    );
    let output = letters(&["discard", ids[0]]);
    assert_eq!(out(&output), format!("letter {} is thrown away\n", ids[0]));
    assert_eq!(out(&letters(&[])), "0 letters, 0 bytes\n");

    assert_eq!(letters(&["show", ids[0]]).status.code(), Some(3));
    assert_eq!(letters(&["burn", "1"]).status.code(), Some(2));
    assert_eq!(letters(&["show", "x"]).status.code(), Some(2));
    assert_eq!(run(&["--dead-letters"]).status.code(), Some(2), "of which workspace?");
    let nowhere = place.path().join("nowhere");
    let output = run(&["--workspace", text(&nowhere), "--dead-letters"]);
    assert_eq!((output.status.code(), nowhere.exists()), (Some(3), false));
}

#[test]
fn a_workspace_in_use_is_named() {
    let place = tempfile::tempdir().unwrap();
    let _held = Workspace::open(place.path()).unwrap();
    let output = run(&["--workspace", text(place.path())]);
    assert_eq!(output.status.code(), Some(4), "{}", err(&output));
    assert!(err(&output).contains(text(place.path())), "{}", err(&output));
    assert_eq!(out(&output), "");
}

#[test]
fn a_damaged_workspace_is_told_apart() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("store.redb"), vec![7; 8192]).unwrap();
    let output = run(&["--workspace", text(place.path())]);
    assert_eq!(output.status.code(), Some(5), "{}", err(&output));
    assert!(err(&output).contains(text(place.path())), "{}", err(&output));
}

#[test]
fn a_repository_brings_its_commits() {
    let place = tempfile::tempdir().unwrap();
    let repository = place.path().join("history");
    let git = |arguments: &[&str], input: Stdio| {
        let mut command = Command::new("git");
        command.args(arguments).stdin(input).env_remove("GIT_DIR");
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(status.expect("this test needs git").success(), "git {arguments:?}");
    };
    git(&["init", "-q", "-b", "main", text(&repository)], Stdio::null());
    let history = fs::File::open(incident("copper-heron").join("history.fast-export")).unwrap();
    git(&["-C", text(&repository), "fast-import", "--quiet"], history.into());

    // The same incident, but nobody exported the commits.
    let bundle = place.path().join("bundle");
    fs::create_dir_all(bundle.join("context")).unwrap();
    for file in ["alert.json", "metrics.csv", "traces.json", "logs.ndjson", "context/deploys.json"]
    {
        fs::copy(incident("copper-heron").join(file), bundle.join(file)).unwrap();
    }
    let without = run(&[text(&bundle), "--json"]);
    let without = report::from_json(&out(&without)).unwrap();
    assert_eq!(without.inputs.events.get("git"), None);
    let output = run(&[text(&bundle), "--json", "--git", text(&repository)]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let with = report::from_json(&out(&output)).unwrap();
    assert!(with.inputs.events["git"] > 20, "{:?}", with.inputs.events);

    // Commits read from the repository say what the exported ones say.
    let exported = report::from_json(&out(&run(&["--json"]))).unwrap();
    assert_eq!(with.verdict, exported.verdict);
    assert_eq!(with.causes[0].kind, exported.causes[0].kind);

    // A repository without commits, say a clone that went wrong, is not passed over in silence.
    let empty = place.path().join("empty");
    git(&["init", "-q", text(&empty)], Stdio::null());
    let output = run(&[text(&bundle), "--git", text(&empty), "--doctor"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let said = out(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&format!("no commits in {}", empty.display())), "{said}");

    let output = run(&[text(&bundle), "--git", text(&bundle)]);
    assert!(matches!(output.status.code(), Some(2 | 3)), "{}", err(&output));
    assert!(err(&output).contains(text(&bundle)), "{}", err(&output));
}

#[test]
fn a_missing_folder_is_named_with_what_to_do() {
    let output = run(&["/no/such/folder/anywhere"]);
    assert_eq!(output.status.code(), Some(3));
    let message = err(&output);
    assert!(message.starts_with("error: ") && message.contains("/no/such/folder/anywhere"));
    assert!(message.trim_end().len() > "error: nothing at /no/such/folder/anywhere: ".len() + 10);
    assert_eq!(out(&output), "");
}

#[test]
fn an_empty_folder_is_no_incident() {
    let place = tempfile::tempdir().unwrap();
    let output = run(&[text(place.path())]);
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
    assert!(err(&output).contains("alert.json"), "what to put there: {}", err(&output));
}

#[test]
fn lines_that_cannot_be_read_are_counted_and_the_rest_is_used() {
    let place = tempfile::tempdir().unwrap();
    fs::write(
        place.path().join("logs.ndjson"),
        "{\"timestamp\":\"2026-01-01T00:00:00Z\",\"service\":\"a\",\"msg\":\"x\"}\n{broken\n",
    )
    .unwrap();
    let output = run(&[text(place.path()), "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(err(&output).contains("logs.ndjson: 1 of 2 records skipped"), "{}", err(&output));
    let analysis = report::from_json(&out(&output)).unwrap();
    assert_eq!((analysis.inputs.log_records, analysis.verdict), (1, Verdict::NothingToBlame));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(program())
        .arg("--json")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut message = String::new();
    child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
    assert_eq!((child.wait().unwrap().code(), message.as_str()), (Some(0), ""));
}

#[test]
fn help_names_every_option_and_every_exit_code() {
    let output = run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let shown = out(&output);
    let options = [
        "--git",
        "--repo",
        "--workspace",
        "--json",
        "--markdown",
        "--report",
        "--quiet",
        "--version",
        "--help",
        "--format",
        "--formats",
        "--alert",
        "--at",
        "--entity",
        "--window",
        "--rules",
        "--doctor",
        "--no-redaction",
    ];
    let files = ["alert.json", "logs.ndjson", "metrics.csv", "traces.json", "commits.json"];
    let one_line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let codes = [
        "0 answered",
        "2 wrong",
        "3 not found",
        "4 the workspace",
        "5 stored",
        "130 inter",
        "1 any",
    ];
    for part in options.iter().chain(&files).chain(&codes) {
        assert!(one_line.contains(part), "no {part} in {shown}");
    }
    assert_eq!(run(&["--nonsense"]).status.code(), Some(2));
    assert_eq!(run(&["no-such-a", "no-such-b"]).status.code(), Some(3));
    assert_eq!(run(&["--format", "no-such", "x"]).status.code(), Some(2));
    assert_eq!(run(&["--at", "soon"]).status.code(), Some(2));
    assert!(out(&run(&["--formats"])).contains("otlp-json"));
}
