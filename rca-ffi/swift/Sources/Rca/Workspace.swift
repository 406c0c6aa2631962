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
        // Names of headers are no names of fields: they stay as they are.
        let encoded = try called { String(decoding: try JSONEncoder().encode(headers), as: UTF8.self) }
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

// MARK: - Investigations

/// What becomes of a field that may be empty.
///
/// ```swift
/// var changes = InvestigationChanges()
/// changes.rootCause = "the pool was too small"
/// changes.remediation = .set(text)
/// changes.assignedTo = .empty
/// ```
public enum Change<Value: Sendable & Hashable & Encodable>: Sendable, Hashable {
    /// It stays as it is.
    case keep
    case set(Value)
    case empty

    /// `set`, or `keep` for nil.
    init(_ value: Value?) { self = value.map(Change.set) ?? .keep }
}

extension Change: ExpressibleByUnicodeScalarLiteral, ExpressibleByExtendedGraphemeClusterLiteral, ExpressibleByStringLiteral
where Value == String {
    public init(stringLiteral text: String) { self = .set(text) }
}

/// Changes of an investigation. What is `nil` or ``Change/keep`` stays as it is.
public struct InvestigationChanges: Sendable, Hashable, Encodable {
    public var title: String?
    public var description: String?
    public var impactSeverity: String?
    public var priority: String?
    public var startedAt: Change<Date> = .keep
    public var assignedTo: Change<String> = .keep
    public var serviceAffected: Change<String> = .keep
    public var componentAffected: Change<String> = .keep
    public var rootCause: Change<String> = .keep
    public var remediation: Change<String> = .keep
    public var lessonsLearned: Change<String> = .keep
    public var addTags: [String] = []
    public var removeTags: [String] = []

    public init(rootCause: String? = nil, remediation: String? = nil) {
        self.rootCause = Change(rootCause)
        self.remediation = Change(remediation)
    }

    fileprivate var revision: UInt64?

    private enum CodingKeys: String, CodingKey {
        case title, description, impactSeverity, priority, startedAt, assignedTo, serviceAffected, componentAffected
        case rootCause, remediation, lessonsLearned, addTags, removeTags, revision
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        func encode<Value>(_ change: Change<Value>, _ key: CodingKeys) throws {
            switch change {
            case .keep: break
            case let .set(value): try container.encode(value, forKey: key)
            case .empty: try container.encodeNil(forKey: key)
            }
        }
        try container.encodeIfPresent(title, forKey: .title)
        try container.encodeIfPresent(description, forKey: .description)
        try container.encodeIfPresent(impactSeverity, forKey: .impactSeverity)
        try container.encodeIfPresent(priority, forKey: .priority)
        try encode(startedAt, .startedAt)
        try encode(assignedTo, .assignedTo)
        try encode(serviceAffected, .serviceAffected)
        try encode(componentAffected, .componentAffected)
        try encode(rootCause, .rootCause)
        try encode(remediation, .remediation)
        try encode(lessonsLearned, .lessonsLearned)
        try container.encode(addTags, forKey: .addTags)
        try container.encode(removeTags, forKey: .removeTags)
        try container.encodeIfPresent(revision, forKey: .revision)
    }
}

extension Workspace {
    /// Opens an investigation of what happened in a window, and links the events that belong to it.
    public func investigate(
        _ title: String, _ window: TimeRange, detectedAt: Date? = nil, description: String? = nil,
        service: String? = nil, component: String? = nil, tags: [String] = [], createdBy: String? = nil,
        assignedTo: String? = nil
    ) throws -> Investigation {
        struct Draft: Encodable {
            let title: String
            let start: Date
            let end: Date
            let detectedAt: Date?
            let description: String?
            let service: String?
            let component: String?
            let tags: [String]
            let createdBy: String?
            let assignedTo: String?
        }
        let draft = try document(
            Draft(
                title: title, start: window.start, end: window.end, detectedAt: detectedAt, description: description,
                service: service, component: component, tags: tags, createdBy: createdBy, assignedTo: assignedTo))
        return try decoded(try called { try raw.investigate(draft: draft) })
    }

    /// Reads an incident bundle (a folder of exported files), stores it, opens an investigation and analyses it.
    public func investigate(bundle: URL, progress: OnProgress? = nil) async throws -> Investigated {
        try await detached(progress) { try self.investigated(bundle, $0) }
    }

    /// The same, to be watched and stopped.
    public func investigating(bundle: URL) -> Running<Investigated> {
        Running { try self.investigated(bundle, $0) }
    }

    /// The same with a batch that was read.
    public func investigate(_ batch: Batch) async throws -> Investigated {
        try await detached { _ in try self.whole(try self.raw.investigateBatch(batch: batch.raw)) }
    }

    private func investigated(_ bundle: URL, _ watch: Watch) throws -> Investigated {
        try whole(try raw.investigateBundle(folder: bundle.path, watcher: watch))
    }

    private func whole(_ text: String) throws -> Investigated {
        let done = try Investigated.of(text, nil)
        return try .of(text, try raw.analysis(id: done.investigation.id))
    }

    /// One investigation.
    public func investigation(_ id: InvestigationID) throws -> Investigation {
        try decoded(try called { try raw.investigation(id: id) })
    }

    /// All investigations, newest first.
    public func investigations(deleted: Bool = false) throws -> Cursor<Investigation> {
        Cursor(try called { try raw.investigations(deleted: deleted) })
    }

