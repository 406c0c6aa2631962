//! Running rules over events.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rustc_hash::FxHashMap;

use super::check::Checked;
use super::{CorrelationRules, Topology, field};
use crate::linker::CaseProfile;
use crate::model::{Confidence, Event, EventId, Finding, LinkReason, LinkRule};
use crate::time::{from_nanos, nanos};

/// Most events that a rule keeps of one run; the rest is counted and left out.
const MOST_SEEN: usize = 100_000;
/// Events that a report names.
const EXAMPLES: usize = 5;

/// Events on their way through the rules, in any order. [`RuleRun::finish`] says what matched.
#[derive(Debug)]
pub struct RuleRun<'r> {
    rules: &'r CorrelationRules,
    case: Option<&'r CaseProfile>,
    seen: Vec<Vec<Seen>>,
    reports: Vec<RuleReport>,
    names: Names,
    /// Who calls whom, by place among the names.
    calls: BTreeSet<(u32, u32)>,
    /// Hosts of entities that the case names.
    hosts: BTreeSet<u32>,
}

/// An event that fulfils a rule's conditions.
#[derive(Debug, Clone, Copy)]
struct Seen {
    time: i64,
    event: EventId,
    key: u32,
    entity: Option<u32>,
    host: Option<u32>,
    /// Whether the case names its entity.
    named: bool,
}

#[derive(Debug, Default)]
struct Names {
    places: FxHashMap<String, u32>,
    all: Vec<String>,
}

impl Names {
    fn place(&mut self, name: &str) -> u32 {
        if let Some(known) = self.places.get(name) {
            return *known;
        }
        let place = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(name.to_owned());
        self.places.insert(name.to_owned(), place);
        place
    }
}

/// What a rule did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleReport {
    /// The rule.
    pub rule: String,
    /// Events that fulfilled its conditions.
    pub considered: u64,
    /// Of these, events that lack a field that they should have in common.
    pub without_field: u64,
    /// Of these, events that do not stand to the investigation as it says.
    pub elsewhere: u64,
    /// Of these, events with too few others near by.
    pub too_few: u64,
    /// Events that matched.
    pub matched: u64,
    /// Some that matched, earliest first.
    pub examples: Vec<EventId>,
    /// Events that were left out because there were too many.
    pub left_out: u64,
}

impl RuleReport {
    /// Whether nothing ever matched.
    #[must_use]
    pub fn never_matched(&self) -> bool {
        self.matched == 0
    }

    /// In a sentence.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Self { rule, considered, without_field, elsewhere, too_few, matched, .. } = self;
        if *matched > 0 {
            return format!("{rule}: {matched} of {considered} events matched");
        }
        if *considered == 0 {
            return format!("{rule} never matched: no event fulfils its conditions");
        }
        format!(
            "{rule} never matched: of {considered} events that fulfil its conditions {without_field} lack a field, \
             {elsewhere} are elsewhere, {too_few} have too few others near by"
        )
    }

    /// Adds what the same rule did elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.considered += other.considered;
        self.without_field += other.without_field;
        self.elsewhere += other.elsewhere;
        self.too_few += other.too_few;
        self.matched += other.matched;
        self.left_out += other.left_out;
        self.examples.extend(&other.examples);
        self.examples.sort_unstable();
        self.examples.dedup();
        self.examples.truncate(EXAMPLES);
    }
}

/// Events that matched a rule together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleGroup {
    /// The rule.
    pub rule: String,
    /// The values they have in common, in the order of the rule's fields.
    pub same: Vec<String>,
    /// The first.
    pub start: DateTime<Utc>,
    /// The last.
    pub end: DateTime<Utc>,
    /// In order of time.
    pub events: Vec<EventId>,
}

/// What rules matched.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RuleFindings {
    /// For every event that matched, what each rule says, in the order of rules.
    pub reasons: BTreeMap<EventId, Vec<LinkReason>>,
    /// Events that matched together, by rule, then by time.
    pub groups: Vec<RuleGroup>,
    /// Every rule, in order.
    pub reports: Vec<RuleReport>,
}

