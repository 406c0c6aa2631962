import Foundation
internal import RcaBindings

/// What was read: events, telemetry, and an account of the reading.
public final class Batch: Sendable {
    let raw: RawBatch

    init(_ raw: RawBatch) { self.raw = raw }

    /// Files and folders; the format is told by content where none is given.
    public static func read(
        _ files: [URL], format: String? = nil, settings: Settings = Settings(), progress: OnProgress? = nil
    ) async throws -> Batch {
        let (paths, settings) = (files.map(\.path), try document(settings))
        return try await detached(progress) { watch in
            Batch(try readFiles(paths: paths, format: format, settings: settings, watcher: watch))
        }
    }

    /// Bytes that you have already. `columns` names those of a table: role (`time`, `entity`, `metric`, `value`, `message`,
    /// `severity`) to column.
    public static func read(
        _ body: Data, named name: String, format: String? = nil, columns: [String: String]? = nil,
        settings: Settings = Settings(), progress: OnProgress? = nil
    ) async throws -> Batch {
        let (settings, columns) = (try document(settings), try columns.map { try document($0) })
        return try await detached(progress) { watch in
            Batch(
                try readBytes(
                    name: name, body: body, format: format, columns: columns, settings: settings, watcher: watch))
        }
    }

    /// An incident bundle: a folder of exported files.
    public static func read(
        bundle: URL, settings: Settings = Settings(), progress: OnProgress? = nil
    ) async throws -> Batch {
        let settings = try document(settings)
        return try await detached(progress) { watch in
            Batch(try readBundle(folder: bundle.path, settings: settings, watcher: watch))
        }
    }

    /// Commits of a local repository.
    public static func read(
        repository: URL, since: Date? = nil, until: Date? = nil, maxCommits: Int? = nil, tips: [String]? = nil,
        settings: Settings = Settings(), progress: OnProgress? = nil
    ) async throws -> Batch {
        struct History: Encodable {
            let since: Date?
            let until: Date?
            let maxCommits: Int?
            let tips: [String]?
        }
        let history = try document(History(since: since, until: until, maxCommits: maxCommits, tips: tips))
        let settings = try document(settings)
        return try await detached(progress) { watch in
            Batch(try readGit(path: repository.path, history: history, settings: settings, watcher: watch))
        }
    }

    /// A webhook as it came, without storing it.
    public static func read(
        delivery body: Data, headers: [String: String], received: Date = Date(), settings: Settings = Settings()
    ) throws -> Batch {
        let (names, settings) = (try headersText(headers), try document(settings))
        return Batch(
            try called {
                try readDelivery(headers: names, body: body, received: Rca.text(received), settings: settings)
            })
    }

    /// Events made by hand.
    public convenience init(_ events: [Event]) throws {
        let events = try document(events)
        self.init(try called { try RawBatch.ofEvents(events: events) })
    }

    /// Everything of several batches, in canonical order.
    public convenience init(joining batches: [Batch]) throws {
        self.init(try called { try RawBatch.joined(parts: batches.map(\.raw)) })
    }

    /// The same with every entity under one name; `rules` (JSON, as in a rules file) say which names mean the same.
    public func resolved(rules: String = "{}") throws -> Batch {
        Batch(try called { try raw.resolved(rules: rules) })
    }

    /// Everything that it is about.
    public func entities() throws -> [Entity] { try decoded(try called { try raw.entities() }) }

    /// All formats that can be read.
    public static func formats() throws -> [Format] {
        try decoded(try called { try RcaBindings.formats() })
    }

    /// What was read, what was refused and why.
    public func report() throws -> ReadReport { try decoded(try called { try raw.report() }) }

    /// How much is in it.
    public func counts() throws -> BatchCounts { try decoded(try called { try raw.counts() }) }

    /// Its events, in order.
    public func events() -> Cursor<Event> { Cursor(raw.events()) }

    /// An account of the inputs.
    public func examine() throws -> Doctor { Doctor(json: try called { try raw.examine() }) }

