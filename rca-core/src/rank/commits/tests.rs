//! Words and places on a small history without deploys, as somebody sees it who has a repository and a trace.

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;

use crate::model::{Analysis, CauseKind, Event, EvidenceKind, Source, StackFrame, attribute};
use crate::rank::{Blame, Inputs, Options, analyze};
use crate::time::TimeRange;

fn alarm() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap()
}

/// A commit; its hash is its name, repeated.
struct Made {
    name: char,
    days: i64,
    message: &'static str,
    files: &'static [&'static str],
    functions: &'static [&'static str],
    lines: (u64, u64),
}

impl Made {
    fn sha(&self) -> String {
        self.name.to_string().repeat(40)
    }

    fn event(&self) -> Event {
        let subject = self.message.lines().next().unwrap();
        let texts =
            |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
        Event::builder(alarm() - Duration::days(self.days), Source::Git, "commit", subject)
            .with_body(self.message)
            .with_source_id(self.sha())
            .with_attribute(attribute::COMMIT, self.sha())
            .with_attribute(attribute::FILES, texts(self.files))
            .with_attribute(attribute::FUNCTIONS, texts(self.functions))
            .with_attribute(attribute::ADDED, self.lines.0)
            .with_attribute(attribute::DELETED, self.lines.1)
            .build()
            .unwrap()
    }
}

const fn made(name: char, message: &'static str, files: &'static [&'static str]) -> Made {
    Made { name, days: 3, message, files, functions: &[], lines: (20, 5) }
}

/// Four commits of one day and one size: only words and places tell them apart.
const HISTORY: [Made; 4] = [
    made('a', "mail: send letters in batches", &["src/mail/send.rs"]),
    made('b', "billing: round half pennies up", &["src/billing/round.rs", "src/lib.rs"]),
    made('c', "search: cache the answers", &["src/search/cache.rs", "src/lib.rs"]),
    made('d', "login: hash with more rounds", &["src/login/hash.rs", "src/lib.rs"]),
];

#[derive(Default)]
struct Known<'a> {
    symptom: &'a str,
    frames: Vec<StackFrame>,
    blame: Vec<Blame>,
}

fn frame(path: &str, function: Option<&str>) -> StackFrame {
    StackFrame { path: path.to_owned(), function: function.map(str::to_owned), line: None }
}

fn judge(events: &[Event], known: &Known<'_>) -> Analysis {
    let inputs = Inputs {
        symptom: if known.symptom.is_empty() { "it fails" } else { known.symptom },
        alarm: Some(alarm()),
        frames: &known.frames,
        blame: &known.blame,
        ..Inputs::new(events, TimeRange::new(alarm(), alarm()).unwrap())
    };
    analyze(&inputs, &Options { max_causes: 1000, ..Options::default() })
}

fn events(history: &[Made]) -> Vec<Event> {
    history.iter().map(Made::event).collect()
}

/// Names of the commits, most likely first.
fn order(analysis: &Analysis) -> String {
    let first = |sha: &String| sha.chars().next().unwrap();
    let sha = |kind: &CauseKind| match kind {
        CauseKind::Commit { sha, .. } => Some(first(sha)),
        _ => None,
    };
    analysis.causes.iter().filter_map(|cause| sha(&cause.kind)).collect()
}

fn probability(analysis: &Analysis, name: char) -> f64 {
    let wanted = name.to_string().repeat(40);
    let is = |kind: &CauseKind| matches!(kind, CauseKind::Commit { sha, .. } if *sha == wanted);
    analysis.causes.iter().find(|cause| is(&cause.kind)).unwrap().probability.value()
}

#[test]
fn the_commit_that_says_the_words_leads() {
    for (symptom, wanted) in
        [("a penny is missing after rounding", 'b'), ("stale cached answer", 'c')]
    {
        let answer = judge(&events(&HISTORY), &Known { symptom, ..Known::default() });
        assert!(order(&answer).starts_with(wanted), "{symptom}: {}", order(&answer));
        let told = &answer.causes[0].evidence_for;
        assert!(told.iter().any(|e| e.kind == EvidenceKind::Text), "{told:?}");
    }
}

#[test]
fn a_frame_points_at_those_who_touched_its_file() {
    let with = |path| {
        let frames = vec![frame(path, None)];
        judge(&events(&HISTORY), &Known { frames, ..Known::default() })
    };
    let sure = with("/build/src/mail/send.rs");
    assert!(order(&sure).starts_with('a'));
    let shared = with("src/lib.rs");
    assert!(probability(&shared, 'a') < probability(&shared, 'b'));
    assert!(probability(&sure, 'a') > probability(&shared, 'b'));
}

#[test]
fn a_frame_in_a_file_that_everybody_touches_takes_less_than_it_gives() {
    let frames = vec![
        frame("src/lib.rs", None),
        frame("src/mail/send.rs", None),
        frame("src/vendor/never_seen.rs", None),
    ];
    let answer = judge(&events(&HISTORY), &Known { frames, ..Known::default() });
    assert!(order(&answer).starts_with('a'), "{}", order(&answer));
}

#[test]
fn the_function_of_a_frame_tells_two_commits_of_one_file_apart() {
    let mut history = HISTORY;
    history[1].functions = &["Register::start"];
    history[3].functions = &["stop"];
    let frames = vec![frame("src/lib.rs", Some("app.stop"))];
    let answer = judge(&events(&history), &Known { frames, ..Known::default() });
    assert!(order(&answer).starts_with('d'), "{}", order(&answer));
}

