//! Charts of lines and dots.

use chrono::{DateTime, Utc};

use super::layout::{Kind, LEFT, Layout, Shape, WIDTH, part};
use super::text::{ACCENT, ALARM, Colour, GREY, PALE, RULE, Style};
use crate::model::{Event, Severity, Source};
use crate::report::canvas::{Canvas, SeriesView};

const AXIS: Style = Style { size: 7.5, ..Style::QUIET };
/// Height of a lane of the timeline, and of all of it at most.
const LANE: f32 = 34.0;
pub(super) const TIMELINE: f32 = LANE * LANES.len() as f32 + AROUND;
/// Axis and legend.
const AROUND: f32 = 62.0;
/// Height of the chart of a metric, and of a row of them with the words above.
const METRIC: f32 = 128.0;
pub(super) const METRICS: f32 = METRIC + 14.0 + 18.0;
/// Marks of an axis of time, at most.
const TICKS: i64 = 8;

/// A stretch of time upon a stretch of paper.
#[derive(Debug, Clone, Copy)]
struct Scale {
    from: i64,
    to: i64,
    left: f32,
    right: f32,
}

impl Scale {
    fn x(&self, millis: i64) -> f32 {
        let share = (millis - self.from) as f64 / (self.to - self.from).max(1) as f64;
        self.left + (self.right - self.left) * part(share)
    }

    fn has(&self, millis: i64) -> bool {
        (self.from..=self.to).contains(&millis)
    }

    /// The marks of the axis with their words.
    fn ticks(&self, most: i64) -> Vec<(f32, String)> {
        let span = self.to.saturating_sub(self.from).max(1);
        let day = 86_400_000;
        let steps = STEPS.iter().map(|seconds| seconds * 1000);
        let step =
            steps.clone().find(|step| span / step <= most).unwrap_or(span / day / most * day + day);
        let format = match step {
            s if s >= day => "%d %b",
            s if s < 60_000 => "%H:%M:%S",
            _ => "%H:%M",
        };
        let first = self.from.div_euclid(step) * step + step;
        let times = (0..=most).map(|place| first + place * step).filter(|time| self.has(*time));
        times
            .filter_map(|time| {
                let words = DateTime::from_timestamp_millis(time)?.format(format).to_string();
                Some((self.x(time), words))
            })
            .collect()
    }
}

/// Distances between marks, in seconds.
const STEPS: [i64; 17] =
    [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];

/// Lanes of the timeline.
const LANES: [&str; 4] = ["Changes", "Alerts", "Telemetry", "Other"];

fn lane(event: &Event) -> usize {
    match event.source() {
        Source::Git | Source::Ci | Source::Deploy | Source::Flag => 0,
        Source::Alert => 1,
        Source::Logs | Source::Metrics | Source::Traces => 2,
        _ => 3,
    }
}

fn colour(severity: Severity) -> Colour {
    match severity {
        Severity::Info => Colour(0x9a, 0xa4, 0xb2),
        Severity::Low => Colour(0x4a, 0x7f, 0xb5),
        Severity::Medium => Colour(0xd9, 0x9a, 0x1b),
        Severity::High => Colour(0xd9, 0x62, 0x1b),
        Severity::Critical => ALARM,
    }
}

