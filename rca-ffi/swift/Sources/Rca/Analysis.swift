import Foundation
internal import RcaBindings

/// The whole answer: what broke first, which change did it, how sure.
///
/// ``json`` is the document as the library wrote it, byte for byte what the other languages get.
public struct Analysis: Codable, Sendable, Hashable {
    /// The answer in one word.
    public struct Verdict: Word {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public static let change: Self = "change"
        public static let external: Self = "external"
        public static let entity: Self = "entity"
        public static let nothingToBlame: Self = "nothing_to_blame"
        public static let notEnoughEvidence: Self = "not_enough_evidence"
    }

    /// The beginning of the incident.
    public struct Onset: Codable, Sendable, Hashable {
        /// The most probable moment.
        public let time: Date
        public let notBefore: Date
        public let notAfter: Date
        public let confidence: Double
        /// The signal that moved first, in words.
        public let firstSignal: String
    }

    /// An entity and its share of the harm.
    public struct RankedEntity: Codable, Sendable, Hashable {
        public let entity: Entity
        public let share: Double
        public let probability: Double?
        public let onset: Date?
        public let evidence: [Evidence]
    }

    /// A suspect that was cleared.
    public struct RuledOut: Codable, Sendable, Hashable {
        public let title: String
        public let event: EventID?
        public let sha: String?
        public let reasons: [String]
    }

    /// A moment worth knowing.
    public struct TimelineEntry: Codable, Sendable, Hashable {
        public let time: Date
        public let entity: Entity?
        public let what: String
        public let event: EventID?
    }

    /// What the answer rests on.
    public struct Inputs: Codable, Sendable, Hashable {
        public let events: [String: UInt64]
        public let metricPoints: UInt64
        public let spans: UInt64
        public let logRecords: UInt64
        /// What was missing.
        public let gaps: [String]
    }

    public let schemaVersion: Int
    public let investigation: InvestigationID?
    /// What it looked like to the people on call.
    public let symptom: String
    public let window: TimeRange
    public let verdict: Verdict
    public let onset: Onset?
    /// What broke first.
    public let firstFailing: Entity?
    /// What else was hurt, in the order of onset.
    public let blastRadius: [Entity]
    /// Suspects, most probable first; their probabilities and ``noneOfThese`` sum to one.
    public let causes: [Cause]
    public let noneOfThese: Double
    public let noneEvidence: [Evidence]
    public let entities: [RankedEntity]
    public let ruledOut: [RuledOut]
    public let timeline: [TimelineEntry]
    public let inputs: Inputs

    /// The document as the library wrote it. Empty for one that did not come from the library.
    public internal(set) var json: String = ""

    private enum CodingKeys: String, CodingKey {
        case schemaVersion, investigation, symptom, window, verdict, onset, firstFailing, blastRadius, causes
        case noneOfThese, noneEvidence, entities, ruledOut, timeline, inputs
    }

    /// The most probable cause, when it is more probable than "none of these".
    public var topCause: Cause? {
        causes.first.flatMap { $0.probability > noneOfThese ? $0 : nil }
    }

    static func of(_ text: String) throws -> Analysis {
        var analysis: Analysis = try decoded(text)
        analysis.json = text
        return analysis
    }

    /// An answer from its document.
    public init(json: String) throws {
        self = try .of(try called { try render(analysis: json, kind: "json", width: 0) })
    }

    /// The answer for the wiki.
    public func markdown() throws -> String {
        try called { try render(analysis: json, kind: "markdown", width: 0) }
    }

    /// The answer for a terminal, so many columns wide.
    public func text(width: Int = 100, colour: Bool = false) throws -> String {
        try called { try render(analysis: json, kind: colour ? "colour" : "text", width: UInt32(clamping: width)) }
    }
}

/// A ranked suspect.
public struct Cause: Codable, Sendable, Hashable {
    /// What a suspect is.
    public struct Kind: Word {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public static let commit: Self = "commit"
        public static let deploy: Self = "deploy"
        public static let flag: Self = "flag"
        public static let external: Self = "external"
        public static let entity: Self = "entity"
    }

    /// One step on the way to the symptom.
    public struct Step: Codable, Sendable, Hashable {
        public let entity: Entity?
        public let what: String
        public let time: Date?
        public let event: EventID?
    }

    public let kind: Kind
    /// Of a commit: its full hash.
    public let sha: String?
    /// Of a commit: the entities that run it.
    public let deployedTo: [Entity]
    /// Of a commit: when it first reached one of them.
    public let deployedAt: Date?
    /// Of a deploy.
    public let version: String?
    /// Of a flag.
    public let key: String?
    /// Of an external cause: its name in the mechanism table.
    public let trigger: String?
    /// Of an entity: how it misbehaves.
    public let symptom: String?
    /// One line for people.
    public let title: String
    /// Where it acts.
    public let entity: Entity?
    /// The share of belief.
    public let probability: Double
    /// The event behind it.
    public let event: EventID?
    /// How it does harm.
    public let mechanism: String?
    /// Strongest first.
    public let evidenceFor: [Evidence]
    /// Strongest first.
    public let evidenceAgainst: [Evidence]
    /// From the cause to the symptom.
    public let path: [Step]
    /// What would help.
    public let remediation: String?
}

/// One thing that speaks for or against a cause.
public struct Evidence: Codable, Sendable, Hashable {
    /// `timing`, `diff`, `reach`, `metric`, `log`, `trace`, `text`, `prior`.
    public let kind: String
    /// In words, with its numbers.
    public let statement: String
    /// In natural-log odds.
    public let weight: Double
    public let before: Double?
    public let after: Double?
    public let time: Date?
    public let events: [EventID]
}

/// An investigation with its answer, and how its inputs were read.
public struct Investigated: Sendable, Hashable {
    public let investigation: Investigation
    public let analysis: Analysis
    public let report: ReadReport

    static func of(_ text: String, _ analysis: String?) throws -> Investigated {
        struct Parts: Decodable {
            let investigation: Investigation
            let analysis: Analysis
            let report: ReadReport
        }
        let parts: Parts = try decoded(text)
        let whole = try analysis.map(Analysis.of) ?? parts.analysis
        return Investigated(investigation: parts.investigation, analysis: whole, report: parts.report)
    }
}

/// What was read, what was not, and what is missing.
public struct Doctor: Sendable, Hashable {
    /// The document as the library wrote it.
    public let json: String

    /// For a terminal.
    public func text(width: Int = 100) throws -> String {
        try called { try renderDoctor(doctor: json, kind: "text", width: UInt32(clamping: width)) }
    }

    /// For the wiki.
    public func markdown() throws -> String {
        try called { try renderDoctor(doctor: json, kind: "markdown", width: 0) }
    }
}