impl<'r> RuleRun<'r> {
    /// A run of rules for an investigation; without one, rules that ask how events stand to it match nothing.
    #[must_use]
    pub fn new(rules: &'r CorrelationRules, case: Option<&'r CaseProfile>) -> Self {
        let report = |name: &str| RuleReport { rule: name.to_owned(), ..RuleReport::default() };
        Self {
            rules,
            case,
            seen: rules.names().map(|_| Vec::new()).collect(),
            reports: rules.names().map(report).collect(),
            names: Names::default(),
            calls: BTreeSet::new(),
            hosts: BTreeSet::new(),
        }
    }

    /// Takes an event in. Removed ones count for nothing.
    pub fn offer(&mut self, event: &Event) {
        if event.deleted_at().is_some() {
            return;
        }
        if event.event_type() == "call_edge"
            && let Some(Finding::CallEdge(edge)) = Finding::from_event(event)
        {
            let caller = self.names.place(&edge.caller.name.to_lowercase());
            let callee = self.names.place(&edge.callee.name.to_lowercase());
            self.calls.insert((caller, callee));
        }
        let entity = event.entity().map(|entity| entity.name.to_lowercase());
        let entity = entity.or_else(|| event.attribute("service.name").map(str::to_lowercase));
        let named = entity
            .as_ref()
            .zip(self.case)
            .is_some_and(|(entity, case)| case.entities.mention(entity, event.id()).is_some());
        let host = event.attribute("host.name").map(str::to_lowercase);
        let host = host.map(|host| self.names.place(&host));
        if named {
            self.hosts.extend(host);
        }
        let entity = entity.map(|entity| self.names.place(&entity));
        let rules = self.rules.checked().iter().zip(&mut self.seen).zip(&mut self.reports);
        for ((Checked { rule, .. }, seen), report) in rules {
            if !rule.when.hold(event) {
                continue;
            }
            report.considered += 1;
            let values: Option<Vec<String>> =
                rule.same.iter().map(|name| field(event, name)).collect();
            let Some(values) = values else {
                report.without_field += 1;
                continue;
            };
            if seen.len() >= MOST_SEEN {
                report.left_out += 1;
                continue;
            }
            let key = self.names.place(&values.join(SEPARATOR));
            let (time, event) = (nanos(event.timestamp()), event.id());
            seen.push(Seen { time, event, key, entity, host, named });
        }
    }

    /// What matched.
    #[must_use]
    pub fn finish(mut self) -> RuleFindings {
        let mut findings = RuleFindings::default();
        let named: BTreeSet<u32> = self.named_entities();
        let rules = self.rules.checked();
        for (place, checked) in rules.iter().enumerate() {
            let mut seen = self.seen.get_mut(place).map(std::mem::take).unwrap_or_default();
            let Some(report) = self.reports.get_mut(place) else { continue };
            let before = seen.len();
            seen.retain(|seen| {
                stands(checked.rule.topology, seen, &named, &self.calls, &self.hosts)
            });
            report.elsewhere = (before - seen.len()) as u64;
            // An event may be offered twice.
            seen.sort_unstable_by_key(|seen| (seen.key, seen.time, seen.event));
            seen.dedup_by_key(|seen| (seen.key, seen.event));
            let mut matched: Vec<&Seen> = Vec::new();
            for group in seen.chunk_by(|a, b| a.key == b.key) {
                for near in crowded(group, checked) {
                    matched.extend(near);
                    findings.groups.extend(self.names.group(checked, near));
                }
            }
            report.matched = matched.len() as u64;
            report.too_few = (seen.len() - matched.len()) as u64;
            matched.sort_unstable_by_key(|seen| (seen.time, seen.event));
            report.examples = matched.iter().take(EXAMPLES).map(|seen| seen.event).collect();
            for seen in matched {
                let reason = reason(checked, &self.names.values(seen.key));
                findings.reasons.entry(seen.event).or_default().push(reason);
            }
        }
        findings.groups.sort_by(|a, b| {
            (&a.rule, a.start, &a.same, a.end).cmp(&(&b.rule, b.start, &b.same, b.end))
        });
        findings.reports = self.reports;
        findings
    }

