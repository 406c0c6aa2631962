//! From shapes to the bytes of a PDF: fonts embedded, every shape tagged, checked against PDF/UA-1.

use std::num::NonZeroU16;

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::color::rgb;
use krilla::configure::{Configuration, PdfVersion, Validator};
use krilla::destination::{Destination, XyzDestination};
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::tagging::{
    ArtifactType, ContentTag, Identifier, ListNumbering, TableHeaderScope, Tag, TagGroup, TagKind,
    TagTree,
};
use krilla::text::TextDirection;
use krilla::{Document, SerializeSettings};

use super::fonts::{Face, Fonts};
use super::layout::{Item, Kind, LEFT, Layout, Node, PAGE, Section, Shape, Sheet, Spot, WIDTH};
use super::text::{Colour, GREY, RULE, Style, one_line};
use crate::error::{Error, Result};

/// What the document says about itself.
pub(super) struct About {
    pub(super) title: String,
    pub(super) subject: String,
    pub(super) created: Option<DateTime<Utc>>,
}

/// Whether the document has to be accessible by PDF/UA-1, or only as far as its texts allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Required,
    Tried,
}

/// Writes the pages.
pub(super) fn write(layout: &Layout<'_>, about: &About, access: Access) -> Result<Vec<u8>> {
    let validator = match access {
        Access::Required => Validator::UA1,
        Access::Tried => Validator::None,
    };
    let mut document = Document::new_with(SerializeSettings {
        configuration: Configuration::new_with(validator, PdfVersion::Pdf17).unwrap_or_default(),
        ..SerializeSettings::default()
    });
    let mut drawn: Vec<Vec<Identifier>> = layout.nodes.iter().map(|_| Vec::new()).collect();
    let pages = layout.sheets.len();
    for (place, sheet) in layout.sheets.iter().enumerate() {
        let settings = PageSettings::from_wh(PAGE.0, PAGE.1).ok_or_else(|| failed("page size"))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        draw_sheet(&mut surface, layout.fonts, sheet, &mut drawn);
        draw_margins(&mut surface, layout.fonts, about, place + 1, pages);
        surface.finish();
        for spot in &sheet.spots {
            let Some(link) = link(spot, layout) else { continue };
            let identifier = page.add_tagged_annotation(link);
            if let Some(of_node) = drawn.get_mut(spot.node) {
                of_node.push(identifier);
            }
        }
        page.finish();
    }
    document.set_outline(outline(&layout.sections));
    document.set_metadata(metadata(about));
    document.set_tag_tree(tree(&layout.nodes, drawn));
    document.finish().map_err(|error| failed(&format!("{error:?}")))
}

fn failed(what: &str) -> Error {
    Error::Internal(format!("the PDF could not be written: {what}"))
}

/// Draws the shapes; those of one element in a row become one piece of marked content.
fn draw_sheet(
    surface: &mut Surface<'_>,
    fonts: &Fonts,
    sheet: &Sheet,
    drawn: &mut [Vec<Identifier>],
) {
    let mut rest = sheet.items.as_slice();
    while let Some(first) = rest.first() {
        let same = rest.iter().take_while(|item| item.node == first.node).count();
        let (now, later) = rest.split_at(same);
        rest = later;
        let tag = match first.node {
            Some(_) => ContentTag::Other,
            None => ContentTag::Artifact(ArtifactType::Other),
        };
        let identifier = surface.start_tagged(tag);
        for item in now {
            draw(surface, fonts, item);
        }
        surface.end_tagged();
        if let Some(of_node) = first.node.and_then(|node| drawn.get_mut(node)) {
            of_node.push(identifier);
        }
    }
}

fn draw(surface: &mut Surface<'_>, fonts: &Fonts, item: &Item) {
    match &item.shape {
        Shape::Text { x, y, style, text } => draw_text(surface, fonts, (*x, *y), *style, text),
        Shape::Box { x, y, width, height, colour } => {
            let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) else { return };
            let mut path = PathBuilder::new();
            path.push_rect(rect);
            filled(surface, path.finish(), *colour);
        }
        Shape::Line { points, width, colour, dashed } => {
            let mut path = PathBuilder::new();
            for (place, (x, y)) in points.iter().enumerate() {
                if place == 0 { path.move_to(*x, *y) } else { path.line_to(*x, *y) }
            }
            let Some(path) = path.finish() else { return };
            let dash = dashed.then(|| StrokeDash { array: vec![3.0, 2.5], offset: 0.0 });
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke {
                paint: paint(*colour).into(),
                width: *width,
                dash,
                ..Stroke::default()
            }));
            surface.draw_path(&path);
        }
        Shape::Dot { x, y, radius, colour } => filled(surface, circle(*x, *y, *radius), *colour),
    }
}

fn filled(surface: &mut Surface<'_>, path: Option<Path>, colour: Colour) {
    let Some(path) = path else { return };
    surface.set_stroke(None);
    surface.set_fill(Some(Fill { paint: paint(colour).into(), ..Fill::default() }));
    surface.draw_path(&path);
}

/// Four Bézier curves, which are a circle to the eye.
fn circle(x: f32, y: f32, radius: f32) -> Option<Path> {
    let near = radius * 0.552_284_8;
    let mut path = PathBuilder::new();
    path.move_to(x + radius, y);
    path.cubic_to(x + radius, y + near, x + near, y + radius, x, y + radius);
    path.cubic_to(x - near, y + radius, x - radius, y + near, x - radius, y);
    path.cubic_to(x - radius, y - near, x - near, y - radius, x, y - radius);
    path.cubic_to(x + near, y - radius, x + radius, y - near, x + radius, y);
    path.close();
    path.finish()
}

