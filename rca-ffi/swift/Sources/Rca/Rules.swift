import Foundation
internal import RcaBindings

/// Which events belong together, and with what. Rules are checked when a workspace is opened with them.
public struct CorrelationRule: Codable, Sendable, Hashable {
    /// What an event has to be; all that is given holds.
    public struct Conditions: Codable, Sendable, Hashable {
        public var source: Source?
        public var eventType: String?
        public var severityAtLeast: Severity?
        /// The name of its entity; `*` stands for any letters.
        public var entity: String?
        public var titleContains: String?
        public var tag: String?
        /// Attributes and their values, as text.
        public var attributes: [String: String]

        public init(
            source: Source? = nil, eventType: String? = nil, severityAtLeast: Severity? = nil, entity: String? = nil,
            titleContains: String? = nil, tag: String? = nil, attributes: [String: String] = [:]
        ) {
            self.source = source
            self.eventType = eventType
            self.severityAtLeast = severityAtLeast
            self.entity = entity
            self.titleContains = titleContains
            self.tag = tag
            self.attributes = attributes
        }

        private enum CodingKeys: String, CodingKey {
            case source, severityAtLeast, entity, titleContains, tag, attributes
            case eventType = "type"
        }
    }

    /// Rules from TOML, a list of tables `[[rule]]`, checked.
    public static func read(toml: String) throws -> [CorrelationRule] {
        try decoded(try called { try checkRules(rules: toml) })
    }

    /// How events stand to what an investigation is about.
    public enum Topology: String, Codable, Sendable {
        case any
        case sameEntity = "same_entity"
        case callsCase = "calls_case"
        case calledByCase = "called_by_case"
        case sameHost = "same_host"
    }

    /// What follows.
    public enum Effect: String, Codable, Sendable {
        /// The events belong to the investigation.
        case link
        /// The events together are an incident; ``Workspace/replay(_:settings:)`` tells.
        case incident
    }

    /// No two share a name.
    public var name: String
    public var when: Conditions
    /// Fields that the events have in common: `entity`, `source`, `type`, `severity`, `title`, or an attribute's name.
    public var same: [String]
    /// How near to each other they lie: `90s`, `15m`, `2h`, `1d`.
    public var within: String
    /// How many there are at least.
    public var atLeast: Int
    public var topology: Topology
    public var effect: Effect
    /// How sure the rule alone is, above 0 and at most 1.
    public var confidence: Double
    /// Said with the link.
    public var reason: String?

    public init(
        _ name: String, when: Conditions, within: String, same: [String] = [], atLeast: Int = 1,
        topology: Topology = .any, effect: Effect = .link, confidence: Double = 0.8, reason: String? = nil
    ) {
        self.name = name
        self.when = when
        self.same = same
        self.within = within
        self.atLeast = atLeast
        self.topology = topology
        self.effect = effect
        self.confidence = confidence
        self.reason = reason
    }
}

/// What a rule did.
public struct RuleReport: Codable, Sendable, Hashable {
    public let rule: String
    /// Events that fulfilled its conditions.
    public let considered: UInt64
    /// Of these, events that lack a field that they should have in common.
    public let withoutField: UInt64
    /// Of these, events that do not stand to the investigation as it says.
    public let elsewhere: UInt64
    /// Of these, events with too few others near by.
    public let tooFew: UInt64
    public let matched: UInt64
    /// Some that matched, earliest first.
    public let examples: [EventID]
    /// Events that were left out because there were too many.
    public let leftOut: UInt64
    /// The same in a sentence.
    public let inWords: String
}

/// What other settings would have made of a range of the past.
public struct ReplayDiff: Codable, Sendable, Hashable {
    /// What would be different about an investigation.
    public struct Case: Codable, Sendable, Hashable {
        public let investigation: InvestigationID
        public let links: [LinkDiff]
        /// The ranking, when it would be another one.
        public let ranking: RankDiff?
    }

    /// A link before and after.
    public struct LinkDiff: Codable, Sendable, Hashable {
        public let event: EventID
        public let before: Link?
        public let after: Link?
        /// Whether the event would come to count as part of the investigation.
        public let isAdded: Bool
        /// Whether it would no longer.
        public let isRemoved: Bool
    }

    /// A ranking before and after.
    public struct RankDiff: Codable, Sendable, Hashable {
        /// A suspect.
        public struct Cause: Codable, Sendable, Hashable {
            public let title: String
            public let probability: Double
        }

        public let verdictBefore: Analysis.Verdict
        public let verdictAfter: Analysis.Verdict
        /// Most probable first.
        public let before: [Cause]
        public let after: [Cause]
        /// Whether another cause comes first.
        public let otherFirst: Bool
    }

    /// Incidents by rule, against the investigations that there are.
    public struct Incidents: Codable, Sendable, Hashable {
        /// Events that a rule takes for an incident.
        public struct Incident: Codable, Sendable, Hashable {
            public let rule: String
            /// The values they have in common, in the order of the rule's fields.
            public let same: [String]
            public let start: Date
            public let end: Date
            public let events: [EventID]
        }

        /// One that somebody investigated.
        public struct Met: Codable, Sendable, Hashable {
            public let incident: Incident
            public let investigation: InvestigationID
        }

        /// Those that nobody investigated.
        public let opened: [Incident]
        public let met: [Met]
        /// Investigations that no rule sees.
        public let missed: [InvestigationID]
    }

    public let range: TimeRange
    /// Investigations that would be others.
    public let cases: [Case]
    /// How many would be the same.
    public let unchanged: UInt64
    public let incidents: Incidents
    public let rules: [RuleReport]
}

extension Workspace {
    /// What other settings would have made of the investigations that were detected in a range; what is nil in them stays as
    /// the workspace was opened. Writes nothing.
    public func replay(_ range: TimeRange, settings: Settings = Settings()) async throws -> ReplayDiff {
        struct Wanted: Encodable {
            let start: Date
            let end: Date
            let settings: Settings
        }
        let wanted = try document(Wanted(start: range.start, end: range.end, settings: settings))
        return try await detached { _ in try decoded(try self.raw.replay(wanted: wanted)) }
    }

    /// What each rule did, over the investigations that were linked since the workspace was opened.
    public func ruleReports() throws -> [RuleReport] { try decoded(try called { try raw.ruleReports() }) }
}
