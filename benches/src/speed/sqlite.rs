//! The peer for keeping and finding events: SQLite with the right indexes and FTS5.

use std::path::Path;

use rca_core::model::Event;
use rca_core::time::nanos;
use rusqlite::{Connection, params};
use serde_json::Value;

use super::Result;

const SCHEMA: &str = "
CREATE TABLE events (
    row INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    time INTEGER NOT NULL,
    source TEXT NOT NULL,
    type TEXT NOT NULL,
    severity INTEGER NOT NULL,
    entity TEXT,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    data TEXT NOT NULL,
    tags TEXT NOT NULL,
    source_id TEXT
);
CREATE UNIQUE INDEX by_id ON events (id);
CREATE UNIQUE INDEX by_source_id ON events (source, source_id);
CREATE INDEX by_time ON events (time);
CREATE INDEX by_severity ON events (severity, time);
CREATE INDEX by_entity ON events (entity, time);
CREATE VIRTUAL TABLE texts USING fts5 (title, body, content='events', content_rowid='row');
";

/// An event as SQLite gives it back, in memory of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Its id.
    pub id: [u8; 16],
    /// Nanoseconds since 1970.
    pub time: i64,
    /// Source, type, entity, title, body, tags, source id.
    pub texts: [String; 7],
    /// Mildest is 0.
    pub severity: i64,
    /// Attributes.
    pub data: Value,
}

const COLUMNS: &str = "e.id, e.time, e.severity, e.data, e.source, e.type, e.entity, e.title, e.body, e.tags, e.source_id";

/// A database that holds events.
#[derive(Debug)]
pub struct Sqlite {
    connection: Connection,
}

impl Sqlite {
    /// Makes a database: write-ahead log, and every commit synced.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn create(file: &Path) -> Result<Self> {
        let connection = Connection::open(file)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // As much memory for pages as the engine takes for its own.
        connection.pragma_update(None, "cache_size", -(256 << 10))?;
        connection.pragma_update(None, "mmap_size", 4_i64 << 30)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self { connection })
    }

    /// Stores a batch in a transaction: durable and searchable when it returns.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn ingest(&mut self, events: &[Event]) -> Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO events
                 (id, time, source, type, severity, entity, title, body, data, tags, source_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                 ON CONFLICT DO NOTHING RETURNING row",
            )?;
            let mut index = transaction
                .prepare_cached("INSERT INTO texts (rowid, title, body) VALUES (?1, ?2, ?3)")?;
            for event in events {
                let data = serde_json::to_string(event.data())?;
                let tags: Vec<&str> = event.tags().iter().map(|tag| tag.as_str()).collect();
                let row = insert.query_row(
                    params![
                        event.id().to_bytes(),
                        nanos(event.timestamp()),
                        event.source().as_str(),
                        event.event_type(),
                        event.severity() as i64,
                        event.entity().map(|entity| entity.name.as_str()),
                        event.title(),
                        event.body(),
                        data,
                        tags.join(","),
                        event.source_id(),
                    ],
                    |row| row.get::<_, i64>(0),
                );
                match row {
                    Ok(row) => {
                        index.execute(params![row, event.title(), event.body()])?;
                    }
                    Err(rusqlite::Error::QueryReturnedNoRows) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// The best events for a full-text query, by BM25.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn search(&self, text: &str, limit: usize) -> Result<Vec<[u8; 16]>> {
        let mut query = self.connection.prepare_cached(
            "SELECT e.id, e.title, e.body FROM
             (SELECT rowid, rank FROM texts WHERE texts MATCH ?1 ORDER BY rank LIMIT ?2) t
             JOIN events e ON e.row = t.rowid ORDER BY t.rank",
        )?;
        let rows = query.query_map(params![text, i64::try_from(limit)?], found)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The best events for a full-text query within a time.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn search_within(
        &self,
        text: &str,
        (start, end): (i64, i64),
        limit: usize,
    ) -> Result<Vec<[u8; 16]>> {
        let mut query = self.connection.prepare_cached(
            "SELECT e.id, e.title, e.body FROM texts t JOIN events e ON e.row = t.rowid
             WHERE texts MATCH ?1 AND e.time >= ?2 AND e.time < ?3 ORDER BY rank LIMIT ?4",
        )?;
        let rows = query.query_map(params![text, start, end, i64::try_from(limit)?], found)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The newest events of an entity that are at least so bad, within a time, and how many there are.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn page(
        &self,
        entity: &str,
        severity: i64,
        (start, end): (i64, i64),
        limit: usize,
    ) -> Result<(Vec<[u8; 16]>, u64)> {
        let condition = "e.entity = ?1 AND e.severity >= ?2 AND e.time >= ?3 AND e.time < ?4";
        let mut page = self.connection.prepare_cached(&format!(
            "SELECT e.id, e.title, e.body FROM events e WHERE {condition} \
             ORDER BY e.time DESC LIMIT ?5"
        ))?;
        let values = params![entity, severity, start, end, i64::try_from(limit)?];
        let found = page.query_map(values, found)?.collect::<rusqlite::Result<_>>()?;
        let mut count = self
            .connection
            .prepare_cached(&format!("SELECT count(*) FROM events e WHERE {condition}"))?;
        let values = params![entity, severity, start, end];
        let total = count.query_row(values, |row| row.get::<_, i64>(0))?;
        Ok((found, u64::try_from(total)?))
    }

    /// Events by day and severity: day, severity, count.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn counts_by_day(&self) -> Result<Vec<(i64, i64, i64)>> {
        let mut query = self.connection.prepare_cached(
            "SELECT time / 86400000000000 AS day, severity, count(*) FROM events
             GROUP BY day, severity ORDER BY day, severity",
        )?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// One event.
    ///
    /// # Errors
    ///
    /// What SQLite says; when there is none.
    pub fn event(&self, id: [u8; 16]) -> Result<Stored> {
        let mut query = self
            .connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM events e WHERE e.id = ?1"))?;
        let mut rows = query.query(params![id])?;
        stored(rows.next()?.ok_or("no such event")?)
    }

    /// So many events from a time on, oldest first.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn scan(&self, start: i64, limit: usize) -> Result<Vec<Stored>> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM events e WHERE e.time >= ?1 ORDER BY e.time LIMIT ?2"
        ))?;
        let mut rows = query.query(params![start, i64::try_from(limit)?])?;
        let mut found = Vec::with_capacity(limit);
        while let Some(row) = rows.next()? {
            found.push(stored(row)?);
        }
        Ok(found)
    }

    /// Makes the database as small as it gets.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn compact(&self) -> Result<()> {
        self.connection.execute_batch(
            "INSERT INTO texts (texts) VALUES ('optimize'); VACUUM; PRAGMA wal_checkpoint(TRUNCATE);",
        )?;
        Ok(())
    }
}

/// Reads the texts too, which a page of results shows.
fn found(row: &rusqlite::Row<'_>) -> rusqlite::Result<[u8; 16]> {
    let (_title, _body): (String, String) = (row.get(1)?, row.get(2)?);
    row.get(0)
}

fn stored(row: &rusqlite::Row<'_>) -> Result<Stored> {
    let data: String = row.get(3)?;
    let text = |column: usize| row.get::<_, Option<String>>(column).map(Option::unwrap_or_default);
    Ok(Stored {
        id: row.get(0)?,
        time: row.get(1)?,
        severity: row.get(2)?,
        data: serde_json::from_str(&data)?,
        texts: [text(4)?, text(5)?, text(6)?, text(7)?, text(8)?, text(9)?, text(10)?],
    })
}
