//! The index against a plain scan over all events, and the query language against itself.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;

use super::*;
use crate::model::{Event, EventId, Severity, Source};

const WORDS: [&str; 8] =
    ["pool", "poolMax", "db.pool", "error", "timeout", "time", "OutOfPool", "9f3c2ab7d"];

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap()
}

fn words(at_most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&WORDS[..]), 1..=at_most).prop_map(|w| w.join(" "))
}

fn event() -> impl Strategy<Value = Event> {
    let sources = prop::sample::select(vec![Source::Git, Source::Logs, Source::Deploy]);
    let severity = prop::sample::select(Severity::ALL.to_vec());
    let service = prop::option::of(prop::sample::select(vec!["Quay", "quay-2", "lock"]));
    let tag = prop::option::of(prop::sample::select(vec!["wet", "dry"]));
    (0..4_i64, sources, severity, service, tag, words(3), words(6), 0..1000_u32).prop_map(
        |(hour, source, severity, service, tag, title, body, unique)| {
            let at = start() + Duration::hours(hour);
            let mut event = Event::builder(at, source, "thing", &title)
                .with_severity(severity)
                .with_body(body)
                .with_source_id(unique.to_string());
            if let Some(name) = service {
                event = event.with_service(name);
            }
            if let Some(tag) = tag {
                event = event.with_tag(tag);
            }
            event.build().unwrap()
        },
    )
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(event(), 0..25).prop_map(|mut events| {
        events.sort_by_key(Event::id);
        events.dedup_by_key(|event| event.id());
        events
    })
}

fn leaf() -> impl Strategy<Value = String> {
    let word = || prop::sample::select(&WORDS[..]).prop_map(str::to_owned);
    prop_oneof![
        4 => word(),
        1 => words(3).prop_map(|words| format!("\"{words}\"")),
        1 => prop::sample::select(vec!["po*", "time*", "db.po*", "outofp*", "pool.ma*"])
            .prop_map(str::to_owned),
        1 => word().prop_map(|word| format!("title:{word}")),
        1 => words(2).prop_map(|words| format!("body:\"{words}\"")),
        1 => prop::sample::select(vec!["title:ti*", "body:pool.m*"]).prop_map(str::to_owned),
        2 => prop::sample::select(vec![
            "source:git", "source:l*", "type:thing", "severity:>=high", "severity:<low",
            "entity:quay", "service:QUAY*", "tag:wet", "after:2026-05-28T21:26:40",
            "before:2026-05-28T22:26:40Z", "type:other",
        ]).prop_map(str::to_owned),
    ]
}

fn query() -> impl Strategy<Value = String> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|p| format!("({})", p.join(" AND "))),
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|p| format!("({})", p.join(" OR "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|p| format!("({})", p.join(" "))),
            inner.prop_map(|p| format!("NOT {p}")),
        ]
    })
}

/// An index that got its events in some commits, some of them twice.
fn index(events: &[Event], commit_every: usize) -> Index {
    let index = Index::in_memory(Options::default()).unwrap();
    for (n, chunk) in (1..).zip(events.chunks(commit_every.max(1))) {
        let put = |write| move |event| IndexOp::PutEvent { event, investigations: &[], write };
        let mut ops: Vec<_> = chunk.iter().map(put(Write::New)).collect();
        ops.extend(chunk.iter().step_by(3).map(put(Write::Replace)));
        index.apply(&ops, n).unwrap();
        index.refresh().unwrap();
    }
    index
}

/// Parts of the title, and of all the rest; phrases stay inside of one.
fn parts(event: &Event) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let terms = |text: &str| tokenize::query_terms(text);
    let mut rest = vec![terms(event.body())];
    rest.extend(event.entity().map(|e| terms(&e.name)));
    rest.extend(event.tags().iter().map(|t| terms(t.as_str())));
    (vec![terms(event.title())], rest)
}