impl Layout<'_> {
    /// All events over the time that was looked at.
    pub(super) fn timeline_chart(&mut self, canvas: &Canvas, onset: Option<DateTime<Utc>>) {
        let window = canvas.analysis.window;
        let scale = Scale {
            from: window.start.timestamp_millis(),
            to: window.end.timestamp_millis(),
            left: LEFT + 58.0,
            right: LEFT + WIDTH,
        };
        let shown: Vec<&Event> = canvas
            .events
            .iter()
            .filter(|event| scale.has(event.timestamp().timestamp_millis()))
            .collect();
        let lanes: Vec<usize> = (0..LANES.len())
            .filter(|place| shown.iter().any(|event| lane(event) == *place))
            .collect();
        if lanes.is_empty() {
            return;
        }
        let tall = LANE;
        let height = tall * lanes.len() as f32;
        self.need(height + AROUND);
        let node = self.leaf(Kind::Figure(told(&shown, onset)));
        let top = self.y + 14.0;
        for (row, place) in lanes.iter().enumerate() {
            let y = top + tall * row as f32;
            if row % 2 == 0 {
                let (x, width) = (scale.left, scale.right - scale.left);
                self.draw(Some(node), Shape::Box { x, y, width, height: tall, colour: PALE });
            }
            let words = LANES.get(*place).copied().unwrap_or_default();
            self.text(node, LEFT, y + tall / 2.0 + 3.0, Style::LABEL, words);
        }
        self.time_axis(node, &scale, top, top + height, TICKS);
        for (row, place) in lanes.iter().enumerate() {
            let mut last = (f32::MIN, 0_u8);
            for event in shown.iter().filter(|event| lane(event) == *place) {
                let x = scale.x(event.timestamp().timestamp_millis());
                // Dots that would cover each other stand above each other.
                last = if x - last.0 < 4.0 { (last.0, (last.1 + 1) % 5) } else { (x, 0) };
                let y = top + tall * row as f32 + tall - 5.0 - 6.0 * f32::from(last.1);
                let dot = Shape::Dot { x, y, radius: 2.3, colour: colour(event.severity()) };
                self.draw(Some(node), dot);
            }
        }
        self.onset_mark(node, &scale, top, top + height, onset);
        self.y = top + height + 26.0;
        let mut x = scale.left;
        for severity in Severity::ALL {
            self.draw(
                Some(node),
                Shape::Dot { x: x + 3.0, y: self.y - 2.6, radius: 2.3, colour: colour(severity) },
            );
            self.text(node, x + 9.0, self.y, AXIS, severity.as_str());
            x += 24.0 + self.width_of(AXIS, severity.as_str());
        }
        self.space(12.0);
    }

    fn time_axis(&mut self, node: usize, scale: &Scale, top: f32, bottom: f32, most: i64) {
        for (x, words) in scale.ticks(most) {
            let points = vec![(x, top), (x, bottom + 3.0)];
            self.draw(Some(node), Shape::Line { points, width: 0.4, colour: RULE, dashed: false });
            let wide = self.width_of(AXIS, &words);
            let x = (x - wide / 2.0).clamp(scale.left - 10.0, scale.right - wide);
            self.text(node, x, bottom + 11.0, AXIS, words);
        }
        let points = vec![(scale.left, bottom), (scale.right, bottom)];
        self.draw(Some(node), Shape::Line { points, width: 0.6, colour: GREY, dashed: false });
    }

    fn onset_mark(
        &mut self,
        node: usize,
        scale: &Scale,
        top: f32,
        bottom: f32,
        onset: Option<DateTime<Utc>>,
    ) {
        let Some(onset) = onset.filter(|time| scale.has(time.timestamp_millis())) else { return };
        let x = scale.x(onset.timestamp_millis());
        let points = vec![(x, top - 3.0), (x, bottom)];
        self.draw(Some(node), Shape::Line { points, width: 1.0, colour: ALARM, dashed: true });
        let words = format!("began {}", onset.format("%H:%M:%S"));
        let style = AXIS.colour(ALARM);
        let wide = self.width_of(style, &words);
        let x = (x - wide / 2.0).clamp(scale.left, scale.right - wide);
        self.text(node, x, top - 5.0, style, words);
    }

    /// Two charts in a row.
    pub(super) fn metric_charts(&mut self, series: &[&SeriesView], onset: Option<DateTime<Utc>>) {
        let (gap, tall) = (22.0, METRIC);
        let wide = (WIDTH - gap) / 2.0;
        for pair in series.chunks(2) {
            self.need(tall + 14.0);
            for (place, series) in pair.iter().enumerate() {
                self.metric_chart(series, LEFT + (wide + gap) * place as f32, wide, tall, onset);
            }
            self.y += tall + 14.0;
        }
    }

    fn metric_chart(
        &mut self,
        series: &SeriesView,
        left: f32,
        wide: f32,
        tall: f32,
        onset: Option<DateTime<Utc>>,
    ) {
        let pairs = series.times.iter().zip(&series.values);
        let points: Vec<(i64, f64)> = pairs
            .filter(|(_, value)| value.is_finite())
            .map(|(time, value)| (*time, *value))
            .collect();
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
        let low = points.iter().map(|(_, value)| *value).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(|(_, value)| *value).fold(f64::NEG_INFINITY, f64::max);
        // Counts and shares begin at zero unless that flattens what moved.
        let low = if low > 0.0 && low < high * 0.7 { 0.0 } else { low };
        let room = if high > low { high - low } else { high.abs().max(1.0) };
        let scale = Scale { from: first.0, to: last.0, left: left + 34.0, right: left + wide };
        let change = change(series);
        let alt = format!("Chart of {} of {}: {change}", series.metric, series.entity);
        let node = self.leaf(Kind::Figure(alt));
        let title = self.fitted(Style { size: 9.5, ..Style::STRONG }, &series.metric, wide);
        self.text(node, left, self.y + 9.0, Style { size: 9.5, ..Style::STRONG }, title);
        let below = format!("{}: {change}", series.entity);
        let below = self.fitted(AXIS, &below, wide);
        self.text(node, left, self.y + 19.0, AXIS, below);
        let (top, bottom) = (self.y + 36.0, self.y + tall - 16.0);
        for share in [0.0, 0.5, 1.0] {
            let y = bottom - (bottom - top) * part(share);
            let grid = vec![(scale.left, y), (scale.right, y)];
            self.draw(
                Some(node),
                Shape::Line { points: grid, width: 0.4, colour: RULE, dashed: false },
            );
            let words = short(low + room * share);
            let x = scale.left - 4.0 - self.width_of(AXIS, &words);
            self.text(node, x, y + 2.5, AXIS, words);
        }
        self.time_axis(node, &scale, top, bottom, 4);
        let line = points.iter().map(|(time, value)| {
            let share = part((value - low) / room);
            (scale.x(*time), bottom - (bottom - top) * share)
        });
        let points = line.collect();
        self.draw(Some(node), Shape::Line { points, width: 1.1, colour: ACCENT, dashed: false });
        self.onset_mark(node, &scale, top, bottom, onset);
    }
}