    /// Ranks the causes of the incident in it, without a store.
    public func analyze(
        window: TimeRange? = nil, symptom: String = "", settings: Settings = Settings()
    ) async throws -> Analysis {
        struct Incident: Encodable {
            let window: TimeRange?
            let symptom: String
            let settings: Settings
        }
        let incident = try document(Incident(window: window, symptom: symptom, settings: settings))
        return try await detached { _ in
            try .of(try analyzeBatch(batch: self.raw, incident: incident))
        }
    }
}

/// What a commit of a local repository changes, as a unified diff.
public func diff(of commit: String, in repository: URL) async throws -> String {
    try await detached { _ in try gitDiff(path: repository.path, sha: commit) }
}

/// Names of headers are no names of fields: they stay as they are.
func headersText(_ headers: [String: String]) throws -> String {
    try called { String(decoding: try JSONEncoder().encode(headers), as: UTF8.self) }
}

/// Fails unless the signature of a webhook is that of its sender: drop the delivery then.
public func verifySignature(secret: Data, body: Data, signature: String) throws {
    try called { try RcaBindings.verifySignature(secret: secret, body: body, signature: signature) }
}

/// Any mix of inputs, and what people on call know beside them.
///
/// ```swift
/// var inquiry = Inquiry()
/// inquiry.paths = [exports]
/// inquiry.alert = "checkout answers slowly"
/// let answer = try await inquiry.run()
/// print(try answer.analysis.text())
/// ```
public struct Inquiry: Sendable {
    /// The time to look at.
    public enum Window: Sendable, Hashable {
        /// From one moment to another.
        case range(TimeRange)
        /// From so long before the alarm on.
        case before(Duration)
    }

    /// Files and folders of any format; repositories in them are read as such.
    public var paths: [URL] = []
    public var repositories: [URL] = []
    public var alertFiles: [URL] = []
    /// What was read already.
    public var batches: [Batch] = []
    /// What people saw, in words.
    public var alert: String?
    /// When it was surely bad.
    public var at: Date?
    /// What people complained about.
    public var entity: String?
    public var window: Window?
    /// A file that says which names stand for which entities.
    public var rulesFile: URL?
    public var settings = Settings()
    /// About how many bytes telemetry may take while it is read and judged; 256 MB when not said. Inputs may be of any size.
    public var memoryBytes: Int?

    public init(_ paths: [URL] = []) { self.paths = paths }

    private func text() throws -> String {
        struct Wanted: Encodable {
            let paths: [String]
            let repositories: [String]
            let alertFiles: [String]
            let alert: String?
            let at: Date?
            let entity: String?
            let window: String?
            let rulesFile: String?
            let settings: Settings
            let memoryBytes: Int?
        }
        let within: String? =
            switch window {
            case let .range(range): "\(Rca.text(range.start))/\(Rca.text(range.end))"
            case let .before(long): "\(long.components.seconds)s"
            case nil: nil
            }
        return try document(
            Wanted(
                paths: paths.map(\.path), repositories: repositories.map(\.path), alertFiles: alertFiles.map(\.path),
                alert: alert, at: at, entity: entity, window: within, rulesFile: rulesFile?.path, settings: settings,
                memoryBytes: memoryBytes))
    }

    /// Reads and judges; keeps everything in a workspace, as a new investigation, where one is given.
    public func run(in workspace: Workspace? = nil, progress: OnProgress? = nil) async throws -> Answer {
        let (text, batches) = (try text(), batches.map(\.raw))
        return try await detached(progress) { watch in
            try Answer(try runInquiry(inquiry: text, batches: batches, workspace: workspace?.raw, watcher: watch))
        }
    }

    /// The same, to be watched and stopped.
    public func running(in workspace: Workspace? = nil) throws -> Running<Answer> {
        let (text, batches) = (try text(), batches.map(\.raw))
        return Running { watch in
            try Answer(try runInquiry(inquiry: text, batches: batches, workspace: workspace?.raw, watcher: watch))
        }
    }