#[test]
fn a_frame_in_a_new_place_is_found_by_its_words() {
    let frames = vec![frame("core/letters/outbox.rs", Some("sendBatch"))];
    let answer = judge(&events(&HISTORY), &Known { frames, ..Known::default() });
    assert!(order(&answer).starts_with('a'), "{}", order(&answer));
}

#[test]
fn blame_raises_the_last_writer() {
    let blame = |name: char, lines| Blame { sha: name.to_string().repeat(12), lines };
    let known = Known { blame: vec![blame('c', 30), blame('d', 10)], ..Known::default() };
    let answer = judge(&events(&HISTORY), &known);
    assert!(order(&answer).starts_with("cd"), "{}", order(&answer));
}

#[test]
fn large_and_young_commits_come_first_where_nothing_else_is_known() {
    let mut history = HISTORY;
    history[2].lines = (400, 90);
    assert!(order(&judge(&events(&history), &Known::default())).starts_with('c'));
    history[0].days = 0;
    history[2].days = 60;
    assert!(order(&judge(&events(&history), &Known::default())).starts_with('a'));
}

#[test]
fn what_was_taken_back_or_touches_only_tests_comes_last() {
    let mut history = HISTORY;
    history[0].message = "Revert \"login: hash with more rounds\"";
    history[0].days = 1;
    history[2].files = &["tests/cache.rs", "docs/cache.md"];
    let answer = judge(&events(&history), &Known::default());
    assert!(order(&answer).starts_with("ab"), "{}", order(&answer));
}

#[test]
fn the_commit_that_the_report_names_leads() {
    let symptom = "answers are late since aaaaaaa1, or was it ddddddddd";
    let mut history = HISTORY;
    history[1].message = "billing: round half pennies up (#4711)";
    let numbered = Known { symptom: "it fails since #4711", ..Known::default() };
    assert!(order(&judge(&events(&history), &numbered)).starts_with('b'));
    // A run of letters alone is no hash.
    let answer = judge(&events(&HISTORY), &Known { symptom, ..Known::default() });
    let named = |e: &crate::model::Evidence| e.statement == "the symptom names it";
    assert!(!answer.causes.iter().flat_map(|cause| &cause.evidence_for).any(named));
}

#[test]
fn code_that_no_commit_at_hand_touched_speaks_for_an_older_cause() {
    let frames = |path| Known { frames: vec![frame(path, None)], ..Known::default() };
    let touched = judge(&events(&HISTORY), &frames("src/mail/send.rs"));
    let untouched = judge(&events(&HISTORY), &frames("engine/old/heart.c"));
    assert_eq!(touched.none_evidence, []);
    assert_eq!(untouched.none_evidence.len(), 1, "{:?}", untouched.none_evidence);
    let plain = judge(&events(&HISTORY), &Known::default());
    assert!(untouched.none_of_these > plain.none_of_these);
}

#[test]
fn lines_written_by_commits_not_at_hand_speak_for_an_older_cause() {
    let outsider = |lines| Blame { sha: "f".repeat(40), lines };
    let insider = |lines| Blame { sha: "a".repeat(40), lines };
    let with = |blame| judge(&events(&HISTORY), &Known { blame, ..Known::default() });
    let weight = |answer: &Analysis| answer.none_evidence.iter().map(|e| e.weight).sum::<f64>();
    let (all, some, none) =
        (with(vec![outsider(40)]), with(vec![outsider(10), insider(30)]), with(vec![insider(40)]));
    assert!(weight(&all) > weight(&some) && weight(&some) > weight(&none));
    assert_eq!(none.none_evidence, []);
}

#[test]
fn changes_made_after_the_harm_began_leave_an_older_cause() {
    let mut history = HISTORY;
    for made in &mut history {
        made.days = -1;
    }
    let answer = judge(&events(&history), &Known::default());
    assert!(answer.top_cause().is_none());
    assert!(answer.none_evidence.iter().any(|e| e.kind == EvidenceKind::Timing));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn order_of_arrival_changes_nothing_and_all_sums_to_one(
        shuffled in Just(events(&HISTORY)).prop_shuffle(),
        symptom in "(round|cache|mail|login|answers|batch)( (round|cache|rate|hash)){0,3}",
        path in "src/(mail/send|lib|search/cache|x)\\.rs",
    ) {
        let known = Known { symptom: &symptom, frames: vec![frame(&path, None)], blame: vec![] };
        let (one, other) = (judge(&events(&HISTORY), &known), judge(&shuffled, &known));
        prop_assert_eq!(serde_json::to_vec(&one).unwrap(), serde_json::to_vec(&other).unwrap());
        let sum: f64 = one.causes.iter().map(|cause| cause.probability.value()).sum();
        prop_assert!((sum + one.none_of_these.value() - 1.0).abs() < 1e-9);
    }

    /// All are of one age and size, so what tells them apart is far more than a change of idf.
    #[test]
    fn an_unrelated_commit_leaves_the_order_of_the_others(days in 0_i64..90, added in 0_u64..2000) {
        let known = Known {
            symptom: "a penny is missing after rounding",
            frames: vec![frame("src/search/cache.rs", None)],
            blame: vec![],
        };
        let stranger = Made { days, lines: (added, 0), ..made('e', "garden: more flowers", &["art/rose.c"]) };
        let mut more = events(&HISTORY);
        more.push(stranger.event());
        let (before, after) = (judge(&events(&HISTORY), &known), judge(&more, &known));
        prop_assert_eq!(order(&before), order(&after).replace('e', ""));
    }
}
