//! Charts as data; [`Chart::to_svg`] draws them.

use super::svg;

/// What a chart shows: labelled groups, and for each series a value in each group.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// The same in a sentence, for those who do not see it.
    pub description: String,
    /// How it is drawn.
    pub kind: ChartKind,
    /// What the values are.
    pub unit: Unit,
    /// The groups, in order.
    pub labels: Vec<String>,
    /// The series, in order.
    pub series: Vec<Series>,
}

/// How a chart is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartKind {
    /// Bars that lie, one below the other: for names.
    Bars,
    /// Columns that stand, each series upon the one before: for periods of time.
    Stacked,
    /// Lines through points: for periods of time, where the series are no parts of a whole.
    Lines,
}

/// What the values of a chart are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things counted.
    Count,
    /// Seconds.
    Seconds,
    /// Shares of one.
    Share,
}

/// One value for each label; none where nothing is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// In the order of the labels.
    pub values: Vec<Option<f64>>,
}

impl Chart {
    /// Most groups that are drawn. The last are left out, and the chart says how many.
    pub const MOST_GROUPS: usize = 60;
    /// Most series that are drawn; what comes later is left out, and the chart says how many.
    pub const MOST_SERIES: usize = 8;

    /// The chart as a picture that stands alone: no scripts, no fonts, no links, and readable on a light
    /// and on a dark ground. The same chart gives the same bytes.
    ///
    /// Colours are those of Okabe and Ito ("Color Universal Design", 2008), which people with the common
    /// kinds of colour blindness can tell apart.
    #[must_use]
    pub fn to_svg(&self) -> String {
        svg::draw(self)
    }
}