fn says(event: &Event, text: &TextMatch) -> bool {
    let (title, rest) = parts(event);
    let looked_at: Vec<_> = match text.field {
        None => title.iter().chain(&rest).collect(),
        Some(TextField::Title) => title.iter().collect(),
        Some(TextField::Body) => rest.iter().collect(),
    };
    let wanted = tokenize::query_terms(&text.text);
    let prefix = text.kind == TextKind::Prefix
        || (text.kind == TextKind::Word
            && wanted.len() == 1
            && tokenize::is_short_hash(&wanted[0]));
    let beside = looked_at.iter().any(|part| {
        part.windows(wanted.len()).any(|window| {
            let (last, lead) = window.split_last().unwrap();
            let (wanted_last, wanted_lead) = wanted.split_last().unwrap();
            let ends = if prefix { last.starts_with(wanted_last) } else { last == wanted_last };
            lead == wanted_lead && ends
        })
    });
    // Camel-case words are there as a whole, too.
    let wholes = |text: &str| -> Vec<String> {
        let camel = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| tokenize::query_terms(w).len() > 1);
        camel.map(str::to_lowercase).collect()
    };
    let whole = |text: &str| {
        wholes(text)
            .iter()
            .any(|w| if prefix { w.starts_with(&wanted[0]) } else { *w == wanted[0] })
    };
    let (in_title, in_body) = (whole(event.title()), whole(event.body()));
    let whole = wanted.len() == 1
        && match text.field {
            None => in_title || in_body,
            Some(TextField::Title) => in_title,
            Some(TextField::Body) => in_body,
        };
    beside || whole
}

#[derive(Debug, PartialEq)]
struct Seen {
    text: String,
    from: usize,
    to: usize,
    position: usize,
    whole: bool,
}

fn tokens(mut words: tokenize::Words<'_>) -> Vec<Seen> {
    use tantivy::tokenizer::TokenStream;
    let mut seen = Vec::new();
    while words.advance() {
        let token = &words.token;
        seen.push(Seen {
            text: token.text.clone(),
            from: token.offset_from,
            to: token.offset_to,
            position: token.position,
            whole: words.whole,
        });
    }
    seen
}

fn holds(event: &Event, condition: &Expr) -> bool {
    let named = |pattern: &Pattern, name: &str| {
        let (wanted, name) = (pattern.text.to_lowercase(), name.to_lowercase());
        if pattern.prefix { name.starts_with(&wanted) } else { name == wanted }
    };
    match condition {
        Expr::Text(text) => says(event, text),
        Expr::All(parts) => parts.iter().all(|part| holds(event, part)),
        Expr::Any(parts) => parts.iter().any(|part| holds(event, part)),
        Expr::Not(inner) => !holds(event, inner),
        Expr::Filter(filter) => match filter {
            Filter::Source(name) => named(name, event.source().as_str()),
            Filter::Type(name) => named(name, event.event_type()),
            Filter::Entity(name) => event.entity().is_some_and(|e| named(name, &e.name)),
            Filter::Tag(name) => event.tags().iter().any(|t| named(name, t.as_str())),
            Filter::Severity(compare, wanted) => compare.holds(event.severity(), *wanted),
            Filter::Before(time) => event.timestamp() < *time,
            Filter::After(time) => event.timestamp() >= *time,
            Filter::Id(id) => event.id().to_bytes() == *id,
            Filter::Investigation(_) | Filter::Status(_) => false,
        },
    }
}

fn pages(index: &Index, query: &Query, size: usize) -> Vec<Hit> {
    let (mut all, mut page) = (Vec::new(), query.clone().with_limit(size));
    loop {
        let hits = index.search(&page).unwrap();
        assert!(hits.hits.len() <= size);
        all.extend(hits.hits);
        match hits.next {
            None => return all,
            Some(next) => page = page.with_after(next.to_string().parse().unwrap()),
        }
    }
}

