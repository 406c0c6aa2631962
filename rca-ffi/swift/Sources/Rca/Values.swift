import Foundation

/// What an event is about, or a fault sits in.
public struct Entity: Codable, Sendable, Hashable {
    /// What it is.
    public struct Kind: Word {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public static let service: Self = "service"
        public static let host: Self = "host"
        public static let pod: Self = "pod"
        public static let database: Self = "database"
        public static let queue: Self = "queue"
    }

    public var kind: Kind
    /// Its name, as the sources write it.
    public var name: String

    public init(kind: Kind = .service, name: String) {
        self.kind = kind
        self.name = name
    }

    /// A program that answers requests or works in the background.
    public static func service(_ name: String) -> Self { Self(name: name) }
}

/// From a moment on, up to another.
public struct TimeRange: Codable, Sendable, Hashable {
    /// First moment inside.
    public var start: Date
    /// First moment after.
    public var end: Date

    public init(start: Date, end: Date) {
        self.start = start
        self.end = end
    }
}

/// How bad an event is.
public struct Severity: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public static let info: Self = "info"
    public static let low: Self = "low"
    public static let medium: Self = "medium"
    public static let high: Self = "high"
    public static let critical: Self = "critical"
}

/// Where an event comes from: one of these, or any other name.
public struct Source: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public static let git: Self = "git"
    public static let ci: Self = "ci"
    public static let deploy: Self = "deploy"
    public static let flag: Self = "flag"
    public static let alert: Self = "alert"
    public static let logs: Self = "logs"
    public static let metrics: Self = "metrics"
    public static let traces: Self = "traces"
    public static let statusPage: Self = "status_page"
    public static let manual: Self = "manual"
}

/// The id of an event, as text.
public typealias EventID = String
/// The id of an investigation, as text.
public typealias InvestigationID = String

/// Something that happened at a time. Made with ``make(_:_:_:_:severity:entity:body:data:tags:sourceID:metadata:)``.
public struct Event: Codable, Sendable, Hashable, Identifiable {
    public let id: EventID
    public let timestamp: Date
    public let source: Source
    /// `commit`, `deploy`, `metric_shift`, ...
    public let eventType: String
    public let severity: Severity
    public let entity: Entity?
    public let title: String
    public let body: String?
    /// Attributes, by the names of the OpenTelemetry conventions where there is one.
    public let data: [String: JSONValue]
    public let tags: [String]
    private let sourceId: String?
    /// The investigations it is linked to.
    public let investigations: [InvestigationID]
    public let parsedAt: Date?
    public let linkedAt: Date?
    public let metadata: [String: String]
    public let deletedAt: Date?

    /// The id that its source knows it by.
    public var sourceID: String? { sourceId }
}

/// What a new event says.
struct EventDraft: Encodable {
    let timestamp: Date
    let source: Source
    let eventType: String
    let title: String
    let severity: Severity?
    let entity: Entity?
    let body: String?
    let data: [String: JSONValue]
    let tags: [String]
    let sourceId: String?
    let metadata: [String: String]
}

/// What storing events did.
public struct Appended: Codable, Sendable, Hashable {
    /// An event that was known.
    public struct Duplicate: Codable, Sendable, Hashable {
        /// Its place among those handed in.
        public let index: Int
        /// The one that is stored.
        public let existing: EventID
    }

    public let accepted: [EventID]
    public let duplicates: [Duplicate]
}

/// What storing a batch did.
public struct Ingested: Codable, Sendable, Hashable {
    public let appended: Appended
    /// The letters that its refused records became.
    public let letters: [UInt64]
}

/// A page of hits.
public struct Hits: Codable, Sendable, Hashable {
    /// One match.
    public struct Hit: Codable, Sendable, Hashable, Identifiable {
        public let id: String
        /// How well it matches; 0 unless sorted by relevance.
        public let score: Double
        public let timestamp: Date
        public let snippet: Snippet?
    }

    /// The best place in the text.
    public struct Snippet: Codable, Sendable, Hashable {
        public let text: String
        private let highlights: [[Int]]

        /// What matched.
        public var ranges: [Range<String.Index>] {
            highlights.compactMap { ends in
                guard ends.count == 2, ends[0] <= ends[1], ends[1] <= text.utf8.count else { return nil }
                let utf8 = text.utf8
                return utf8.index(utf8.startIndex, offsetBy: ends[0])..<utf8.index(utf8.startIndex, offsetBy: ends[1])
            }
        }
    }

    /// How many match in all; none when not counted.
    public let total: UInt64?
    public let hits: [Hit]
    /// Where the next page begins.
    public let next: String?
}

/// Exact counts.
public struct Counts: Codable, Sendable, Hashable {
    /// Counts of one group.
    public struct Group: Codable, Sendable, Hashable {
        /// Where its bucket of time begins.
        public let bucket: Date?
        /// Its values, in the order of the facets.
        public let values: [String]
        public let count: UInt64
    }

    /// What to count by.
    public enum Facet: String, Sendable, CaseIterable {
        case source, type, entity, severity
    }

    public let total: UInt64
    public let groups: [Group]
}

/// How much users are hurt.
public struct Impact: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public static let low: Self = "low"
    public static let medium: Self = "medium"
    public static let high: Self = "high"
    public static let critical: Self = "critical"
}

/// What to work on first.
public struct Priority: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public static let p0: Self = "p0"
    public static let p1: Self = "p1"
    public static let p2: Self = "p2"
    public static let p3: Self = "p3"
}

