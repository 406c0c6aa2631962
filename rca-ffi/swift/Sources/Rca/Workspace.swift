import Foundation
internal import RcaBindings

/// A clock that stands still until it is moved; for tests and replays.
public final class ManualClock: Sendable {
    let raw: RawClock

    public init(_ time: Date) throws { raw = try called { try RawClock(time: text(time)) } }

    /// Moves the hand.
    public func advance(by span: Duration) { raw.advance(microseconds: microseconds(span)) }

    /// What it shows.
    public var now: Date { moment(raw.now().replacingOccurrences(of: "+00:00", with: "Z")) ?? .distantPast }
}

func seconds(_ span: Duration) -> Double {
    let (seconds, attoseconds) = span.components
    return Double(seconds) + Double(attoseconds) / 1e18
}

func microseconds(_ span: Duration) -> Int64 {
    let (seconds, attoseconds) = span.components
    return seconds.multipliedReportingOverflow(by: 1_000_000).partialValue + attoseconds / 1_000_000_000_000
}

/// An open collection of events and investigations. May be used from many tasks and threads.
///
/// Calls come in two forms where they may take long: a synchronous one, and an asynchronous one that runs away from Swift's
/// own threads and ends when its task is cancelled. ``close()`` frees the folder at once unless calls still run; so does the
/// end of the last reference.
public final class Workspace: Sendable {
    let raw: RawWorkspace

    /// Opens the workspace in a folder, which is made when there is none; one in memory when no folder is given.
    ///
    /// `fresh: false` lets searches miss what was written since the last commit of the index; they never wait then.
    public init(
        at folder: URL? = nil, readOnly: Bool = false, fresh: Bool = true, settings: Settings = Settings(),
        clock: ManualClock? = nil
    ) throws {
        let settings = try document(settings)
        raw = try called {
            try RawWorkspace.open(
                path: folder?.path, readOnly: readOnly, stale: !fresh, settings: settings, clock: clock?.raw)
        }
    }

    init(_ raw: RawWorkspace) { self.raw = raw }

    deinit { raw.letGo() }

    /// Frees the folder. Later calls are ``RcaError/Kind/busy``; closing twice is fine.
    public func close() { raw.letGo() }

    /// The folder; none in memory.
    public func folder() throws -> URL? {
        try called { try raw.path() }.map { URL(fileURLWithPath: $0, isDirectory: true) }
    }

    /// What opening found of the search index.
    public struct IndexOpened: Codable, Sendable, Hashable {
        /// `created`, `intact`, `rebuilt` or `in_memory`.
        public let index: String
        /// Why it was built anew, or is not on disk.
        public let reason: String?
    }

    /// What opening found of the search index, and why it was rebuilt where it was.
    public func indexOpened() throws -> IndexOpened { try decoded(try called { try raw.indexOpened() }) }

    /// Commits what is pending in the search index.
    public func refresh() throws { try called { try raw.refresh() } }

    /// Throws the search index away and builds it anew.
    public func rebuildIndex() async throws { try await detached { _ in try self.raw.rebuildIndex() } }

    /// Gives disk space back.
    public func compact() async throws { try await detached { _ in try self.raw.compact() } }

    /// Copies the store to a new file.
    public func backup(to file: URL) async throws { try await detached { _ in try self.raw.backup(file: file.path) } }

    /// Checks every record, reference and index file.
    public func verify() async throws -> Health { try await detached { _ in try decoded(try self.raw.verify()) } }
}

// MARK: - Events

extension Event {
    /// Checks the fields and makes an event. Two with the same source and source id are the same event.
    public static func make(
        _ timestamp: Date, _ source: Source, _ eventType: String, _ title: String, severity: Severity? = nil,
        entity: Entity? = nil, body: String? = nil, data: [String: JSONValue] = [:], tags: [String] = [],
        sourceID: String? = nil, metadata: [String: String] = [:]
    ) throws -> Event {
        let draft = EventDraft(
            timestamp: timestamp, source: source, eventType: eventType, title: title, severity: severity,
            entity: entity, body: body, data: data, tags: tags, sourceId: sourceID, metadata: metadata)
        let text = try document(draft)
        return try decoded(try called { try newEvent(draft: text) })
    }
}

extension Workspace {
    /// Stores events, all or none; when it returns they are durable. Repeating it stores nothing twice.
    @discardableResult
    public func ingest(_ events: [Event]) throws -> Appended {
        let text = try document(events)
        return try decoded(try called { try raw.ingest(events: text) })
    }

    /// The same, away from the task's thread.
    @discardableResult
    public func ingest(_ events: [Event]) async throws -> Appended {
        let text = try document(events)
        return try await detached { _ in try decoded(try self.raw.ingest(events: text)) }
    }

    /// Stores the events of a batch, and what was refused in the dead-letter queue.
    @discardableResult
    public func ingest(_ batch: Batch, keepRefused: Bool = true) throws -> Ingested {
        try decoded(try called { try raw.ingestBatch(batch: batch.raw, forget: !keepRefused) })
    }

    /// Stores what a webhook says; one that can't be read goes into the dead-letter queue.
    @discardableResult
    public func ingestDelivery(
        headers: [String: String], body: Data, received: Date = Date()
    ) throws -> Ingested {
        let encoded = try headersText(headers)
        return try decoded(
            try called { try raw.ingestDelivery(headers: encoded, body: body, received: text(received)) })
    }

    /// One event, with the investigations it is linked to.
    public func event(_ id: EventID) throws -> Event { try decoded(try called { try raw.event(id: id) }) }