    /// Changes the fields that are given. With a revision only that one is changed: ``RcaError/Kind/conflict`` when there is a
    /// newer one.
    @discardableResult
    public func update(
        _ id: InvestigationID, _ changes: InvestigationChanges, at revision: UInt64? = nil
    ) throws -> Investigation {
        var changes = changes
        changes.revision = revision
        let text = try document(changes)
        return try decoded(try called { try raw.updateInvestigation(id: id, changes: text) })
    }

    /// Gives an investigation to somebody; to nobody with nil.
    @discardableResult
    public func assign(_ id: InvestigationID, to person: String?) throws -> Investigation {
        try decoded(try called { try raw.assign(id: id, person: person) })
    }

    /// Puts a label on it.
    @discardableResult
    public func tag(_ id: InvestigationID, _ tag: String) throws -> Investigation {
        try decoded(try called { try raw.tag(id: id, tag: tag) })
    }

    /// Takes a label off.
    @discardableResult
    public func untag(_ id: InvestigationID, _ tag: String) throws -> Investigation {
        try decoded(try called { try raw.untag(id: id, tag: tag) })
    }

    /// Moves an investigation through its life; ``RcaError/Kind/conflict`` for a move that is not legal.
    @discardableResult
    public func setStatus(_ id: InvestigationID, _ status: Investigation.Status) throws -> Investigation {
        try decoded(try called { try raw.setStatus(id: id, status: status.rawValue) })
    }

    /// Removes an investigation; it can be restored, and its events stay.
    public func deleteInvestigation(_ id: InvestigationID) throws { try called { try raw.deleteInvestigation(id: id) } }

    /// Takes a removal back.
    @discardableResult
    public func restoreInvestigation(_ id: InvestigationID) throws -> Investigation {
        try decoded(try called { try raw.restoreInvestigation(id: id) })
    }

    /// A person says that an event belongs to an investigation; no analysis changes that.
    @discardableResult
    public func link(_ event: EventID, to investigation: InvestigationID, person: String? = nil) throws -> Link {
        try decoded(try called { try raw.link(event: event, investigation: investigation, person: person) })
    }

    /// A person says that it does not.
    @discardableResult
    public func unlink(_ event: EventID, from investigation: InvestigationID, person: String? = nil) throws -> Link {
        try decoded(try called { try raw.unlink(event: event, investigation: investigation, person: person) })
    }

    /// All links, suggestions and rejections too, surest first.
    public func links(_ id: InvestigationID) throws -> [Link] { try decoded(try called { try raw.links(id: id) }) }

    /// The events that count as part of an investigation, in order of time.
    public func linkedEvents(_ id: InvestigationID) throws -> [Event] {
        try decoded(try called { try raw.linkedEvents(id: id) })
    }

    /// Decides anew which events belong to an investigation.
    @discardableResult
    public func relink(_ id: InvestigationID) throws -> Relinked { try decoded(try called { try raw.relink(id: id) }) }

    /// What every rule says about an event and an investigation.
    public func explainLink(_ event: EventID, _ investigation: InvestigationID) throws -> Explanation {
        try decoded(try called { try raw.explainLink(event: event, investigation: investigation) })
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
    try called { try RcaBindings.save(path: file.path, text: report) }
}

// MARK: - Dead letters

extension Workspace {
    /// What could not be read, kept until it can be.
    public var deadLetters: DeadLetters { DeadLetters(workspace: self) }
}

/// The dead-letter queue of a workspace.
public struct DeadLetters: Sendable {
    /// Which letters.
    public struct Filter: Sendable, Hashable, Encodable {
        public var source: String?
        /// Due by then.
        public var due: Date?
        /// Behind this one.
        public var after: UInt64?
        public var limit: Int?

        public init(source: String? = nil, due: Date? = nil, after: UInt64? = nil, limit: Int? = nil) {
            self.source = source
            self.due = due
            self.after = after
            self.limit = limit
        }
    }

    let workspace: Workspace
    private var raw: RawWorkspace { workspace.raw }

    /// Letters in the order of arrival.
    public func list(_ filter: Filter = Filter()) throws -> Cursor<DeadLetter> {
        let filter = try document(filter)
        return Cursor(try called { try raw.letters(filter: filter) })
    }

    /// One letter.
    public func inspect(_ id: UInt64) throws -> DeadLetter { try decoded(try called { try raw.letter(id: id) }) }

    /// Its bytes, without their secrets; nil when they were too many to keep.
    public func bytes(_ id: UInt64) throws -> Data? { try called { try raw.letterRaw(id: id) } }

    /// How full the queue is.
    public func counts() throws -> DeadLetterCounts { try decoded(try called { try raw.letterCounts() }) }

    /// Reads letters again, as what they were or as another format; those that can be read leave the queue.
    public func replay(
        _ filter: Filter = Filter(), as format: String? = nil, progress: OnProgress? = nil
    ) async throws -> Replayed {
        let (filter, raw) = (try document(filter), raw)
        return try await detached(progress) { watch in
            try decoded(try raw.replayLetters(filter: filter, format: format, watcher: watch))
        }
    }

    /// Takes letters out for good; says how many were there.
    @discardableResult
    public func discard(_ ids: [UInt64]) throws -> UInt64 { try called { try raw.discardLetters(ids: ids) } }

    /// Lets go of letters that are too old or too many.
    @discardableResult
    public func expire() throws -> UInt64 { try called { try raw.expireLetters() } }
}
