//! Breaking texts into lines.

use super::fonts::{Face, Fonts};

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour(pub(super) u8, pub(super) u8, pub(super) u8);

pub(super) const INK: Colour = Colour(0x1f, 0x24, 0x30);
pub(super) const GREY: Colour = Colour(0x5b, 0x64, 0x74);
pub(super) const RULE: Colour = Colour(0xd5, 0xd9, 0xe0);
pub(super) const PALE: Colour = Colour(0xf2, 0xf4, 0xf7);
pub(super) const ACCENT: Colour = Colour(0x1f, 0x4e, 0x8c);
pub(super) const ALARM: Colour = Colour(0xb4, 0x23, 0x18);

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    pub(super) face: Face,
    pub(super) size: f32,
    pub(super) colour: Colour,
}

impl Style {
    pub(super) const BODY: Self = Self { face: Face::Regular, size: 10.5, colour: INK };
    pub(super) const STRONG: Self = Self { face: Face::Bold, size: 10.5, colour: INK };
    pub(super) const SMALL: Self = Self { face: Face::Regular, size: 9.0, colour: INK };
    pub(super) const QUIET: Self = Self { face: Face::Regular, size: 9.0, colour: GREY };
    pub(super) const LABEL: Self = Self { face: Face::Bold, size: 9.0, colour: GREY };

    pub(super) fn colour(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }

    /// From one line to the next.
    pub(super) fn leading(self) -> f32 {
        self.size * 1.35
    }
}

/// Characters that are laid out of one text; what is longer is no text for people.
const LONGEST: usize = 6_000;

/// The lines of a text. Words that are wider than a line are broken; what does not fit in `most` lines is cut, which
/// an ellipsis shows.
pub(super) fn wrap(
    fonts: &Fonts,
    style: Style,
    text: &str,
    width: f32,
    most: usize,
) -> Vec<String> {
    let cut = text.chars().nth(LONGEST).is_some();
    let bounded: String = text.chars().take(LONGEST).collect();
    let text = fonts.drawable(&bounded);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut filled = 0.0;
    let space = fonts.width(style.face, style.size, " ");
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        for piece in pieces(fonts, style, word, width) {
            let wide = fonts.width(style.face, style.size, &piece);
            let gap = if line.is_empty() { 0.0 } else { space };
            if !line.is_empty() && filled + gap + wide > width {
                lines.push(std::mem::take(&mut line));
                filled = 0.0;
            } else if !line.is_empty() {
                line.push(' ');
                filled += space;
            }
            line.push_str(&piece);
            filled += wide;
        }
        if lines.len() > most {
            break;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    if lines.len() > most || cut {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = ended(fonts, style, last, width);
        }
    }
    lines
}

/// A word in pieces that fit, preferably broken behind `/`, `.`, `-`, `_` and the like.
fn pieces(fonts: &Fonts, style: Style, word: &str, width: f32) -> Vec<String> {
    if fonts.width(style.face, style.size, word) <= width {
        return vec![word.to_owned()];
    }
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut filled = 0.0;
    for character in word.chars() {
        let wide = fonts.width(style.face, style.size, character.encode_utf8(&mut [0; 4]));
        if filled + wide > width && !piece.is_empty() {
            let broken = piece.rfind(BREAKS).map_or(piece.len(), |at| at + 1);
            let place = if broken * 2 > piece.len() { broken } else { piece.len() };
            let rest = piece.split_off(place);
            filled = fonts.width(style.face, style.size, &rest);
            pieces.push(std::mem::replace(&mut piece, rest));
        }
        piece.push(character);
        filled += wide;
    }
    pieces.push(piece);
    pieces
}

/// After these a long word may go on in the next line.
const BREAKS: [char; 9] = ['/', '.', '-', '_', ',', ';', ':', '=', '&'];

/// One line, cut where it is too long.
pub(super) fn one_line(fonts: &Fonts, style: Style, text: &str, width: f32) -> String {
    wrap(fonts, style, text, width, 1).pop().unwrap_or_default()
}

/// The line with an ellipsis, which takes the place of what it needs.
fn ended(fonts: &Fonts, style: Style, line: &str, width: f32) -> String {
    let mut kept = line.trim_end().to_owned();
    while !kept.is_empty() && fonts.width(style.face, style.size, &format!("{kept}…")) > width {
        kept.pop();
    }
    format!("{}…", kept.trim_end())
}
