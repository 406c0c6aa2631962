//! The writer for data frames: events as an Arrow IPC file.
//!
//! <https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format>. Not packed, little-endian, one batch for
//! every [`ROWS`] events.

mod flat;

use crate::error::{Error, Result};
use crate::model::Event;
use flat::{Field, Object, buffer};

/// Events of a batch: texts of a column stay below the 2 GiB that its offsets can count.
const ROWS: usize = 1_000;
/// The mark at both ends of a file.
const MAGIC: &[u8; 6] = b"ARROW1";
/// Format version 5.
const VERSION: i16 = 4;

/// Events as an Arrow IPC file (feature `arrow`), by time: `timestamp` (nanoseconds, UTC), `source`, `event_type`,
/// `severity`, `entity_kind` and `entity` (null where there is none), `title`, `tags` (a list), `body`, `data` (JSON),
/// `source_id`, `id`.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidInput`] when a thousand events hold more than 2 GiB of text.
pub fn arrow(events: &[Event]) -> Result<Vec<u8>> {
    let mut ordered: Vec<&Event> = events.iter().collect();
    ordered.sort_by_key(|event| (event.timestamp(), event.id()));
    let mut out = MAGIC.to_vec();
    out.extend([0, 0]);
    message(&mut out, 1, schema(), &[])?;
    let mut blocks = Vec::new();
    for rows in ordered.chunks(ROWS) {
        let mut body = Body::default();
        columns(rows, &mut body)?;
        let header = body.header(rows.len())?;
        let at = out.len();
        let head = message(&mut out, 3, header, &body.bytes)?;
        blocks.extend([number(at)?, number(head)?, number(body.bytes.len())?]);
    }
    // The end of the stream, then the footer with the way to each batch.
    out.extend([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    let footer = buffer(Object::Table(vec![
        (0, Field::Short(VERSION)),
        (1, Field::Ref(schema())),
        (3, Field::Ref(Object::Structs(3, blocks))),
    ]))?;
    out.extend(&footer);
    out.extend(i32::try_from(footer.len()).map_err(|_| too_long())?.to_le_bytes());
    out.extend(MAGIC);
    Ok(out)
}

/// Appends a message; gives the length of its head.
fn message(out: &mut Vec<u8>, kind: u8, header: Object, body: &[u8]) -> Result<usize> {
    let head = buffer(Object::Table(vec![
        (0, Field::Short(VERSION)),
        (1, Field::Byte(kind)),
        (2, Field::Ref(header)),
        (3, Field::Long(number(body.len())?)),
    ]))?;
    out.extend([0xff; 4]);
    out.extend(i32::try_from(head.len()).map_err(|_| too_long())?.to_le_bytes());
    out.extend(&head);
    out.extend(body);
    Ok(head.len() + 8)
}

fn number(size: usize) -> Result<i64> {
    i64::try_from(size).map_err(|_| too_long())
}

fn too_long() -> Error {
    Error::value("events", "too many, or with too long texts, for one Arrow file")
}

/// Types by their number in Arrow's schema.
const UTF8: u8 = 5;
const TIMESTAMP: u8 = 10;
const LIST: u8 = 12;

fn schema() -> Object {
    let text = |name| field(name, UTF8, Vec::new(), Vec::new());
    let time = vec![(0, Field::Short(3)), (1, Field::Ref(Object::Text("UTC")))];
    let fields = vec![
        field("timestamp", TIMESTAMP, time, Vec::new()),
        text("source"),
        text("event_type"),
        text("severity"),
        text("entity_kind"),
        text("entity"),
        text("title"),
        field("tags", LIST, Vec::new(), vec![text("item")]),
        text("body"),
        text("data"),
        text("source_id"),
        text("id"),
    ];
    Object::Table(vec![(1, Field::Ref(Object::Tables(fields)))])
}

fn field(
    name: &'static str,
    kind: u8,
    of_type: Vec<(u16, Field)>,
    children: Vec<Object>,
) -> Object {
    Object::Table(vec![
        (0, Field::Ref(Object::Text(name))),
        (1, Field::Byte(1)),
        (2, Field::Byte(kind)),
        (3, Field::Ref(Object::Table(of_type))),
        (5, Field::Ref(Object::Tables(children))),
    ])
}

/// The columns of a batch, in the order of [`schema`].
fn columns(rows: &[&Event], body: &mut Body) -> Result<()> {
    let data = |event: &&Event| {
        serde_json::to_string(event.data()).map_err(|error| Error::Internal(error.to_string()))
    };
    let data: Vec<String> = rows.iter().map(data).collect::<Result<_>>()?;
    let ids: Vec<String> = rows.iter().map(|event| event.id().to_string()).collect();
    let entities = || rows.iter().map(|event| event.entity());
    body.times(rows)?;
    body.texts(rows.iter().map(|event| Some(event.source().as_str())))?;
    body.texts(rows.iter().map(|event| Some(event.event_type())))?;
    body.texts(rows.iter().map(|event| Some(event.severity().as_str())))?;
    body.texts(entities().map(|entity| entity.map(|entity| entity.kind.as_str())))?;
    body.texts(entities().map(|entity| entity.map(|entity| entity.name.as_str())))?;
    body.texts(rows.iter().map(|event| Some(event.title())))?;
    body.node(rows.len(), 0)?;
    body.buffer(&[])?;
    body.offsets(rows.iter().map(|event| event.tags().len()))?;
    body.texts(rows.iter().flat_map(|event| event.tags()).map(|tag| Some(tag.as_str())))?;
    body.texts(rows.iter().map(|event| Some(event.body())))?;
    body.texts(data.iter().map(|text| Some(text.as_str())))?;
    body.texts(rows.iter().map(|event| event.source_id()))?;
    body.texts(ids.iter().map(|id| Some(id.as_str())))
}

/// The buffers of a batch.
#[derive(Default)]
struct Body {
    bytes: Vec<u8>,
    /// Length and nulls of each column.
    nodes: Vec<i64>,
    /// Offset and length of each buffer.
    buffers: Vec<i64>,
}

impl Body {
    fn header(&mut self, rows: usize) -> Result<Object> {
        Ok(Object::Table(vec![
            (0, Field::Long(number(rows)?)),
            (1, Field::Ref(Object::Structs(2, std::mem::take(&mut self.nodes)))),
            (2, Field::Ref(Object::Structs(2, std::mem::take(&mut self.buffers)))),
        ]))
    }

    fn node(&mut self, rows: usize, nulls: usize) -> Result<()> {
        self.nodes.extend([number(rows)?, number(nulls)?]);
        Ok(())
    }

    fn buffer(&mut self, bytes: &[u8]) -> Result<()> {
        self.buffers.extend([number(self.bytes.len())?, number(bytes.len())?]);
        self.bytes.extend(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        Ok(())
    }

    fn times(&mut self, rows: &[&Event]) -> Result<()> {
        let mut bytes = Vec::with_capacity(8 * rows.len());
        for event in rows {
            bytes.extend(crate::time::checked_nanos(event.timestamp())?.to_le_bytes());
        }
        self.node(rows.len(), 0)?;
        self.buffer(&[])?;
        self.buffer(&bytes)
    }

    /// Where each element begins, and the last ends.
    fn offsets(&mut self, lengths: impl Iterator<Item = usize>) -> Result<()> {
        let mut end = 0_usize;
        let mut bytes = 0_i32.to_le_bytes().to_vec();
        for length in lengths {
            end += length;
            bytes.extend(i32::try_from(end).map_err(|_| too_long())?.to_le_bytes());
        }
        self.buffer(&bytes)
    }

    fn texts<'t>(&mut self, texts: impl Iterator<Item = Option<&'t str>> + Clone) -> Result<()> {
        let rows = texts.clone().count();
        let nulls = texts.clone().filter(Option::is_none).count();
        self.node(rows, nulls)?;
        let mut known = vec![0_u8; if nulls > 0 { rows.div_ceil(8) } else { 0 }];
        for (row, _) in texts.clone().enumerate().filter(|(_, text)| text.is_some()) {
            if let Some(byte) = known.get_mut(row / 8) {
                *byte |= 1 << (row % 8);
            }
        }
        self.buffer(&known)?;
        self.offsets(texts.clone().map(|text| text.unwrap_or_default().len()))?;
        let bytes: Vec<u8> = texts.flat_map(|text| text.unwrap_or_default().bytes()).collect();
        self.buffer(&bytes)
    }
}

#[cfg(test)]
mod tests;
