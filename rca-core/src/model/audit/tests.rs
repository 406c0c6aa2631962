use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::{About, Argument, Hypothesis, HypothesisState, Investigation, Note, Side, Tag};
use crate::time::TimeRange;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 7).unwrap()
}

fn case() -> Investigation {
    let window = TimeRange::new(at(0), at(3600)).unwrap();
    Investigation::builder("slow checkout", window).build(at(0), b"1").unwrap()
}

/// A random edit of an investigation.
#[derive(Debug, Clone)]
enum Edit {
    Cause(Option<String>),
    Tag(u8),
    Untag(u8),
    Note(String),
    Drop(prop::sample::Index),
    Propose(String),
    Argue(prop::sample::Index, String),
    Settle(prop::sample::Index, bool),
}

fn edit() -> impl Strategy<Value = Edit> {
    let text = "[a-z\\PC]{1,8}x";
    prop_oneof![
        prop::option::of(text).prop_map(Edit::Cause),
        (0..4_u8).prop_map(Edit::Tag),
        (0..4_u8).prop_map(Edit::Untag),
        text.prop_map(Edit::Note),
        any::<prop::sample::Index>().prop_map(Edit::Drop),
        text.prop_map(Edit::Propose),
        (any::<prop::sample::Index>(), text).prop_map(|(at, text)| Edit::Argue(at, text)),
        (any::<prop::sample::Index>(), any::<bool>()).prop_map(|(at, yes)| Edit::Settle(at, yes)),
    ]
}

fn tag(n: u8) -> Tag {
    Tag::new(format!("t{n}")).unwrap()
}

fn make(case: &mut Investigation, edit: &Edit, step: i64) {
    let (now, who) = (at(step), Some("ann".to_owned()));
    match edit {
        Edit::Cause(text) => case.set_root_cause(text.clone()).unwrap(),
        Edit::Tag(n) => case.add_tag(tag(*n)),
        Edit::Untag(n) => drop(case.remove_tag(&tag(*n))),
        Edit::Note(text) => case.notes.push(Note::new(now, who, text.clone(), None).unwrap()),
        Edit::Drop(place) if !case.notes.is_empty() => {
            case.notes.remove(place.index(case.notes.len()));
        }
        Edit::Propose(text) => {
            case.hypotheses.push(Hypothesis::new(now, who, text.clone(), None).unwrap());
        }
        Edit::Argue(place, text) if !case.hypotheses.is_empty() => {
            let place = place.index(case.hypotheses.len());
            let argument = Argument::new(now, who, Side::For, text, About::Investigation).unwrap();
            case.hypotheses[place].evidence.push(argument);
        }
        Edit::Settle(place, yes) if !case.hypotheses.is_empty() => {
            let place = place.index(case.hypotheses.len());
            let state = if *yes { HypothesisState::Supported } else { HypothesisState::Refuted };
            case.hypotheses[place].state = state;
        }
        Edit::Drop(_) | Edit::Argue(..) | Edit::Settle(..) => {}
    }
}

/// The trail of a case that was edited, and every version of it.
fn lived(edits: &[Edit]) -> (Vec<AuditEntry>, Vec<Investigation>) {
    let mut now = case();
    now.revision = 1;
    let first = baseline(&now).unwrap();
    let mut trail =
        vec![AuditEntry::following(AuditHead::default(), now.id, 1, now.updated_at, None, first)];
    let mut versions = vec![now.clone()];
    for (step, edit) in (1..).zip(edits) {
        let before = now.clone();
        make(&mut now, edit, step);
        let found = changes(&before, &now).unwrap();
        if found.is_empty() {
            continue;
        }
        now.revision += 1;
        now.updated_at = at(step);
        for change in found {
            let head = trail.last().unwrap().head();
            let who = Some("ann");
            trail.push(AuditEntry::following(head, now.id, now.revision, at(step), who, change));
        }
        versions.push(now.clone());
    }
    (trail, versions)
}

fn problems(trail: &[AuditEntry], head: AuditHead, record: &Investigation) -> Vec<AuditProblem> {
    let mut chain = Chain::of(record.id);
    let mut found: Vec<_> = trail.iter().filter_map(|entry| chain.take(entry).err()).collect();
    if chain.head() != head {
        found.push(AuditProblem { seq: head.entries, reason: "the head is another".to_owned() });
    }
    found.extend(chain.check_record(record).err());
    found
}

