//! The fonts of the document, how wide their texts are, and which of them has a character.

use krilla::text::Font;
use ttf_parser::Face as Parsed;

use crate::error::{Error, Result};

/// A font of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Regular,
    Bold,
    /// For what machines wrote, and for characters that the others lack.
    Mono,
}

/// Where each face is among the fonts of `typst-assets`: Libertinus Serif and DejaVu Sans Mono.
const PLACES: [usize; 3] = [0, 1, 16];

/// Stands where no font has the character.
const MISSING: char = '\u{fffd}';

/// A part of a text that one font draws, in one direction.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) face: Face,
    pub(super) leftward: bool,
    pub(super) text: String,
}

/// All faces, read.
pub(super) struct Fonts {
    faces: Vec<(Font, Parsed<'static>)>,
}

impl Fonts {
    pub(super) fn load() -> Result<Self> {
        let faces = PLACES.iter().map(|place| {
            let data = typst_assets::fonts().nth(*place)?;
            Some((Font::new(data.into(), 0)?, Parsed::parse(data, 0).ok()?))
        });
        let faces: Option<Vec<_>> = faces.collect();
        let broken = || Error::Internal("the fonts of the document cannot be read".to_owned());
        Ok(Self { faces: faces.ok_or_else(broken)? })
    }

    pub(super) fn font(&self, face: Face) -> Option<&Font> {
        self.faces.get(face as usize).map(|(font, _)| font)
    }

    fn has(&self, face: Face, character: char) -> bool {
        let parsed = self.faces.get(face as usize);
        parsed.is_some_and(|(_, parsed)| {
            parsed.glyph_index(character).is_some_and(|glyph| glyph.0 != 0)
        })
    }

    /// How wide a text is, without kerning, which only makes it narrower.
    pub(super) fn width(&self, face: Face, size: f32, text: &str) -> f32 {
        text.chars()
            .map(|character| self.advance(self.face_of(face, character), character))
            .sum::<f32>()
            * size
    }

    /// Part of the size.
    fn advance(&self, face: Face, character: char) -> f32 {
        let Some((_, parsed)) = self.faces.get(face as usize) else { return 0.0 };
        let glyph = parsed.glyph_index(character).unwrap_or_default();
        f32::from(parsed.glyph_hor_advance(glyph).unwrap_or(parsed.units_per_em() / 2))
            / f32::from(parsed.units_per_em())
    }

    /// The wanted face where it has the character, else the one with the most characters, else the one that is left.
    fn face_of(&self, wanted: Face, character: char) -> Face {
        let mut faces = [wanted, Face::Mono, Face::Regular].into_iter();
        faces.find(|face| self.has(*face, character)).unwrap_or(wanted)
    }

    /// The text with what cannot be drawn made visible: control characters become spaces, marks without a shape
    /// vanish, characters that no font has become a replacement character.
    pub(super) fn drawable(&self, text: &str) -> String {
        let shown = text.chars().filter_map(|character| match character {
            c if c.is_control() || c.is_whitespace() => Some(' '),
            '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' => None,
            '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}' => None,
            '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => Some(MISSING),
            c if self.has(Face::Regular, c) || self.has(Face::Mono, c) => Some(c),
            _ => Some(MISSING),
        });
        shown.collect()
    }

    /// The parts of a text that one font draws at once.
    pub(super) fn runs(&self, face: Face, text: &str) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for character in text.chars() {
            let leftward = is_leftward(character);
            match runs.last_mut() {
                // Spaces stay with what they follow, but for leftward words, which would move them.
                Some(run) if character == ' ' && !run.leftward && self.has(run.face, ' ') => {
                    run.text.push(' ')
                }
                Some(run)
                    if run.face == self.face_of(face, character) && run.leftward == leftward =>
                {
                    run.text.push(character);
                }
                _ => runs.push(Run {
                    face: self.face_of(face, character),
                    leftward,
                    text: character.to_string(),
                }),
            }
        }
        runs
    }
}

/// Hebrew, Arabic and their neighbours.
fn is_leftward(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}