fn draw_text(
    surface: &mut Surface<'_>,
    fonts: &Fonts,
    (x, y): (f32, f32),
    style: Style,
    text: &str,
) {
    surface.set_stroke(None);
    surface.set_fill(Some(Fill { paint: paint(style.colour).into(), ..Fill::default() }));
    let mut x = x;
    for run in fonts.runs(style.face, text) {
        let Some(font) = fonts.font(run.face) else { continue };
        let direction =
            if run.leftward { TextDirection::RightToLeft } else { TextDirection::LeftToRight };
        surface.draw_text(
            Point::from_xy(x, y),
            font.clone(),
            style.size,
            &run.text,
            false,
            direction,
        );
        x += fonts.width(run.face, style.size, &run.text);
    }
}

fn paint(colour: Colour) -> rgb::Color {
    rgb::Color::new(colour.0, colour.1, colour.2)
}

/// Title above, page number below; the first page has its title in large.
fn draw_margins(
    surface: &mut Surface<'_>,
    fonts: &Fonts,
    about: &About,
    page: usize,
    pages: usize,
) {
    let style = Style { face: Face::Regular, size: 8.5, colour: GREY };
    if page > 1 {
        surface.start_tagged(ContentTag::Artifact(ArtifactType::Header));
        let title = one_line(fonts, style, &about.title, WIDTH);
        draw_text(surface, fonts, (LEFT, 46.0), style, &title);
        let points = vec![(LEFT, 53.0), (LEFT + WIDTH, 53.0)];
        let line = Shape::Line { points, width: 0.4, colour: RULE, dashed: false };
        draw(surface, fonts, &Item { node: None, shape: line });
        surface.end_tagged();
    }
    surface.start_tagged(ContentTag::Artifact(ArtifactType::Footer));
    let number = format!("{page} / {pages}");
    let x = LEFT + WIDTH - fonts.width(style.face, style.size, &number);
    draw_text(surface, fonts, (x, PAGE.1 - 36.0), style, &number);
    draw_text(surface, fonts, (LEFT, PAGE.1 - 36.0), style, "Incident report");
    surface.end_tagged();
}

fn link(spot: &Spot, layout: &Layout<'_>) -> Option<Annotation> {
    let Kind::Link(section) = layout.nodes.get(spot.node)?.kind else { return None };
    let section = layout.sections.get(section)?;
    let rect = Rect::from_xywh(spot.x, spot.y, spot.width, spot.height)?;
    let target = Target::Destination(Destination::Xyz(destination(section)));
    Some(Annotation::new_link(
        LinkAnnotation::new(rect, target),
        Some(format!("To {}", section.title)),
    ))
}

fn destination(section: &Section) -> XyzDestination {
    XyzDestination::new(section.page, Point::from_xy(0.0, (section.y - 20.0).max(0.0)))
}

fn outline(sections: &[Section]) -> Outline {
    let mut outline = Outline::new();
    for section in sections {
        outline.push_child(OutlineNode::new(section.title.clone(), destination(section)));
    }
    outline
}

/// Without a time the same report has the same bytes.
fn metadata(about: &About) -> Metadata {
    let metadata = Metadata::new()
        .title(about.title.clone())
        .description(about.subject.clone())
        .language("en".to_owned())
        .creator("rca".to_owned());
    let Some(time) = about.created else { return metadata };
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    let Ok(year) = u16::try_from(time.year()) else { return metadata };
    let date = krilla::metadata::DateTime::new(year)
        .month(small(time.month()))
        .day(small(time.day()))
        .hour(small(time.hour()))
        .minute(small(time.minute()))
        .second(small(time.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    metadata.creation_date(date)
}

/// The tree that screen readers read. Elements come before what they contain, so it grows from the end.
fn tree(nodes: &[Node], drawn: Vec<Vec<Identifier>>) -> TagTree {
    let mut groups: Vec<Vec<TagGroup>> = nodes.iter().map(|_| Vec::new()).collect();
    let mut top = Vec::new();
    for (place, (node, drawn)) in nodes.iter().zip(drawn).enumerate().rev() {
        let mut group = TagGroup::new(kind(&node.kind));
        drawn.into_iter().for_each(|identifier| group.push(identifier));
        let within = groups.get_mut(place).map(std::mem::take).unwrap_or_default();
        within.into_iter().rev().for_each(|child| group.push(child));
        match node.parent.and_then(|parent| groups.get_mut(parent)) {
            Some(siblings) => siblings.push(group),
            None => top.push(group),
        }
    }
    let mut tree = TagTree::new().with_lang(Some("en".to_owned()));
    top.into_iter().rev().for_each(|group| tree.push(group));
    tree
}

fn kind(kind: &Kind) -> TagKind {
    let level = |level: u16| NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
    match kind {
        Kind::Title => Tag::Title.into(),
        Kind::Heading(number, words) => Tag::Hn(level(*number), Some(words.clone())).into(),
        Kind::Paragraph => Tag::P.into(),
        Kind::List => Tag::L(ListNumbering::None).into(),
        Kind::ListItem => Tag::LI.into(),
        Kind::Label => Tag::Lbl.into(),
        Kind::Body => Tag::LBody.into(),
        Kind::Table(about) => Tag::Table.with_summary(Some(about.clone())).into(),
        Kind::Row => Tag::TR.into(),
        Kind::HeadCell => Tag::TH(TableHeaderScope::Column).into(),
        Kind::RowHead => Tag::TH(TableHeaderScope::Row).into(),
        Kind::Cell => Tag::TD.into(),
        Kind::Figure(alt) => Tag::Figure(Some(alt.clone())).into(),
        Kind::Contents => Tag::TOC.into(),
        Kind::ContentsItem => Tag::TOCI.into(),
        Kind::Link(_) => Tag::Link.into(),
    }
}