proptest! {
    #[test]
    fn a_trail_tells_every_version(edits in prop::collection::vec(edit(), 0..30)) {
        let (trail, versions) = lived(&edits);
        let last = versions.last().unwrap();
        prop_assert_eq!(problems(&trail, trail.last().unwrap().head(), last), []);
        let mut chain = Chain::of(last.id);
        for (place, entry) in trail.iter().enumerate() {
            chain.take(entry).unwrap();
            if trail.get(place + 1).is_none_or(|next| next.revision > entry.revision) {
                let told = chain.investigation().unwrap();
                let place = usize::try_from(entry.revision).unwrap() - 1;
                prop_assert_eq!(&told, &versions[place]);
            }
        }
    }

    #[test]
    fn a_trail_survives_json(edits in prop::collection::vec(edit(), 0..20)) {
        let (trail, versions) = lived(&edits);
        let json = serde_json::to_string(&trail).unwrap();
        let again: Vec<AuditEntry> = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&again, &trail);
        let head = trail.last().unwrap().head();
        prop_assert_eq!(problems(&again, head, versions.last().unwrap()), []);
    }

    #[test]
    fn any_change_to_history_is_found(
        edits in prop::collection::vec(edit(), 1..20),
        place in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        how in 0..11,
    ) {
        let (mut trail, versions) = lived(&edits);
        let (head, last) = (trail.last().unwrap().head(), versions.last().unwrap());
        let (at, to) = (place.index(trail.len()), other.index(trail.len()));
        let before = trail.clone();
        match how {
            0 => trail[at].author = Some("mallory".to_owned()),
            1 => trail[at].time += chrono::Duration::nanoseconds(1),
            2 => trail[at].new = json!("something else"),
            3 => trail[at].old = json!("something else"),
            4 => trail[at].field = "title".to_owned(),
            5 => trail[at].revision += 1,
            6 => drop(trail.remove(at)),
            7 => trail.truncate(at),
            8 => trail.swap(at, to),
            9 => trail.insert(at, trail[to].clone()),
            // Done well: with hashes that fit. The head, which is kept apart, gives it away.
            _ => {
                trail[at].author = Some("mallory".to_owned());
                let mut digest = trail[at].previous;
                for entry in &mut trail[at..] {
                    entry.previous = digest;
                    entry.digest = entry.hash();
                    digest = entry.digest;
                }
            }
        }
        prop_assume!(trail != before);
        prop_assert!(!problems(&trail, head, last).is_empty());
    }

    #[test]
    fn merging_keeps_what_either_side_did(
        common in prop::collection::vec(edit(), 0..10),
        yours in prop::collection::vec(edit(), 0..6),
        theirs in prop::collection::vec(edit(), 0..6),
    ) {
        let base = lived(&common).1.pop().unwrap();
        let (mut mine, mut stored) = (base.clone(), base.clone());
        (100..).zip(&yours).for_each(|(step, edit)| make(&mut mine, edit, step));
        (200..).zip(&theirs).for_each(|(step, edit)| make(&mut stored, edit, step));
        let (merged, conflicts) = merged_with(&base, &mine, &stored).unwrap();
        let of = |case: &Investigation| diff::tree(case).unwrap();
        let value = |tree: &Value, field: &str| {
            field.split('.').try_fold(tree.clone(), |v, name| v.get(name).cloned()).unwrap_or_default()
        };
        for change in changes(&base, &mine).unwrap() {
            let disputed = conflicts.iter().any(|conflict| conflict.field == change.field);
            prop_assert!(disputed || value(&of(&merged), &change.field) == change.new, "{}", change.field);
        }
        for change in changes(&base, &stored).unwrap() {
            // What they did is never lost, but to a removal of what it was in.
            let kept = value(&of(&merged), &change.field) == change.new;
            prop_assert!(kept || change.field.contains('.'), "{}", change.field);
        }
        prop_assert!(merged_with(&base, &base, &stored).unwrap().1.is_empty());
    }
}

#[test]
fn a_wrong_entry_is_named_and_only_that_one() {
    let edits: Vec<_> = (0..6).map(|n| Edit::Note(format!("note {n}"))).collect();
    let (mut trail, versions) = lived(&edits);
    let head = trail.last().unwrap().head();
    trail[3].author = Some("mallory".to_owned());
    let found = problems(&trail, head, versions.last().unwrap());
    assert_eq!(found.iter().map(|problem| problem.seq).collect::<Vec<_>>(), [4]);
    assert_eq!(found[0].to_string(), "entry 4: its hash does not fit what it says");
}

#[test]
fn a_record_that_was_changed_beside_the_trail_is_found() {
    let (trail, versions) = lived(&[Edit::Note("a".to_owned()), Edit::Tag(1)]);
    let mut record = versions.last().unwrap().clone();
    record.set_root_cause(Some("nothing to see here".to_owned())).unwrap();
    let found = problems(&trail, trail.last().unwrap().head(), &record);
    assert_eq!(found[0].reason, "the record's root_cause is another");
    let older = problems(&trail, trail.last().unwrap().head(), &versions[1]);
    assert!(!older.is_empty(), "an older version was put back");
}

#[test]
fn hashes_do_not_depend_on_the_order_of_names() {
    let (a, b): (Value, Value) = (
        serde_json::from_str(r#"{"a":1,"b":{"c":2,"d":[{"x":1,"y":2}]}}"#).unwrap(),
        serde_json::from_str(r#"{"b":{"d":[{"y":2,"x":1}],"c":2},"a":1}"#).unwrap(),
    );
    assert_eq!(diff::canonical(&a), r#"{"a":1,"b":{"c":2,"d":[{"x":1,"y":2}]}}"#);
    assert_eq!(diff::canonical(&a), diff::canonical(&b));
}

/// Trails are verified by later versions and by other programs: the scheme is frozen. The hash was made by another
/// program (Python's hashlib).
#[test]
fn the_hash_of_a_known_entry_is_known() {
    let change = FieldChange { field: "title".to_owned(), old: json!("a"), new: json!({"n": 1.5}) };
    let id = InvestigationId::from_bytes([7; 16]);
    let entry = AuditEntry::following(AuditHead::default(), id, 2, at(1), Some("ann"), change);
    assert_eq!(entry.digest, entry.hash());
    assert_eq!(
        entry.digest.to_string(),
        "5159f4c4f2e4dadb900f50f178c572eeb23b971eee1fd9f1567eaf69a8115317"
    );
}
