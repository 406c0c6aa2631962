//! Pages as lists of shapes, and the structure that says what they mean.
//!
//! The whole document is laid out before a byte is written: page numbers and the table of contents need its end.

use super::fonts::Fonts;
use super::text::{ACCENT, Colour, RULE, Style, one_line, wrap};

/// A4, in points.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
pub(super) const LEFT: f32 = 62.0;
pub(super) const WIDTH: f32 = PAGE.0 - 2.0 * LEFT;
pub(super) const TOP: f32 = 78.0;
pub(super) const BOTTOM: f32 = PAGE.1 - 68.0;

/// A share of a whole, from 0 to 1, as paper counts.
#[allow(clippy::cast_possible_truncation, reason = "seven digits are more than paper shows")]
pub(super) fn part(share: f64) -> f32 {
    if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) as f32 }
}

/// Something drawn. Coordinates are points from the top left.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// `y` is the base line.
    Text {
        x: f32,
        y: f32,
        style: Style,
        text: String,
    },
    Box {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        colour: Colour,
    },
    Line {
        points: Vec<(f32, f32)>,
        width: f32,
        colour: Colour,
        dashed: bool,
    },
    Dot {
        x: f32,
        y: f32,
        radius: f32,
        colour: Colour,
    },
}

/// A shape and what it belongs to; nothing for decoration, which readers skip.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) node: Option<usize>,
    pub(super) shape: Shape,
}

/// What an element of the document is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Title,
    /// Its level and words.
    Heading(u16, String),
    Paragraph,
    List,
    ListItem,
    Label,
    Body,
    Table(String),
    Row,
    HeadCell,
    RowHead,
    Cell,
    Figure(String),
    Contents,
    ContentsItem,
    /// To a section, by its number.
    Link(usize),
}

/// An element.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) parent: Option<usize>,
}

/// A place that the contents and the outline name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) page: usize,
    pub(super) y: f32,
}

/// A place to click: rectangle, node of the link.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spot {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
    pub(super) node: usize,
}

/// A page.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sheet {
    pub(super) items: Vec<Item>,
    pub(super) spots: Vec<Spot>,
}

/// The document while it is laid out.
pub(super) struct Layout<'f> {
    pub(super) fonts: &'f Fonts,
    pub(super) sheets: Vec<Sheet>,
    pub(super) nodes: Vec<Node>,
    pub(super) sections: Vec<Section>,
    /// Where the next thing goes.
    pub(super) y: f32,
    /// The element that new elements belong to.
    inside: Option<usize>,
}

impl<'f> Layout<'f> {
    pub(super) fn new(fonts: &'f Fonts) -> Self {
        Self {
            fonts,
            sheets: vec![Sheet::default()],
            nodes: Vec::new(),
            sections: Vec::new(),
            y: TOP,
            inside: None,
        }
    }

    /// Begins an element; what is begun before [`Layout::close`] belongs to it.
    pub(super) fn open(&mut self, kind: Kind) -> usize {
        let node = self.leaf(kind);
        self.inside = Some(node);
        node
    }

    /// An element that only has shapes.
    pub(super) fn leaf(&mut self, kind: Kind) -> usize {
        self.nodes.push(Node { kind, parent: self.inside });
        self.nodes.len() - 1
    }

    pub(super) fn close(&mut self) {
        self.inside =
            self.inside.and_then(|node| self.nodes.get(node)).and_then(|node| node.parent);
    }

    pub(super) fn draw(&mut self, node: Option<usize>, shape: Shape) {
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.items.push(Item { node, shape });
        }
    }

    pub(super) fn text(
        &mut self,
        node: usize,
        x: f32,
        y: f32,
        style: Style,
        text: impl Into<String>,
    ) {
        let text = text.into();
        if !text.is_empty() {
            self.draw(Some(node), Shape::Text { x, y, style, text });
        }
    }

    pub(super) fn new_page(&mut self) {
        self.sheets.push(Sheet::default());
        self.y = TOP;
    }

    /// Goes to a new page when this one has less room.
    pub(super) fn need(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.new_page();
        }
    }

    pub(super) fn space(&mut self, height: f32) {
        self.y += height;
    }

    /// Begins a section of the contents. What it begins with, `room` high, is on the same page as its heading.
    pub(super) fn section(&mut self, title: &str, room: f32) {
        self.need(52.0 + room);
        if self.y > TOP {
            self.space(16.0);
        }
        let number = self.sections.len() + 1;
        let page = self.sheets.len() - 1;
        self.sections.push(Section { title: title.to_owned(), page, y: self.y });
        let node = self.leaf(Kind::Heading(1, title.to_owned()));
        let style = Style { size: 17.0, ..Style::STRONG.colour(ACCENT) };
        self.y += 17.0;
        self.text(node, LEFT, self.y, style, format!("{number}  {title}"));
        self.y += 7.0;
        let points = vec![(LEFT, self.y), (LEFT + WIDTH, self.y)];
        self.draw(None, Shape::Line { points, width: 0.6, colour: RULE, dashed: false });
        self.y += 12.0;
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.need(64.0);
        let style = Style { size: 12.5, ..Style::STRONG };
        let lines = wrap(self.fonts, style, text, WIDTH, 3);
        let node = self.leaf(Kind::Heading(2, lines.join(" ")));
        self.lines(node, LEFT, style, &lines);
        self.space(3.0);
    }

    pub(super) fn paragraph(&mut self, style: Style, text: &str) {
        let lines = wrap(self.fonts, style, text, WIDTH, 60);
        let node = self.leaf(Kind::Paragraph);
        self.lines(node, LEFT, style, &lines);
        self.space(5.0);
    }

    /// Lines of text from the cursor on, over pages where they must.
    pub(super) fn lines(&mut self, node: usize, x: f32, style: Style, lines: &[String]) {
        for (place, line) in lines.iter().enumerate() {
            self.need(style.leading());
            self.y += style.leading();
            // A reader that joins the lines finds the words apart.
            let end = if place + 1 < lines.len() { " " } else { "" };
            self.text(node, x, self.y - 0.3 * style.size, style, format!("{line}{end}"));
        }
    }

    /// A list with marks; the mark stands left of each text.
    pub(super) fn list(&mut self, style: Style, items: &[(String, String)], indent: f32) {
        if items.is_empty() {
            return;
        }
        self.open(Kind::List);
        for (mark, text) in items {
            let lines = wrap(self.fonts, style, text, WIDTH - indent, 12);
            self.need(style.leading() * lines.len().min(2) as f32);
            self.open(Kind::ListItem);
            let label = self.leaf(Kind::Label);
            let baseline = self.y + style.leading() - 0.3 * style.size;
            self.text(label, LEFT + 2.0, baseline, style.colour(super::text::GREY), mark.as_str());
            let body = self.leaf(Kind::Body);
            if lines.is_empty() {
                self.space(style.leading());
            }
            self.lines(body, LEFT + indent, style, &lines);
            self.close();
            self.space(1.5);
        }
        self.close();
        self.space(4.0);
    }

    /// One line in a box of some width.
    pub(super) fn fitted(&self, style: Style, text: &str, width: f32) -> String {
        one_line(self.fonts, style, text, width)
    }

    pub(super) fn width_of(&self, style: Style, text: &str) -> f32 {
        self.fonts.width(style.face, style.size, text)
    }
}
