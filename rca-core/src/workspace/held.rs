//! Telemetry of an inquiry in bounded memory: as it is while it is small, counted and thinned from there on.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::connectors::entities::Signals;
use crate::connectors::{Batch, Resolver};
use crate::detect::{Partial, Scope, is_kept};
use crate::model::{Alert, Entity, Event};
use crate::report::Facts;
use crate::signal::Telemetry;
use crate::time::TimeRange;
use crate::workspace::analysis::{
    Counts, Incident, analyze_found, as_events, counts, extent, findings,
};

/// Shares of the memory: telemetry as it is, what one piece of an input may take, and what is kept of log records and of
/// spans beyond. The rest is for what work takes for a moment.
const WHOLE: usize = 4;
const PIECE: usize = 16;
const KEPT: usize = 4;

/// Telemetry while it arrives.
pub(super) struct Held {
    memory: usize,
    window: Option<TimeRange>,
    /// All of it, or what came since it was folded last.
    whole: Telemetry,
    folded: Option<Folded>,
}

impl Held {
    /// Nothing yet. Once it is folded, log records outside of the window are left out.
    pub(super) fn new(memory: usize, window: Option<TimeRange>) -> Self {
        Self { memory, window, whole: Telemetry::default(), folded: None }
    }

    /// Folds all that comes, whatever its size.
    pub(super) fn folding(mut self) -> Self {
        self.folded();
        self
    }

    /// How much of one input should come at once.
    pub(super) fn piece(&self) -> usize {
        self.memory / PIECE
    }

    /// Takes a piece.
    pub(super) fn add(&mut self, piece: Telemetry) {
        match &mut self.folded {
            // Small ones are put together first: each folding costs something.
            Some(folded) if piece.held() >= self.memory / PIECE / 2 => folded.add(&piece),
            _ => {
                self.whole.append(piece);
                self.fold_where_large();
            }
        }
    }

    /// Takes what somebody else keeps.
    pub(super) fn look(&mut self, telemetry: &Telemetry) {
        if telemetry.held() > self.memory / WHOLE {
            self.folded().add(telemetry);
        } else {
            self.add(telemetry.clone());
        }
    }

    /// All of it, or what it was folded into.
    pub(super) fn finish(mut self) -> (Telemetry, Option<Folded>) {
        let whole = std::mem::take(&mut self.whole);
        match &mut self.folded {
            None => return (whole, None),
            Some(folded) => folded.add(&whole),
        }
        (Telemetry::default(), self.folded)
    }

    fn fold_where_large(&mut self) {
        if self.whole.held() > self.memory / WHOLE {
            let whole = std::mem::take(&mut self.whole);
            self.folded().add(&whole);
        }
    }

    fn folded(&mut self) -> &mut Folded {
        let (memory, window) = (self.memory, self.window);
        self.folded.get_or_insert_with(|| Folded::new(memory, window))
    }
}

/// What was read: events and account, and the telemetry in the batch or folded.
pub(super) struct Read {
    pub(super) batch: Batch,
    pub(super) folded: Option<Folded>,
}

impl Read {
    /// Gives every entity one name.
    pub(super) fn resolve(&mut self, resolver: &Resolver) -> BTreeMap<Entity, Entity> {
        let beside = self.folded.as_mut().map(|folded| folded as &mut dyn Signals);
        self.batch.resolve_with(resolver, beside)
    }

    /// Whether there is no telemetry.
    pub(super) fn is_silent(&self) -> bool {
        self.batch.telemetry.is_empty() && self.folded.as_ref().is_none_or(|f| f.facts.is_empty())
    }

    /// From the first to the last moment of telemetry.
    pub(super) fn signals_extent(&self) -> Option<(i64, i64)> {
        match &self.folded {
            Some(folded) => folded.facts.extent(),
            None => self.batch.telemetry.extent(),
        }
    }

    /// From the first to the last thing.
    pub(super) fn extent(&self) -> TimeRange {
        extent(&self.batch.events, self.signals_extent())
    }

    pub(super) fn counts(&self) -> Counts {
        match &self.folded {
            Some(Folded { facts, .. }) => (facts.metric_points, facts.spans, facts.log_records),
            None => counts(&self.batch.telemetry),
        }
    }

