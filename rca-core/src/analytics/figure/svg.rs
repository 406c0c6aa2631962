//! Charts as SVG.

use std::fmt::Write as _;

use chrono::Duration;

use super::chart::{Chart, ChartKind, Unit};
use super::table::{decimal, precise};

const WIDTH: f64 = 720.0;
const EDGE: f64 = 16.0;
/// Room for the title and the legend.
const HEAD: f64 = 64.0;
const TEXT: f64 = 12.0;
/// Widest a character of the text is taken to be.
const CHARACTER: f64 = 6.6;
/// Height of the plane on which columns and lines stand.
const PLANE: f64 = 220.0;
/// Longest label, in characters.
const MOST_CHARACTERS: usize = 28;

/// Okabe and Ito's eight, yellow last.
const COLOURS: [&str; Chart::MOST_SERIES] =
    ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#999999", "#f0e442"];

pub(super) fn draw(chart: &Chart) -> String {
    let mut page = Page { chart, body: String::new(), height: HEAD };
    page.head();
    if page.groups() == 0 || page.series() == 0 || page.largest() <= 0.0 {
        page.text(EDGE, HEAD + 24.0, "start", "soft", "nothing to show");
        page.height += 48.0;
    } else {
        match chart.kind {
            ChartKind::Bars => page.bars(),
            ChartKind::Stacked => page.plane(Page::columns),
            ChartKind::Lines => page.plane(Page::lines),
        }
    }
    page.finish()
}

struct Page<'a> {
    chart: &'a Chart,
    body: String,
    height: f64,
}