    /// Many events in the order asked for; nil for those that are not there.
    public func events(_ ids: [EventID]) throws -> [Event?] {
        let ids = try document(ids)
        return try decoded(try called { try raw.eventsById(ids: ids) })
    }

    /// Events in order of time, as they stand now.
    public func events(
        from start: Date? = nil, to end: Date? = nil, newestFirst: Bool = false, deleted: Bool = false
    ) throws -> Cursor<Event> {
        struct Scan: Encodable {
            let start: Date?
            let end: Date?
            let newestFirst: Bool
            let deleted: Bool
        }
        let scan = try document(Scan(start: start, end: end, newestFirst: newestFirst, deleted: deleted))
        return Cursor(try called { try raw.events(scan: scan) })
    }

    /// How many events there are, removed ones included.
    public func eventCount() throws -> UInt64 { try called { try raw.eventCount() } }

    /// Removes an event; it can be restored.
    public func deleteEvent(_ id: EventID) throws { try called { try raw.deleteEvent(id: id) } }

    /// Takes a removal back.
    public func restoreEvent(_ id: EventID) throws { try called { try raw.restoreEvent(id: id) } }
}

// MARK: - Searching

/// A search: words and conditions.
public struct Query: Sendable, Hashable, Encodable, ExpressibleByStringLiteral {
    /// How hits are sorted.
    public enum Sort: String, Sendable, Encodable { case relevance, newest, oldest }

    /// Words, phrases and conditions: `hold source:git`.
    public var text: String
    public var start: Date?
    public var end: Date?
    public var source: Source?
    public var eventType: String?
    /// At least so bad.
    public var severity: Severity?
    public var entity: String?
    public var tag: String?
    public var investigation: InvestigationID?
    public var sort: Sort?
    public var limit: Int?
    /// ``Hits/next`` of the page before.
    public var after: String?
    /// Whether all that match are counted; they are unless this says otherwise.
    public var count: Bool?

    public init(_ text: String = "", limit: Int? = nil, sort: Sort? = nil) {
        self.text = text
        self.limit = limit
        self.sort = sort
    }

    public init(stringLiteral text: String) { self.init(text) }
}

extension Workspace {
    /// A page of events that match.
    public func search(_ query: Query = "") throws -> Hits {
        let query = try document(query)
        return try decoded(try called { try raw.search(query: query) })
    }

    /// Every event that matches, page after page.
    public func searchAll(_ query: Query = "") throws -> Cursor<Event> {
        let query = try document(query)
        return Cursor(try called { try raw.searchAll(query: query) })
    }

    /// A page of investigations that match.
    public func searchInvestigations(_ query: Query = "") throws -> Hits {
        let query = try document(query)
        return try decoded(try called { try raw.searchInvestigations(query: query) })
    }

    /// Exact counts of the events that match, by facets and by time.
    public func counts(_ query: Query = "", by facets: [Counts.Facet] = [], bucket: Duration? = nil) throws -> Counts {
        let (query, facets) = (try document(query), facets.map(\.rawValue))
        let bucket = bucket.map(microseconds)
        return try decoded(try called { try raw.counts(query: query, by: facets, bucketMicroseconds: bucket) })
    }
}

// MARK: - Answers

extension Workspace {
    /// Analyses an investigation; touches only what changed since the last time.
    public func analyze(_ id: InvestigationID) throws -> Analysis { try .of(try called { try raw.analyze(id: id) }) }

    /// The same, away from the task's thread.
    public func analyze(_ id: InvestigationID) async throws -> Analysis {
        try await detached { _ in try .of(try self.raw.analyze(id: id)) }
    }

    /// The same with all telemetry there is.
    public func analyze(_ id: InvestigationID, with batch: Batch) async throws -> Analysis {
        try await detached { _ in try .of(try self.raw.analyzeWith(id: id, batch: batch.raw)) }
    }

    /// Adds telemetry to what is known of an investigation; the next analysis takes it in.
    public func observe(_ id: InvestigationID, _ batch: Batch) async throws {
        try await detached { _ in try self.raw.observe(id: id, batch: batch.raw) }
    }

    /// Forgets that telemetry.
    public func forgetTelemetry(_ id: InvestigationID) throws { try called { try raw.forgetTelemetry(id: id) } }

    /// The latest answer, when there is one.
    public func analysis(_ id: InvestigationID) throws -> Analysis? {
        try called { try raw.analysis(id: id) }.map(Analysis.of)
    }

    /// The most likely causes, most likely first.
    public func rootCauses(_ id: InvestigationID, limit: Int = 10) throws -> [Cause] {
        try decoded(try called { try raw.rootCauses(id: id, limit: UInt32(clamping: limit)) })
    }

    /// An investigation as one HTML file to look around in, with the telemetry behind it where it is at hand.
    public func canvas(_ id: InvestigationID, batch: Batch? = nil) async throws -> String {
        try await detached { _ in try self.raw.canvas(id: id, batch: batch?.raw) }
    }

    /// The correlation graph of an investigation.
    public func graph(_ id: InvestigationID) throws -> Graph { Graph(try called { try raw.graph(id: id) }) }

    /// The correlation graph of a time.
    public func graph(_ range: TimeRange) throws -> Graph {
        Graph(try called { try raw.graphOf(start: text(range.start), end: text(range.end)) })
    }
}

/// Writes a report to a file, whole or not at all; only its owner may read it.
public func save(_ report: String, to file: URL) throws {
    try save(Data(report.utf8), to: file)
}

/// The same with the bytes of a document, such as a PDF.
public func save(_ document: Data, to file: URL) throws {
    try called { try RcaBindings.save(path: file.path, document: document) }
}