    /// What the detectors find within a window, as events.
    pub(super) fn findings(&mut self, window: TimeRange) -> Vec<Event> {
        match &mut self.folded {
            Some(folded) => folded.findings(&self.batch.events, window),
            None => findings(&self.batch.events, &self.batch.telemetry, window),
        }
    }

    /// The same beside other events than those that were read.
    pub(super) fn findings_beside(&mut self, events: &[Event], window: TimeRange) -> Vec<Event> {
        match &mut self.folded {
            Some(folded) => folded.findings(events, window),
            None => findings(events, &self.batch.telemetry, window),
        }
    }

    /// When it had begun, by what moved.
    pub(super) fn moved(&mut self) -> Option<DateTime<Utc>> {
        let window = self.extent();
        let found = self.findings(window);
        let analysis = analyze_found(&Incident::from(&self.batch), window, &found, &|_| Vec::new());
        analysis.onset.map(|onset| onset.not_after)
    }

    /// Puts what is left to look at into the batch, and says what the doctor asks of all of it.
    pub(super) fn settle(&mut self) -> Facts {
        let Some(folded) = self.folded.take() else { return Facts::of(&self.batch.telemetry) };
        let facts;
        (self.batch.telemetry, facts) = folded.into_parts();
        facts
    }
}

/// What is kept of telemetry that is too large.
pub(super) struct Folded {
    memory: usize,
    partial: Partial,
    pub(super) facts: Facts,
    /// Traces are kept whose hash begins with so many zeros.
    zeros: u32,
}

impl Folded {
    pub(super) fn new(memory: usize, window: Option<TimeRange>) -> Self {
        let partial = window.map_or_else(Partial::default, Partial::within);
        let partial = partial.with_memory(memory / KEPT);
        Self { memory, partial, facts: Facts::default(), zeros: 0 }
    }

    fn add(&mut self, telemetry: &Telemetry) {
        self.facts.add(telemetry);
        self.partial.absorb_logs(&telemetry.logs);
        if !telemetry.metrics.is_empty() {
            self.partial.absorb_metrics(&telemetry.metrics);
        }
        if telemetry.spans.is_empty() {
            return;
        }
        match self.zeros {
            0 => self.partial.absorb_spans(&telemetry.spans),
            zeros => {
                self.partial
                    .absorb_spans(&telemetry.spans.of_traces(|trace| is_kept(trace, zeros)));
            }
        }
        self.zeros = self.partial.thin_spans(self.memory / KEPT, self.zeros);
    }

    /// What the detectors find, as events.
    pub(super) fn findings(&mut self, events: &[Event], window: TimeRange) -> Vec<Event> {
        let mut scope = Scope::new(window);
        scope.alarm = events.iter().filter_map(Alert::from_event).map(|alert| alert.fired_at).min();
        as_events(&self.partial.find(&scope), window)
    }

    /// What is left to look at: metrics, the traces that were kept, and some log records of each kind.
    fn into_parts(mut self) -> (Telemetry, Facts) {
        let telemetry = self.partial.into_telemetry();
        self.facts.thinned = self.zeros;
        self.facts.see_calls(&telemetry.spans);
        (telemetry, self.facts)
    }

    /// The same telemetry, read once more, in place of what is kept.
    pub(super) fn replace(&mut self, mut other: Self, instead: &dyn Fn(&Entity) -> Option<Entity>) {
        Signals::rename(&mut other, &mut |entity| instead(entity));
        self.partial = other.partial;
        self.zeros = other.zeros;
    }
}

impl Signals for Folded {
    fn senders(&self) -> [BTreeSet<Entity>; 3] {
        let of = |names: &BTreeSet<String>| names.iter().map(Entity::service).collect();
        [of(&self.facts.spans_of), of(&self.facts.logs_of), self.facts.metrics_of.clone()]
    }

    fn rename(&mut self, instead: &mut dyn FnMut(&Entity) -> Option<Entity>) {
        self.partial.rename(instead);
        self.facts.rename(instead);
    }
}