/// What a chart of a metric shows, in words.
fn change(series: &SeriesView) -> String {
    match (series.before, series.after) {
        (Some(before), Some(after)) => format!("{} before, {} after", short(before), short(after)),
        _ => "no clear change".to_owned(),
    }
}

/// What the timeline shows, in words.
fn told(shown: &[&Event], onset: Option<DateTime<Utc>>) -> String {
    let counts = LANES.iter().enumerate().filter_map(|(place, name)| {
        let count = shown.iter().filter(|event| lane(event) == place).count();
        (count > 0).then(|| format!("{count} of {}", name.to_lowercase()))
    });
    let counts: Vec<String> = counts.collect();
    let began = onset.map(|time| format!("; it began {}", time.format("%Y-%m-%d %H:%M:%S UTC")));
    format!("Timeline of events: {}{}", counts.join(", "), began.unwrap_or_default())
}

/// A number for an axis: three digits and a letter for its size.
fn short(value: f64) -> String {
    let size = value.abs();
    let (scaled, letter) = match size {
        s if s >= 1e12 => return format!("{value:.1e}"),
        s if s >= 1e9 => (value / 1e9, "G"),
        s if s >= 1e6 => (value / 1e6, "M"),
        s if s >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let digits = match scaled.abs() {
        s if s >= 100.0 || s == 0.0 => 0,
        s if s >= 10.0 => 1,
        s if s >= 0.1 => 2,
        s if s >= 0.001 => 4,
        _ => return format!("{scaled:.1e}"),
    };
    let text = format!("{scaled:.digits$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{letter}")
}