    /// Entities of the call graph that the case names, besides those on which events were seen.
    fn named_entities(&self) -> BTreeSet<u32> {
        let Some(case) = self.case else { return BTreeSet::new() };
        // Nobody's id: whatever names the entity counts.
        let nobody = EventId::from_bytes([0; 16]);
        let in_calls = self.calls.iter().flat_map(|(caller, callee)| [*caller, *callee]);
        in_calls
            .filter(|place| {
                let name = self.names.all.get(*place as usize);
                name.is_some_and(|name| case.entities.mention(name, nobody).is_some())
            })
            .collect()
    }
}

/// Stands between the values of a key; texts do not hold it.
const SEPARATOR: &str = "\u{1f}";

impl Names {
    fn values(&self, key: u32) -> Vec<String> {
        let key = self.all.get(key as usize).map_or("", String::as_str);
        if key.is_empty() { Vec::new() } else { key.split(SEPARATOR).map(str::to_owned).collect() }
    }

    fn group(&self, checked: &Checked, near: &[Seen]) -> Option<RuleGroup> {
        let (first, last) = (near.first()?, near.last()?);
        Some(RuleGroup {
            rule: checked.rule.name.clone(),
            same: self.values(first.key),
            start: from_nanos(first.time),
            end: from_nanos(last.time),
            events: near.iter().map(|seen| seen.event).collect(),
        })
    }
}

fn stands(
    topology: Topology,
    seen: &Seen,
    named: &BTreeSet<u32>,
    calls: &BTreeSet<(u32, u32)>,
    hosts: &BTreeSet<u32>,
) -> bool {
    let Some(entity) = seen.entity else {
        return topology == Topology::Any
            || (topology == Topology::SameHost
                && seen.host.is_some_and(|host| hosts.contains(&host)));
    };
    match topology {
        Topology::Any => true,
        Topology::SameEntity => seen.named,
        Topology::CallsCase => {
            let callees = calls.range((entity, 0)..=(entity, u32::MAX));
            callees.into_iter().any(|(_, callee)| named.contains(callee))
        }
        Topology::CalledByCase => named.iter().any(|caller| calls.contains(&(*caller, entity))),
        Topology::SameHost => seen.host.is_some_and(|host| hosts.contains(&host)),
    }
}

/// Stretches of events, one key and in order of time, of which each lies within the time of so many others.
/// Stretches that touch are one.
fn crowded<'s>(group: &'s [Seen], checked: &Checked) -> Vec<&'s [Seen]> {
    let mut stretches: Vec<(usize, usize)> = Vec::new();
    let mut first = 0;
    for (last, seen) in group.iter().enumerate() {
        while group.get(first).is_some_and(|f| seen.time.saturating_sub(f.time) > checked.within) {
            first += 1;
        }
        if last + 1 - first >= checked.rule.at_least {
            match stretches.last_mut() {
                // Windows that share an event are one crowd.
                Some((_, end)) if *end > first => *end = last + 1,
                _ => stretches.push((first, last + 1)),
            }
        }
    }
    stretches.into_iter().filter_map(|(start, end)| group.get(start..end)).collect()
}

fn reason(checked: &Checked, values: &[String]) -> LinkReason {
    let rule = &checked.rule;
    let mut detail = format!("rule {}", rule.name);
    if let Some(reason) = &rule.reason {
        detail = format!("{detail}: {reason}");
    }
    if !values.is_empty() {
        let same: Vec<String> =
            rule.same.iter().zip(values).map(|(name, value)| format!("{name} {value}")).collect();
        detail = format!("{detail} ({})", same.join(", "));
    }
    LinkReason { rule: LinkRule::Custom, score: Confidence::saturating(rule.confidence), detail }
}
