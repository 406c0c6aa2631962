//! Tables that go over pages, with their head repeated.

use super::layout::{BOTTOM, Kind, LEFT, Layout, Shape, WIDTH};
use super::text::{PALE, RULE, Style, wrap};

/// A column: its title, its part of the width, and how its texts look.
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) part: f32,
    pub(super) style: Style,
}

const PAD: f32 = 4.0;
/// Lines that one cell may have.
const LINES: usize = 8;

impl Layout<'_> {
    /// Draws a table; each row has a text for each column. What it is about is told to those who cannot see it.
    pub(super) fn table(&mut self, about: &str, columns: &[Column], rows: &[Vec<String>]) {
        self.open(Kind::Table(about.to_owned()));
        self.need(60.0);
        self.head(columns, true);
        for row in rows {
            let cells: Vec<Vec<String>> = columns
                .iter()
                .zip(row)
                .map(|(column, text)| {
                    // A cell without words would be missing from the structure.
                    let text = if text.trim().is_empty() { "–" } else { text };
                    wrap(self.fonts, column.style, text, column.part * WIDTH - 2.0 * PAD, LINES)
                })
                .collect();
            let tall = columns.iter().zip(&cells);
            let height = tall
                .map(|(column, lines)| column.style.leading() * lines.len().max(1) as f32)
                .fold(0.0, f32::max)
                + 5.0;
            if self.y + height > BOTTOM {
                self.new_page();
                self.head(columns, false);
            }
            self.row(columns, &cells, height);
        }
        self.close();
        self.space(10.0);
    }

    fn row(&mut self, columns: &[Column], cells: &[Vec<String>], height: f32) {
        self.open(Kind::Row);
        let mut x = LEFT;
        for (column, lines) in columns.iter().zip(cells) {
            let node = self.leaf(Kind::Cell);
            let mut y = self.y + 2.0;
            for (place, line) in lines.iter().enumerate() {
                y += column.style.leading();
                let end = if place + 1 < lines.len() { " " } else { "" };
                let text = format!("{line}{end}");
                self.text(node, x + PAD, y - 0.3 * column.style.size, column.style, text);
            }
            x += column.part * WIDTH;
        }
        self.close();
        self.y += height;
        let points = vec![(LEFT, self.y), (LEFT + WIDTH, self.y)];
        self.draw(None, Shape::Line { points, width: 0.4, colour: RULE, dashed: false });
    }

    /// The head; where it is repeated it means nothing new.
    fn head(&mut self, columns: &[Column], first: bool) {
        let height = Style::LABEL.leading() + 5.0;
        let band = Shape::Box { x: LEFT, y: self.y, width: WIDTH, height, colour: PALE };
        self.draw(None, band);
        let y = self.y + Style::LABEL.leading();
        if first {
            self.open(Kind::Row);
        }
        let mut x = LEFT;
        for column in columns {
            let node = first.then(|| self.leaf(Kind::HeadCell));
            let text = column.title.to_owned();
            self.draw(node, Shape::Text { x: x + PAD, y, style: Style::LABEL, text });
            x += column.part * WIDTH;
        }
        if first {
            self.close();
        }
        self.y += height;
    }
}
