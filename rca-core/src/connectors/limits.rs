//! How much of an input is taken.

use chrono::{DateTime, Utc};

use super::Redaction;

/// Bounds on what a connector reads; whatever lies beyond is reported, not read. And what it blots out of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest text of one log message, in bytes; the rest is cut off and the record marked.
    pub line_bytes: usize,
    /// Longest record, in bytes; longer ones are refused without being held in memory.
    pub record_bytes: usize,
    /// Longest document that is read as a whole (a request body, a report), in bytes.
    pub body_bytes: usize,
    /// Most bytes that a packed request body may unpack to.
    pub unpacked_bytes: u64,
    /// Most bytes of one file; the rest is not read.
    pub file_bytes: u64,
    /// Most that gzip may grow, as a factor.
    pub gzip_ratio: u64,
    /// Deepest nesting of JSON, 128 at most. Members that no reader looks at are not counted.
    pub json_depth: usize,
    /// Most values in one JSON document or record: each takes far more memory than text.
    pub json_values: usize,
    /// Deepest nesting of XML. Document types, and with them entities, are never read.
    pub xml_depth: usize,
    /// Most attributes of one event, span or log record; the rest is left out.
    pub attributes: usize,
    /// How many refused records a report describes one by one; all are counted.
    pub described: usize,
    /// Most bytes of refused records that are kept for each input ([`InputReport::kept`](super::InputReport::kept)), and
    /// a sixteenth of what is for all inputs of a folder together.
    pub kept_bytes: usize,
    /// Times without a year (syslog, klog) are the last such before this moment. None: before a file was last
    /// written; records of other inputs are refused.
    pub before: Option<DateTime<Utc>>,
    /// What is blotted out of texts on the way in.
    pub redaction: Redaction,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes: 1 << 20,
            record_bytes: 4 << 20,
            body_bytes: 64 << 20,
            unpacked_bytes: 256 << 20,
            file_bytes: 64 << 30,
            gzip_ratio: 200,
            json_depth: super::json::DEEPEST,
            json_values: 4 << 20,
            xml_depth: 64,
            attributes: 256,
            described: 20,
            kept_bytes: 4 << 20,
            before: None,
            redaction: Redaction::standard(),
        }
    }
}
