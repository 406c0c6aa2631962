import Foundation
internal import RcaBindings

/// A result as a table and as a chart.
public final class Figure: Sendable {
    /// Rows under named columns; spans are seconds, times RFC 3339.
    public struct Table: Codable, Sendable, Hashable {
        public let title: String
        public let columns: [String]
        /// What kind of thing each column holds: `text`, `count`, `number`, `share`, `seconds`, `time` or `empty`.
        public let kinds: [String]
        /// Cells in the order of the columns.
        public let rows: [[JSONValue]]
        /// How to read it, and what was left out.
        public let notes: [String]
    }

    private let raw: RawFigure
    public let table: Table
    /// The whole document: the figure's own fields, its table and what its chart shows.
    public let json: String

    init(_ raw: RawFigure) throws {
        struct Parts: Decodable { let table: Table }
        self.raw = raw
        json = try raw.form(form: "json")
        table = try decoded(json, as: Parts.self).table
    }

    /// The table for a spreadsheet.
    public func csv() throws -> String { try called { try raw.form(form: "csv") } }

    /// The table for the wiki.
    public func markdown() throws -> String { try called { try raw.form(form: "markdown") } }

    /// The chart: a picture that stands alone, without scripts and fonts.
    public func svg() throws -> String { try called { try raw.form(form: "svg") } }
}

/// Which investigations count.
public struct CaseFilter: Sendable, Hashable, Encodable {
    /// Those detected from here on.
    public var start: Date?
    /// Those detected before.
    public var end: Date?
    /// Those that hurt at least so much.
    public var impactAtLeast: Impact?
    public var component: String?
    public var service: String?
    public var mechanism: String?

    public init(detected: TimeRange? = nil, component: String? = nil, service: String? = nil) {
        start = detected?.start
        end = detected?.end
        self.component = component
        self.service = service
    }
}

/// A time that is measured.
public enum Measure: String, Sendable, CaseIterable, Encodable {
    /// From the beginning of the harm until it was noticed.
    case detect
    /// From being noticed until somebody worked on it.
    case acknowledge
    /// From being noticed until the system worked again.
    case resolve
    /// From the beginning of the harm until the system worked again.
    case restore
}

/// A span of the calendar, in UTC.
public enum Period: String, Sendable, CaseIterable, Encodable { case day, week, month, quarter }

/// What investigations are grouped by.
public enum By: String, Sendable, CaseIterable, Encodable {
    case severity, component, service, mechanism, day, week, month, quarter
}

/// A figure as documents ask for it.
private struct Wanted: Encodable, Sendable {
    let figure: String
    var measure: Measure?
    var by: [By]?
    var mostFrequentFirst: Bool?
    var period: Period?
    var withinSeconds: Double?
    var byEntity: Bool?
    var bucketSeconds: Double?
    var cases: CaseFilter?
    var start: Date?
    var end: Date?
}


extension Workspace {
    private func figure(_ wanted: Wanted) async throws -> Figure {
        let wanted = try document(wanted)
        return try await detached { _ in try Figure(try self.raw.figure(wanted: wanted)) }
    }

    /// How long it takes to detect, acknowledge, resolve or restore: mean, median and p90, with what is still open counted for
    /// as long as it has lasted.
    public func durations(
        _ measure: Measure, by: [By] = [], _ filter: CaseFilter = CaseFilter()
    ) async throws -> Figure {
        try await figure(Wanted(figure: "durations", measure: measure, by: by, cases: filter))
    }

    /// Counts investigations.
    public func tally(
        by: [By] = [], mostFrequentFirst: Bool = false, _ filter: CaseFilter = CaseFilter()
    ) async throws -> Figure {
        try await figure(Wanted(figure: "tally", by: by, mostFrequentFirst: mostFrequentFirst, cases: filter))
    }

    /// What was detected, resolved and left open, period by period.
    public func timeline(_ period: Period, _ filter: CaseFilter = CaseFilter()) async throws -> Figure {
        try await figure(Wanted(figure: "timeline", period: period, cases: filter))
    }

    /// What came back: the same component breaking in the same way not longer than `within` after it did before.
    public func recurrence(within: Duration, _ filter: CaseFilter = CaseFilter()) async throws -> Figure {
        try await figure(Wanted(figure: "recurrence", withinSeconds: seconds(within), cases: filter))
    }

    /// The share of deploys that an investigation blames.
    public func changeFailures(
        deployed: TimeRange? = nil, byEntity: Bool = false, period: Period? = nil
    ) async throws -> Figure {
        try await figure(
            Wanted(
                figure: "change_failures", period: period, byEntity: byEntity, start: deployed?.start,
                end: deployed?.end))
    }

    /// How many events each source gave, in all or by buckets of time.
    public func eventsBySource(_ range: TimeRange? = nil, bucket: Duration? = nil) async throws -> Figure {
        try await figure(
            Wanted(
                figure: "events_by_source", bucketSeconds: bucket.map(seconds), start: range?.start, end: range?.end))
    }
}