    /// Reads, and says how it went, without judging.
    public func examine(progress: OnProgress? = nil) async throws -> Doctor {
        let (text, batches) = (try text(), batches.map(\.raw))
        return try await detached(progress) { watch in
            Doctor(json: try RcaBindings.examine(inquiry: text, batches: batches, watcher: watch))
        }
    }
}

/// What an inquiry came to.
public final class Answer: Sendable {
    let raw: RawAnswer
    /// Causes, evidence, timeline.
    public let analysis: Analysis
    /// What was read, what was not, and what is missing.
    public let doctor: Doctor

    init(_ raw: RawAnswer) throws {
        self.raw = raw
        analysis = try .of(try raw.analysis())
        doctor = Doctor(json: try raw.doctor())
    }

    /// Everything that was read.
    public func batch() -> Batch { Batch(raw.batch()) }

    /// One HTML file to look around in.
    public func canvas() async throws -> String {
        try await detached { _ in try self.raw.canvas() }
    }
}

/// Events as nodes, suspected influence as edges.
public final class Graph: Sendable {
    /// A direction along edges.
    public enum Way: String, Sendable { case out, `in`, both }

    private let raw: RawGraph

    init(_ raw: RawGraph) { self.raw = raw }

    /// A graph that ``json()`` wrote.
    public convenience init(json: String) throws { self.init(try called { try RawGraph.fromJson(text: json) }) }

    /// The graph of events in memory.
    public convenience init(_ events: [Event]) throws {
        let events = try document(events)
        self.init(try called { try RawGraph.build(events: events) })
    }

    public func json() throws -> String { try called { try raw.json() } }

    /// For Graphviz.
    public func dot() -> String { raw.dot() }

    public func stats() throws -> GraphStats { try decoded(try called { try raw.stats() }) }

    /// The strongest path between two events; nil when there is none.
    public func evidencePath(from: EventID, to: EventID, way: Way = .both) throws -> [Edge]? {
        try decoded(try called { try raw.evidencePath(from: from, to: to, way: way.rawValue) })
    }

    /// Chains of influence that end at a symptom.
    public func causalChains(to symptom: EventID, maxEdges: Int = 4) throws -> [CausalChain] {
        try decoded(try called { try raw.causalChains(symptom: symptom, maxEdges: UInt32(clamping: maxEdges)) })
    }

    /// Events one edge away.
    public func neighbours(of event: EventID, way: Way = .both, kind: String? = nil) throws -> [EventID] {
        try decoded(try called { try raw.neighbours(event: event, way: way.rawValue, kind: kind) })
    }

    /// Edges at an event.
    public func edges(of event: EventID, way: Way = .both) throws -> [Edge] {
        try decoded(try called { try raw.edgesOf(event: event, way: way.rawValue) })
    }

    /// An event, and a number that belongs to it.
    public struct Ranked<Number: Decodable & Sendable & Hashable>: Decodable, Sendable, Hashable {
        public let event: EventID
        public let number: Number

        public init(from decoder: any Decoder) throws {
            var pair = try decoder.unkeyedContainer()
            event = try pair.decode(EventID.self)
            number = try pair.decode(Number.self)
        }
    }

    /// The events so near, with their distance in edges.
    public func within(_ hops: Int, of event: EventID, way: Way = .both) throws -> [Ranked<Int>] {
        try decoded(
            try called { try raw.withinHops(event: event, hops: UInt32(clamping: hops), way: way.rawValue) })
    }

    /// All events that hang together with one.
    public func component(of event: EventID) throws -> [EventID] {
        try decoded(try called { try raw.component(event: event) })
    }

    /// Where a walk goes.
    public enum Toward: String, Sendable, Encodable { case causes, effects }

    /// Personalised PageRank from events with their weights, highest first.
    public func pageRank(
        from restarts: [EventID: Double], toward: Toward = .causes, damping: Double = 0.85
    ) throws -> [Ranked<Double>] {
        struct Walk: Encodable {
            let restarts: [EventID: Double]
            let toward: Toward
            let damping: Double
        }
        let walk = try document(Walk(restarts: restarts, toward: toward, damping: damping))
        return try decoded(try called { try raw.pageRank(wanted: walk) })
    }
}