impl Page<'_> {
    fn groups(&self) -> usize {
        self.chart.labels.len().min(Chart::MOST_GROUPS)
    }

    fn series(&self) -> usize {
        self.chart.series.len().min(Chart::MOST_SERIES)
    }

    /// The value of a series in a group; what is no number is not there.
    fn value(&self, series: usize, group: usize) -> Option<f64> {
        let value = self.chart.series.get(series)?.values.get(group).copied().flatten()?;
        (value.is_finite() && value >= 0.0).then_some(value)
    }

    fn stack(&self, group: usize) -> f64 {
        (0..self.series()).filter_map(|series| self.value(series, group)).sum()
    }

    fn largest(&self) -> f64 {
        let groups = 0..self.groups();
        if self.chart.kind == ChartKind::Stacked {
            return groups.map(|group| self.stack(group)).fold(0.0, f64::max);
        }
        let values = groups.flat_map(|g| (0..self.series()).filter_map(move |s| self.value(s, g)));
        values.fold(0.0, f64::max)
    }

    fn label(&self, group: usize) -> String {
        let label = self.chart.labels.get(group).map_or("", String::as_str);
        let label = if label.is_empty() { "(none)" } else { label };
        if label.chars().count() <= MOST_CHARACTERS {
            return label.to_owned();
        }
        label.chars().take(MOST_CHARACTERS - 1).chain(['…']).collect()
    }

    fn head(&mut self) {
        let title = self.chart.title.clone();
        let _ = writeln!(
            self.body,
            r#"<text class="title" x="{EDGE}" y="26">{}</text>"#,
            escaped(&title)
        );
        let mut x = EDGE;
        let names: Vec<String> = self
            .chart
            .series
            .iter()
            .take(self.series())
            .map(|series| series.name.clone())
            .collect();
        for (name, colour) in names.iter().zip(COLOURS) {
            let _ = writeln!(
                self.body,
                r#"<rect x="{x:.1}" y="38" width="10" height="10" rx="2" fill="{colour}"/>"#
            );
            self.text(x + 15.0, 47.0, "start", "soft", name);
            x += 15.0 + width_of(name) + 16.0;
        }
        let hidden = [
            (self.chart.labels.len() - self.groups(), "groups"),
            (self.chart.series.len() - self.series(), "series"),
        ];
        for (count, what) in hidden.into_iter().filter(|(count, _)| *count > 0) {
            self.text(x, 47.0, "start", "soft", &format!("{count} more {what} not shown"));
            x += 160.0;
        }
    }

    fn bars(&mut self) {
        const BAR: f64 = 14.0;
        let labels: Vec<String> = (0..self.groups()).map(|group| self.label(group)).collect();
        let widest = labels.iter().map(|label| width_of(label)).fold(0.0, f64::max);
        let left = EDGE + widest + 10.0;
        let room = WIDTH - left - EDGE - 72.0;
        let scale = room / self.largest();
        let mut y = HEAD + 4.0;
        for (group, label) in labels.iter().enumerate() {
            let block = BAR * self.series() as f64;
            self.text(left - 10.0, y + block / 2.0 + 4.0, "end", "", label);
            for series in 0..self.series() {
                let top = y + BAR * series as f64;
                let Some(value) = self.value(series, group) else {
                    self.text(left + 6.0, top + 10.5, "start", "soft", "-");
                    continue;
                };
                let said = in_words(value, self.chart.unit);
                let name = self.chart.series[series].name.clone();
                let tip = format!("{label}, {name}: {said}");
                self.bar((left, top, value * scale, BAR - 3.0), series, &tip);
                self.text(left + value * scale + 6.0, top + 10.5, "start", "soft", &said);
            }
            y += block + 10.0;
        }
        self.height = y + 6.0;
    }

    /// Axis, lines at round values and labels below; `draw` fills it.
    fn plane(&mut self, draw: fn(&mut Self, &Plane)) {
        let step = round_step(self.largest() / 4.0, self.chart.unit);
        let lines = (self.largest() / step).ceil().max(1.0);
        let said: Vec<(f64, String)> = (0..=100_u8)
            .map(f64::from)
            .take_while(|n| *n <= lines)
            .map(|n| (n * step, in_words(n * step, self.chart.unit)))
            .collect();
        let left = EDGE + said.iter().map(|(_, text)| width_of(text)).fold(0.0, f64::max) + 10.0;
        let plane = Plane {
            left,
            bottom: HEAD + 12.0 + PLANE,
            step: (WIDTH - left - EDGE) / self.groups() as f64,
            scale: PLANE / (lines * step),
        };
        for (value, text) in &said {
            let y = plane.y(*value);
            let right = WIDTH - EDGE;
            let _ = writeln!(
                self.body,
                r#"<line class="grid" x1="{left:.1}" y1="{y:.1}" x2="{right:.1}" y2="{y:.1}"/>"#
            );
            self.text(left - 8.0, y + 4.0, "end", "soft", text);
        }
        draw(self, &plane);
        let widest = (0..self.groups()).map(|g| width_of(&self.label(g))).fold(0.0, f64::max);
        let every = 1 + whole((widest + 10.0) / plane.step);
        for group in (0..self.groups()).step_by(every) {
            let label = self.label(group);
            self.text(plane.middle(group), plane.bottom + 18.0, "middle", "soft", &label);
        }
        self.height = plane.bottom + 32.0;
    }

    fn columns(&mut self, plane: &Plane) {
        let wide = (plane.step * 0.72).min(56.0);
        for group in 0..self.groups() {
            let mut below = 0.0;
            for series in 0..self.series() {
                let Some(value) = self.value(series, group).filter(|value| *value > 0.0) else {
                    continue;
                };
                let (label, name) = (self.label(group), self.chart.series[series].name.clone());
                let tip = format!("{label}, {name}: {}", in_words(value, self.chart.unit));
                let left = plane.middle(group) - wide / 2.0;
                let high = value * plane.scale;
                self.bar((left, plane.y(below + value), wide, high), series, &tip);
                below += value;
            }
        }
    }

    fn lines(&mut self, plane: &Plane) {
        for (series, colour) in COLOURS.iter().enumerate().take(self.series()) {
            let name = self.chart.series[series].name.clone();
            let mut path = String::new();
            let mut points = String::new();
            let mut joined = false;
            for group in 0..self.groups() {
                let Some(value) = self.value(series, group) else {
                    joined = false;
                    continue;
                };
                let (x, y) = (plane.middle(group), plane.y(value));
                let _ = write!(path, "{}{x:.1} {y:.1}", if joined { "L" } else { "M" });
                joined = true;
                let tip = in_words(value, self.chart.unit);
                let tip = escaped(&format!("{}, {name}: {tip}", self.label(group)));
                let _ = writeln!(
                    points,
                    r#"<circle cx="{x:.1}" cy="{y:.1}" r="3" fill="{colour}"><title>{tip}</title></circle>"#
                );
            }
            let _ = writeln!(
                self.body,
                r#"<path d="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>"#
            );
            self.body.push_str(&points);
        }
    }

    fn bar(&mut self, (x, y, wide, high): (f64, f64, f64, f64), series: usize, tip: &str) {
        let _ = writeln!(
            self.body,
            r#"<rect x="{x:.1}" y="{y:.1}" width="{:.1}" height="{:.1}" rx="2" fill="{}"><title>{}</title></rect>"#,
            wide.max(1.0),
            high.max(1.0),
            COLOURS[series],
            escaped(tip)
        );
    }

    fn text(&mut self, x: f64, y: f64, anchor: &str, class: &str, text: &str) {
        let _ = writeln!(
            self.body,
            r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{}</text>"#,
            escaped(text)
        );
    }

    fn finish(self) -> String {
        let (title, description) = (escaped(&self.chart.title), escaped(&self.chart.description));
        let height = self.height;
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0}" width="{WIDTH}" height="{height:.0}" role="img" aria-labelledby="title description">
<title id="title">{title}</title>
<desc id="description">{description}</desc>
<style>text{{font:{TEXT}px system-ui,sans-serif;fill:#24292f}}.title{{font-size:15px;font-weight:600}}.soft{{fill:#5b646e}}.grid{{stroke:#8b949e;stroke-opacity:.3}}@media(prefers-color-scheme:dark){{text{{fill:#e6edf3}}.soft{{fill:#a9b3bd}}}}</style>
{}</svg>
"#,
            self.body
        )
    }
}

