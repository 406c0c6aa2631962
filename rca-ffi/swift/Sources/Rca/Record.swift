import Foundation
internal import RcaBindings

/// What a note, a hypothesis or an argument is about.
public enum About: Codable, Sendable, Hashable {
    /// The investigation as a whole.
    case investigation
    case event(EventID)
    /// An edge of the correlation graph; `relation` is its ``Edge/kind``.
    case edge(from: EventID, to: EventID, relation: String)
    /// A suspect of the analysis, by its ``Cause/lastingKey()``.
    case cause(String)
    /// Another note.
    case note(Note.ID)
    /// What a newer library knows.
    case other(JSONValue)

    private struct Parts: Codable {
        var kind: String
        var event: EventID?
        var from: EventID?
        var to: EventID?
        var relation: String?
        var cause: String?
        var note: Note.ID?
    }

    public init(from decoder: any Decoder) throws {
        let parts = try Parts(from: decoder)
        self =
            switch (parts.kind, parts.event, parts.from, parts.to, parts.relation, parts.cause, parts.note) {
            case ("investigation", _, _, _, _, _, _): .investigation
            case let ("event", event?, _, _, _, _, _): .event(event)
            case let ("edge", _, from?, to?, relation?, _, _): .edge(from: from, to: to, relation: relation)
            case let ("cause", _, _, _, _, cause?, _): .cause(cause)
            case let ("note", _, _, _, _, _, note?): .note(note)
            default: .other(try JSONValue(from: decoder))
            }
    }

    public func encode(to encoder: any Encoder) throws {
        func write(_ parts: Parts) throws { try parts.encode(to: encoder) }
        switch self {
        case .investigation: try write(Parts(kind: "investigation"))
        case let .event(event): try write(Parts(kind: "event", event: event))
        case let .edge(from, to, relation): try write(Parts(kind: "edge", from: from, to: to, relation: relation))
        case let .cause(cause): try write(Parts(kind: "cause", cause: cause))
        case let .note(note): try write(Parts(kind: "note", note: note))
        case let .other(value): try value.encode(to: encoder)
        }
    }
}

/// One thing that speaks for or against a hypothesis.
public struct Argument: Codable, Sendable, Hashable, Identifiable {
    /// Which way it points.
    public struct Side: Word {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public static let `for`: Self = "for"
        public static let against: Self = "against"
    }

    public let id: String
    public let side: Side
    /// What it rests on.
    public let about: About
    /// In words; may be empty where ``about`` says enough.
    public let text: String
    public let author: String?
    public let time: Date
}

/// Something that is suspected, and how it stands.
public struct Hypothesis: Codable, Sendable, Hashable, Identifiable {
    /// How it stands.
    public struct State: Word {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public static let proposed: Self = "proposed"
        public static let supported: Self = "supported"
        public static let refuted: Self = "refuted"
    }

    /// Where it comes from.
    public struct Origin: Word {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public static let person: Self = "person"
        public static let analysis: Self = "analysis"
    }

    public let id: String
    /// What is suspected.
    public let text: String
    public let state: State
    public let origin: Origin
    public let author: String?
    public let time: Date
    /// The event or cause behind it.
    public let about: About
    /// For and against, oldest first.
    public let evidence: [Argument]
}

/// Another investigation, and what it has to do with this one.
public struct Relation: Codable, Sendable, Hashable {
    /// Who decided, and what.
    public struct Kind: Word {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public static let suggested: Self = "suggested"
        public static let manual: Self = "manual"
        public static let rejected: Self = "rejected"
    }

    public let investigation: InvestigationID
    public let kind: Kind
    public let confidence: Double
    /// Strongest first.
    public let reasons: [String]
    public let author: String?
    public let time: Date
}

/// A field before and after.
public struct FieldChange: Codable, Sendable, Hashable {
    /// Its name in documents; what stands in a list is named by its id: `hypotheses.<id>.state`.
    public let field: String
    public let old: JSONValue
    public let new: JSONValue
}

/// A field that two people changed differently since they read the same record.
public struct FieldConflict: Codable, Sendable, Hashable {
    public let field: String
    /// What both had read.
    public let base: JSONValue
    /// What the edit makes of it.
    public let yours: JSONValue
    /// What is stored, and was left as it is.
    public let theirs: JSONValue
}

/// What taking in edits did.
public struct Merged: Codable, Sendable, Hashable {
    /// As it is stored now.
    public let investigation: Investigation
    public let changes: [FieldChange]
    public let conflicts: [FieldConflict]
}

/// One change of one field: who, when, what it was, what it became.
public struct AuditEntry: Codable, Sendable, Hashable {
    /// Its place in the chain, from 1.
    public let seq: UInt64
    public let investigation: InvestigationID
    /// The revision that it led to.
    public let revision: UInt64
    public let time: Date
    public let author: String?
    public let field: String
    public let old: JSONValue
    public let new: JSONValue
    /// The hash of the entry before.
    public let previous: String
    /// The hash of all of it.
    public let digest: String
}

/// What taking in a dossier came to.
public struct Adoption: Codable, Sendable, Hashable {
    /// What was new about it.
    public struct Kind: Word {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        /// The investigation was not known.
        public static let new: Self = "new"
        /// The dossier goes on from where it stood.
        public static let extended: Self = "extended"
        /// Everything was known.
        public static let known: Self = "known"
    }

    public let investigation: InvestigationID
    public let adopted: Kind
}

/// A past investigation that resembles another, and what ended it.
public struct Similar: Codable, Sendable, Hashable {
    /// One reason why the two are thought to be kin.
    public struct Resemblance: Codable, Sendable, Hashable {
        /// A comparison.
        public struct Likeness: Word {
            public let rawValue: String
            public init(rawValue: String) { self.rawValue = rawValue }
            public static let templates: Self = "templates"
            public static let mechanism: Self = "mechanism"
            public static let entities: Self = "entities"
            public static let text: Self = "text"
            public static let shape: Self = "shape"
        }

        public let likeness: Likeness
        /// How strongly it speaks alone.
        public let score: Double
        /// What both have, in words.
        public let detail: String
    }

    public let investigation: InvestigationID
    public let title: String
    public let detectedAt: Date
    public let status: Investigation.Status
    /// How sure it is that the two are kin; 0.5 is worth a look.
    public let score: Double
    /// Strongest first.
    public let resemblances: [Resemblance]
    /// The most probable cause by its analysis.
    public let cause: String?
    /// The cause that people wrote down.
    public let rootCause: String?
    public let remediation: String?
    public let lessonsLearned: String?
    /// Changes that took the cause back.
    public let reverts: [EventID]
    private let seconds: Double?

    /// From detection until it was resolved.
    public var resolvedAfter: Duration? { seconds.map { .seconds($0) } }

    private enum CodingKeys: String, CodingKey {
        case investigation, title, detectedAt, status, score, resemblances, cause, rootCause, remediation
        case lessonsLearned, reverts
        case seconds = "resolvedAfter"
    }
}

/// What somebody may do; each role may do what the ones before it may.
public enum Role: String, Sendable, CaseIterable {
    /// Read, search, verify, export.
    case viewer
    /// Take in events, work on investigations, analyse, import.
    case responder
    /// Remove and restore, discard and replay dead letters, look after the folder.
    case admin
}

extension Cause {
    /// What stays the same of it when the investigation is analysed again; for ``About/cause(_:)``.
    public func lastingKey() throws -> String {
        let cause = try document(self)
        return try called { try causeKey(cause: cause) }
    }
}