/// What people do about one incident.
public struct Investigation: Codable, Sendable, Hashable, Identifiable {
    /// Where it is in its life.
    public struct Status: Word {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public static let open: Self = "open"
        public static let inProgress: Self = "in_progress"
        public static let resolved: Self = "resolved"
        public static let closed: Self = "closed"
    }

    public let id: InvestigationID
    public let title: String
    public let description: String
    public let status: Status
    public let impactSeverity: Impact
    public let priority: Priority
    public let detectedAt: Date
    public let startedAt: Date?
    public let acknowledgedAt: Date?
    public let resolvedAt: Date?
    public let rootCause: String?
    public let remediation: String?
    public let lessonsLearned: String?
    public let componentAffected: String?
    public let serviceAffected: String?
    public let tags: [String]
    public let related: [Relation]
    public let notes: [Note]
    public let hypotheses: [Hypothesis]
    public let createdBy: String?
    public let assignedTo: String?
    public let window: TimeRange
    public let createdAt: Date
    public let updatedAt: Date
    public let deletedAt: Date?
    /// Counts changes.
    public let revision: UInt64
}

/// What somebody wrote down.
public struct Note: Codable, Sendable, Hashable, Identifiable {
    public let id: String
    public let time: Date
    public let author: String?
    /// Markdown.
    public let text: String
    public let about: About
}

/// Whether, how surely and why an event belongs to an investigation.
public struct Link: Codable, Sendable, Hashable {
    /// Who decided.
    public struct Kind: Word {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public static let suggested: Self = "suggested"
        public static let automatic: Self = "automatic"
        public static let manual: Self = "manual"
        public static let rejected: Self = "rejected"
    }

    /// Why.
    public struct Reason: Codable, Sendable, Hashable {
        public let rule: String
        public let score: Double
        public let detail: String
    }

    public let event: EventID
    public let investigation: InvestigationID
    public let kind: Kind
    public let confidence: Double
    public let reasons: [Reason]
    public let linkedAt: Date
    public let linkedBy: String?
}

/// What every rule says about an event and an investigation.
public struct Explanation: Codable, Sendable, Hashable {
    public let confidence: Double
    public let kind: Link.Kind?
    public let reasons: [Link.Reason]
}

/// What deciding anew about links did.
public struct Relinked: Codable, Sendable, Hashable {
    public let linked: Int
    public let suggested: Int
    public let dropped: Int
}

/// Whether all is well with a folder.
public struct Health: Codable, Sendable, Hashable {
    /// Something that is wrong.
    public struct Problem: Codable, Sendable, Hashable {
        public let what: String
        public let reason: String
    }

    public let isWell: Bool
    public let events: UInt64
    public let investigations: UInt64
    public let links: UInt64
    public let deadLetters: UInt64
    public let problems: [Problem]
    /// ``Workspace/rebuildIndex()`` repairs them.
    public let damagedIndexFiles: [String]
}

/// A relation between two events.
public struct Edge: Codable, Sendable, Hashable {
    public let from: EventID
    public let to: EventID
    public let kind: String
    public let weight: Double
    public let rule: String
    public let reason: String
    public let evidence: [EventID]
}

/// A chain of influence from a change to a symptom.
public struct CausalChain: Codable, Sendable, Hashable {
    public let change: EventID
    public let strength: Double
    public let edges: [Edge]
}

/// A graph in numbers.
public struct GraphStats: Codable, Sendable, Hashable {
    public let nodes: Int
    public let edges: Int
    public let byKind: [String: Int]
    public let components: Int
    public let isolated: Int
    public let maxDegree: Int
}

/// A record or page that could not be read.
public struct DeadLetter: Codable, Sendable, Hashable, Identifiable {
    /// Where in its input it stood.
    public struct Place: Codable, Sendable, Hashable {
        public let input: String?
        public let line: UInt64?
        public let column: UInt64?
        public let offset: UInt64?
    }

    public let id: UInt64
    public let source: String
    public let format: String?
    public let place: Place
    public let reason: String
    public let about: [String: String]
    public let tries: Int
    public let firstAt: Date
    public let lastAt: Date
    public let nextTry: Date?
    public let bytes: UInt64
    /// Whether its bytes were kept.
    public let kept: Bool
}

/// How full the queue is, and what it let go.
public struct DeadLetterCounts: Codable, Sendable, Hashable {
    public let letters: UInt64
    public let bytes: UInt64
    public let arrived: UInt64
    public let settled: UInt64
    public let evicted: UInt64
    public let expired: UInt64
}

/// What came of reading letters again.
public struct Replayed: Codable, Sendable, Hashable {
    /// A letter that stays.
    public struct Refused: Codable, Sendable, Hashable {
        public let id: UInt64
        public let reason: String
    }

    public let settled: [UInt64]
    public let refused: [Refused]
    public let accepted: UInt64
    public let duplicates: UInt64
}

/// What was read and what was not.
public struct ReadReport: Codable, Sendable, Hashable {
    /// One file or stream.
    public struct Input: Codable, Sendable, Hashable {
        public let name: String
        public let format: String
        public let read: UInt64
        public let refused: UInt64
        public let bytes: UInt64
        /// What else is worth knowing, with how often.
        public let notes: [String: UInt64]
    }

    public let inputs: [Input]
    public let missing: [String]
    public let ignored: [String]

    /// Records that were refused.
    public var refused: UInt64 { inputs.reduce(0) { $0 + $1.refused } }
}

/// How much is in a batch.
public struct BatchCounts: Codable, Sendable, Hashable {
    public let events: Int
    public let metricPoints: Int
    public let spans: Int
    public let logRecords: Int
    public let covers: TimeRange?
}

/// A format that can be read.
public struct Format: Codable, Sendable, Hashable {
    public let name: String
    public let about: String
}