/// Where values lie on the page.
struct Plane {
    left: f64,
    bottom: f64,
    /// Room of a group.
    step: f64,
    scale: f64,
}

impl Plane {
    fn y(&self, value: f64) -> f64 {
        self.bottom - value * self.scale
    }

    fn middle(&self, group: usize) -> f64 {
        self.left + self.step * (group as f64 + 0.5)
    }
}

/// The round number that is not below: 1, 2 or 5 times a power of ten, or what clocks count in.
fn round_step(least: f64, unit: Unit) -> f64 {
    const CLOCK: [f64; 16] = [
        1.0, 5.0, 15.0, 30.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 21_600.0, 43_200.0,
        86_400.0, 172_800.0, 432_000.0, 864_000.0,
    ];
    let clock = CLOCK.into_iter().find(|step| *step >= least);
    if let (Unit::Seconds, Some(step)) = (unit, clock) {
        return step;
    }
    let least = if unit == Unit::Count { least.max(1.0) } else { least };
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|n| n * power)
        .find(|n| *n >= least * 0.999)
        .unwrap_or(least)
}

fn in_words(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Count => decimal(value),
        Unit::Share => format!("{} %", decimal((value * 1000.0).round() / 10.0)),
        Unit::Seconds if value == 0.0 => "0".to_owned(),
        #[allow(clippy::cast_possible_truncation, reason = "`as` saturates; centuries are enough")]
        Unit::Seconds => precise(Duration::milliseconds(((value * 1000.0).min(1e15)) as i64)),
    }
}

fn width_of(text: &str) -> f64 {
    text.chars().count() as f64 * CHARACTER
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
fn whole(number: f64) -> usize {
    number as usize
}

/// Text that XML takes; what XML can't hold is left out.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\t' | '\n' | '\r' => safe.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::Series;
    use super::*;

    fn chart(kind: ChartKind) -> Chart {
        Chart {
            title: "a < b & \"c\"".to_owned(),
            description: "what it is".to_owned(),
            kind,
            unit: Unit::Seconds,
            labels: vec!["x".to_owned(), "<script>".to_owned(), String::new()],
            series: vec![
                Series {
                    name: "median".to_owned(),
                    values: vec![Some(60.0), None, Some(f64::NAN)],
                },
                Series { name: "p90".to_owned(), values: vec![Some(7200.0), Some(1.0)] },
            ],
        }
    }

    #[test]
    fn every_chart_is_well_formed_xml_with_a_title_and_a_description() {
        for kind in [ChartKind::Bars, ChartKind::Stacked, ChartKind::Lines] {
            let svg = chart(kind).to_svg();
            let mut reader = quick_xml::Reader::from_str(&svg);
            let mut names = Vec::new();
            loop {
                match reader.read_event().unwrap() {
                    quick_xml::events::Event::Start(tag) => {
                        names.push(tag.name().as_ref().to_owned());
                    }
                    quick_xml::events::Event::Eof => break,
                    _ => {}
                }
            }
            assert_eq!(names[..3], ["svg", "title", "desc"]);
            assert!(!svg.contains("<script>") && !svg.contains("NaN"), "{svg}");
            assert_eq!(svg, chart(kind).to_svg());
        }
    }

    #[test]
    fn a_chart_of_nothing_says_so() {
        let empty = Chart { labels: vec![], ..chart(ChartKind::Bars) };
        assert!(empty.to_svg().contains("nothing to show"));
    }

    #[test]
    fn more_than_fits_is_counted() {
        let labels: Vec<String> = (0..100).map(|n| format!("group {n}")).collect();
        let values = vec![Some(1.0); 100];
        let series = vec![Series { name: "count".to_owned(), values }];
        let svg = Chart { labels, series, ..chart(ChartKind::Stacked) }.to_svg();
        assert!(svg.contains("40 more groups not shown"), "{svg}");
    }

    #[test]
    fn steps_are_round() {
        assert_eq!(round_step(3.0, Unit::Count), 5.0);
        assert_eq!(round_step(0.2, Unit::Count), 1.0);
        assert_eq!(round_step(0.03, Unit::Share), 0.05);
        assert_eq!(round_step(2000.0, Unit::Seconds), 3600.0);
    }
}