fn ids(hits: &[Hit]) -> Vec<EventId> {
    hits.iter().map(|hit| hit.id).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_search_finds_what_a_scan_finds_page_by_page(
        events in events(), text in query(), commit_every in 1..30_usize, size in 1..6_usize,
    ) {
        let index = index(&events, commit_every);
        let query = Query::parse(&text).unwrap();
        let condition = query.condition().unwrap();
        let expected: BTreeSet<_> =
            events.iter().filter(|e| holds(e, &condition)).map(Event::id).collect();
        for sort in [Sort::Relevance, Sort::Newest, Sort::Oldest] {
            let query = query.clone().with_sort(sort);
            let all = index.search(&query.clone().with_limit(100)).unwrap();
            prop_assert_eq!(all.total, Some(expected.len() as u64), "{}", text);
            prop_assert_eq!(ids(&all.hits).into_iter().collect::<BTreeSet<_>>(), expected.clone());
            prop_assert_eq!(all.hits.len(), expected.len());
            prop_assert_eq!(&pages(&index, &query, size), &all.hits, "{}", text);
            let key = |hit: &Hit| (hit.timestamp, hit.id);
            let in_order = match sort {
                Sort::Relevance => all.hits.is_sorted_by(|a, b| {
                    a.score > b.score || (a.score == b.score && a.id > b.id)
                }),
                Sort::Newest => all.hits.is_sorted_by(|a, b| key(a) > key(b)),
                Sort::Oldest => all.hits.is_sorted_by(|a, b| key(a) < key(b)),
            };
            prop_assert!(in_order);
            let skipped = index.search(&query.with_limit(2).with_total(Total::Skip)).unwrap();
            prop_assert_eq!(skipped.total, None);
            prop_assert_eq!(&skipped.hits[..], &all.hits[..all.hits.len().min(2)]);
        }
        prop_assert_eq!(index.count(&query).unwrap(), expected.len() as u64);
    }

    #[test]
    fn the_order_of_arrival_does_not_matter(
        events in events(), text in query(), commit_every in 1..30_usize,
    ) {
        let first = index(&events, commit_every);
        // Words of replaced documents count until they are merged away.
        first.compact().unwrap();
        let reversed: Vec<_> = events.iter().rev().cloned().collect();
        let second = index(&reversed, 100);
        second.compact().unwrap();
        if let Ok(query) = Query::parse(&text) {
            prop_assert_eq!(first.search(&query).unwrap().total, second.search(&query).unwrap().total);
            let query = query.with_sort(Sort::Newest);
            prop_assert_eq!(first.search(&query).unwrap(), second.search(&query).unwrap());
        }
    }

    #[test]
    fn any_text_is_read_or_refused_with_a_column(text in "(?s).{0,60}") {
        round_trip(&text);
    }

    #[test]
    fn near_queries_are_read_or_refused_with_a_column(
        text in r#"([()"*: \\-]|AND|OR|NOT| |title:|tag:|severity:|before:|>=|high|x|2026-01-02|http://){0,20}"#,
    ) {
        round_trip(&text);
    }

    #[test]
    fn what_a_query_prints_reads_as_the_same_query(text in query()) {
        round_trip(&text);
        prop_assert!(parse(&text).is_ok());
    }

    #[test]
    fn terms_never_exceed_their_length_and_offsets_are_right(text in "(?s).{0,200}") {
        use tantivy::tokenizer::TokenStream;
        let mut words = tokenize::Words::new(&text);
        while words.advance() {
            prop_assert!(!words.token.text.is_empty() && words.token.text.len() <= 64);
            prop_assert!(text.get(words.token.offset_from..words.token.offset_to).is_some());
        }
    }

    #[test]
    fn terms_take_every_letter_and_digit_once(text in "(?s)(\\PC|[a-zA-Z0-9_]|\u{1e}|\n|é|戦){0,120}") {
        let parts = tokens(tokenize::Words::new(&text)).into_iter().filter(|token| !token.whole);
        let taken: String = parts.map(|token| text[token.from..token.to].to_owned()).collect();
        prop_assert_eq!(taken, text.chars().filter(|sign| sign.is_alphanumeric()).collect::<String>());
    }

    #[test]
    fn words_that_are_passed_over_are_none_of_those_looked_for(text in "(?s)([a-e]{1,3}|[A-Z0-9]{1,3}|é| |\u{1e}){0,60}") {
        let mut firsts = [false; 256];
        firsts[usize::from(b'b')] = true;
        firsts[usize::from(b'7')] = true;
        let all = tokens(tokenize::Words::new(&text));
        let some = tokens(tokenize::Words::beginning(&text, &firsts));
        let may_match = |token: &&Seen| firsts[usize::from(token.text.as_bytes()[0])];
        prop_assert_eq!(all.iter().filter(may_match).collect::<Vec<_>>(), some.iter().filter(may_match).collect::<Vec<_>>());
    }

    #[test]
    fn snippets_are_short_and_mark_whole_characters(text in "(?s)(pool|time|ä|\\PC| |\n){0,120}") {
        let highlighter = Highlighter::new(&Query::parse("pool time*").unwrap());
        if let Some(snippet) = highlighter.snippet(&text) {
            prop_assert!(snippet.text.len() <= 400);
            prop_assert!(snippet.highlights.iter().all(|r| snippet.text.get(r.clone()).is_some()));
        }
    }
}

