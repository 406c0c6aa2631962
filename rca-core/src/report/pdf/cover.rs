//! The first page: title, state, the answer, and what follows where.

use super::fonts::Face;
use super::layout::{Kind, LEFT, Layout, PAGE, Shape, Spot, WIDTH};
use super::text::{ACCENT, GREY, INK, PALE, RULE, Style, wrap};
use crate::report::canvas::Canvas;
use crate::report::review::ReviewFacts;

/// Where the numbers of the contents go once the pages are known.
pub(super) struct Contents {
    /// Node, base line, and number of the section.
    entries: Vec<(usize, f32, usize)>,
    titles: Vec<&'static str>,
}

const ENTRY: Style = Style { size: 11.0, ..Style::BODY };

impl Layout<'_> {
    /// Draws the first page with room for the contents.
    pub(super) fn cover(
        &mut self,
        canvas: &Canvas,
        facts: &ReviewFacts,
        titles: Vec<&'static str>,
    ) -> Contents {
        let band = Shape::Box { x: 0.0, y: 0.0, width: PAGE.0, height: 10.0, colour: ACCENT };
        self.draw(None, band);
        self.y = 70.0;
        let kicker = Style { size: 10.0, ..Style::LABEL.colour(ACCENT) };
        let node = self.leaf(Kind::Paragraph);
        self.text(node, LEFT, self.y, kicker, "INCIDENT REPORT");
        self.y += 10.0;
        let title = Style { face: Face::Bold, size: 25.0, colour: INK };
        let lines = wrap(self.fonts, title, &facts.title, WIDTH, 4);
        let node = self.leaf(Kind::Title);
        self.lines(node, LEFT, title, &lines);
        self.space(14.0);
        self.state(facts);
        self.space(18.0);
        self.answer(canvas);
        self.space(24.0);
        self.contents(titles)
    }

    /// State, times and people as a table without lines.
    fn state(&mut self, facts: &ReviewFacts) {
        let after = |time: &Option<String>, lasted: &Option<String>| match (time, lasted) {
            (Some(time), Some(lasted)) => Some(format!("{time} ({lasted} after it began)")),
            (time, _) => time.clone(),
        };
        let people: Vec<String> = facts
            .people
            .iter()
            .map(|person| format!("{} ({})", person.name, person.part))
            .collect();
        let severity = facts.severity.as_ref().map(|severity| match &facts.priority {
            Some(priority) => format!("{severity}, {priority}"),
            None => severity.clone(),
        });
        let rows = [
            ("Status", facts.status.clone()),
            ("Severity", severity),
            ("Began", facts.began.clone()),
            ("Detected", after(&facts.detected, &facts.time_to_detect)),
            ("Resolved", after(&facts.resolved, &facts.time_to_resolve)),
            ("People", Some(people.join(", ")).filter(|people| !people.is_empty())),
            ("Labels", Some(facts.tags.join(", ")).filter(|tags| !tags.is_empty())),
        ];
        self.open(Kind::Table("State, times and people of the incident".to_owned()));
        for (label, value) in rows.into_iter().filter_map(|(label, value)| Some((label, value?))) {
            self.open(Kind::Row);
            let head = self.leaf(Kind::RowHead);
            self.text(head, LEFT, self.y + 11.0, Style { size: 10.5, ..Style::LABEL }, label);
            let cell = self.leaf(Kind::Cell);
            let lines = wrap(self.fonts, Style::BODY, &value, WIDTH - 80.0, 2);
            self.lines(cell, LEFT + 80.0, Style::BODY, &lines);
            self.close();
            self.space(2.0);
        }
        self.close();
    }

    /// The answer in one sentence, in a box.
    fn answer(&mut self, canvas: &Canvas) {
        let style = Style { face: Face::Bold, size: 13.0, colour: INK };
        let lines = wrap(self.fonts, style, &canvas.headline, WIDTH - 32.0, 6);
        let height = style.leading() * lines.len() as f32 + 22.0;
        let y = self.y;
        self.draw(None, Shape::Box { x: LEFT, y, width: WIDTH, height, colour: PALE });
        self.draw(None, Shape::Box { x: LEFT, y, width: 3.5, height, colour: ACCENT });
        let node = self.leaf(Kind::Paragraph);
        self.y += 10.0;
        self.lines(node, LEFT + 18.0, style, &lines);
        self.y = y + height;
    }

    fn contents(&mut self, titles: Vec<&'static str>) -> Contents {
        let node = self.leaf(Kind::Heading(1, "Contents".to_owned()));
        self.y += 14.0;
        self.text(
            node,
            LEFT,
            self.y,
            Style { size: 13.0, ..Style::STRONG.colour(ACCENT) },
            "Contents",
        );
        self.space(10.0);
        self.open(Kind::Contents);
        let mut entries = Vec::new();
        for (section, title) in titles.iter().enumerate() {
            self.open(Kind::ContentsItem);
            let node = self.leaf(Kind::Link(section));
            self.y += 18.0;
            self.text(node, LEFT, self.y, ENTRY, format!("{}  {title}", section + 1));
            entries.push((node, self.y, section));
            self.close();
        }
        self.close();
        Contents { entries, titles }
    }

    /// Fills in the numbers of the pages.
    pub(super) fn finish_contents(&mut self, contents: &Contents) {
        for (node, y, section) in &contents.entries {
            let Some(found) = self.sections.get(*section) else { continue };
            let number = (found.page + 1).to_string();
            let title = contents.titles.get(*section).copied().unwrap_or_default();
            let from = LEFT + self.width_of(ENTRY, &format!("{}  {title}", section + 1)) + 8.0;
            let right = LEFT + WIDTH - self.width_of(ENTRY, &number);
            let points = vec![(from, *y), (right - 6.0, *y)];
            let text = Shape::Text { x: right, y: *y, style: ENTRY.colour(GREY), text: number };
            let Some(cover) = self.sheets.first_mut() else { return };
            let dots = Shape::Line { points, width: 0.4, colour: RULE, dashed: true };
            cover.items.push(super::layout::Item { node: None, shape: dots });
            cover.items.push(super::layout::Item { node: Some(*node), shape: text });
            let (x, top) = (LEFT, y - 12.0);
            cover.spots.push(Spot { x, y: top, width: WIDTH, height: 16.0, node: *node });
        }
    }
}