fn round_trip(text: &str) {
    match parse(text) {
        Ok(None) => assert!(text.trim().is_empty()),
        Ok(Some(expr)) => {
            let printed = expr.to_string();
            assert_eq!(parse(&printed).unwrap(), Some(expr), "{printed}");
        }
        Err(error) => {
            let column = error.place().and_then(|place| place.column).unwrap();
            assert!(column >= 1 && column <= text.chars().count() as u64 + 1, "{error}");
        }
    }
}

#[test]
fn words_beside_each_other_are_alternatives_and_filters_narrow() {
    let read = |text: &str| parse(text).unwrap().unwrap().to_string();
    assert_eq!(read("a b source:git -c"), "(a OR b) AND source:git AND NOT c");
    assert_eq!(read("a b AND c OR d tag:e"), "(a OR (b AND c)) OR (d AND tag:e)");
    assert_eq!(
        read("service:x http://y std::vec 10:15"),
        "(http://y OR std::vec OR 10:15) AND entity:x"
    );
    assert_eq!(read("after:2026-01-02"), "after:2026-01-02T00:00:00Z");
    assert_eq!(read(r#"tag:"a b" "say \"x\"""#), r#""say \"x\"" AND tag:"a b""#);
}

#[test]
fn a_bad_query_names_the_column_and_the_way_out() {
    let refused = |text: &str| parse(text).unwrap_err().to_string();
    let cases = [
        ("ä (b", "column 3: this '(' is never closed"),
        ("a \"b", "column 3: this quote is never closed"),
        ("a AND", "column 6: the query ends here"),
        ("sevirity:high", "column 1: there is no field 'sevirity'; use title"),
        ("severity:bad", "column 10: use info, low"),
        ("before:soon", "column 8: not a time; use 2026"),
        ("a b)", "column 4: this ')' closes nothing"),
        ("a =>", "column 3: no letter or digit"),
        ("fo*o", "column 1: '*' is understood only at the end"),
        ("tag:", "column 5: a value should follow 'tag:'"),
        ("id:7", "column 4: not an id"),
    ];
    for (text, message) in cases {
        assert!(refused(text).starts_with(message), "{text}: {}", refused(text));
    }
    let deep = format!("{}a{}", "(".repeat(2000), ")".repeat(2000));
    assert!(refused(&deep).contains("nest deeper"));
    assert!(refused(&"NOT ".repeat(60)).contains("the query ends here"));
    assert!(refused(&format!("{}a", "-".repeat(60))).contains("nest deeper"));
}

/// Excluded phrases were asked for documents they had passed: an assertion of tantivy's failed.
#[test]
fn phrases_and_intersections_can_be_denied() {
    let make = |n: u32, body: &str| {
        let event = Event::builder(start(), Source::Git, "thing", "x").with_body(body);
        event.with_source_id(n.to_string()).build().unwrap()
    };
    let bodies = ["pool db", "db.pool", "pool", "db pool", "db"];
    let events: Vec<_> = (0..).zip(bodies).map(|(n, body)| make(n, body)).collect();
    let index = index(&events, 10);
    let found = |text: &str| index.count(&Query::parse(text).unwrap()).unwrap();
    assert_eq!(found("NOT db.pool"), 3);
    assert_eq!(found("x AND NOT (pool AND db)"), 2);
    assert_eq!(found("NOT (pool db) OR NOT \"pool db\""), 4);
}

#[test]
fn a_cursor_of_another_sort_is_refused() {
    let index = Index::in_memory(Options::default()).unwrap();
    let cursor: Cursor = format!("n{:048x}", 7).parse().unwrap();
    let query = Query::all().with_sort(Sort::Oldest).with_after(cursor);
    assert_eq!(index.search(&query).unwrap_err().kind(), crate::ErrorKind::InvalidInput);
    for bad in ["", "n7", "x000", &format!("n{:049x}", 7), &format!("nä{:046x}", 7)] {
        assert!(bad.parse::<Cursor>().is_err(), "{bad}");
    }
}

/// Random text (keys, encoded images) must not fill the dictionary.
#[test]
fn huge_and_random_words_stay_few_and_short() {
    let text = format!("{} {} {}", "x".repeat(100_000), "aZ1".repeat(3000), "f".repeat(500));
    let terms = tokenize::query_terms(&text);
    assert_eq!(terms.iter().map(String::len).collect::<Vec<_>>(), [64, 64, 16]);
}
