import Foundation
internal import RcaBindings

// MARK: - Values

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

// MARK: - Notes and hypotheses

extension Workspace {
    /// The same workspace in somebody's hands: what the role does not allow is ``RcaError/Kind/denied``, and what they change
    /// is recorded under their name. Who they are is for you to find out.
    public func acting(as name: String, role: Role) throws -> Workspace {
        Workspace(try called { try raw.actingAs(name: name, role: role.rawValue) })
    }

    /// Adds a note (Markdown).
    @discardableResult
    public func addNote(
        _ id: InvestigationID, _ text: String, author: String? = nil, about: About = .investigation
    ) throws -> Note {
        let about = try document(about)
        return try decoded(try called { try raw.addNote(id: id, text: text, author: author, about: about) })
    }

    /// Changes the text of a note; what it said before stays in the history.
    @discardableResult
    public func editNote(
        _ id: InvestigationID, _ note: Note.ID, _ text: String, author: String? = nil
    ) throws -> Note {
        try decoded(try called { try raw.editNote(id: id, note: note, text: text, author: author) })
    }

    /// Removes a note; what it said stays in the history.
    public func removeNote(_ id: InvestigationID, _ note: Note.ID, author: String? = nil) throws {
        try called { try raw.removeNote(id: id, note: note, author: author) }
    }

    /// Says what is suspected.
    ///
    /// ```swift
    /// let guess = try workspace.propose(id, "the pool is too small", author: "ann")
    /// try workspace.addEvidence(id, guess.id, .for, "40 threads wait for a connection", author: "ann")
    /// try workspace.setHypothesis(id, guess.id, .supported, author: "ben")
    /// ```
    @discardableResult
    public func propose(
        _ id: InvestigationID, _ text: String, author: String? = nil, about: About = .investigation
    ) throws -> Hypothesis {
        let about = try document(about)
        return try decoded(try called { try raw.propose(id: id, text: text, author: author, about: about) })
    }

    /// Makes hypotheses of the causes that the analysis found at least so probable; gives those that are new.
    @discardableResult
    public func proposeFromAnalysis(
        _ id: InvestigationID, atLeast probability: Double = 0.2
    ) async throws -> [Hypothesis] {
        try await detached { _ in try decoded(try self.raw.proposeFromAnalysis(id: id, atLeast: probability)) }
    }

    /// Says a hypothesis in other words.
    @discardableResult
    public func editHypothesis(
        _ id: InvestigationID, _ hypothesis: Hypothesis.ID, _ text: String, author: String? = nil
    ) throws -> Hypothesis {
        try decoded(
            try called { try raw.editHypothesis(id: id, hypothesis: hypothesis, text: text, author: author) })
    }

    /// Says how a hypothesis stands.
    @discardableResult
    public func setHypothesis(
        _ id: InvestigationID, _ hypothesis: Hypothesis.ID, _ state: Hypothesis.State, author: String? = nil
    ) throws -> Hypothesis {
        try decoded(
            try called {
                try raw.setHypothesis(id: id, hypothesis: hypothesis, state: state.rawValue, author: author)
            })
    }

    /// Brings something that speaks for or against a hypothesis: words, or what they refer to.
    @discardableResult
    public func addEvidence(
        _ id: InvestigationID, _ hypothesis: Hypothesis.ID, _ side: Argument.Side, _ text: String = "",
        author: String? = nil, about: About = .investigation
    ) throws -> Argument {
        let about = try document(about)
        return try decoded(
            try called {
                try raw.addEvidence(
                    id: id, hypothesis: hypothesis, side: side.rawValue, text: text, author: author, about: about)
            })
    }

    /// Takes in what people wrote in the page of ``canvas(_:batch:)`` and saved, in one write.
    ///
    /// Where somebody changed the same field meanwhile, what is stored stays, and ``Merged/conflicts`` shows both.
    @discardableResult
    public func importEdits(_ id: InvestigationID, _ edits: String) async throws -> Merged {
        try await detached { _ in try decoded(try self.raw.importEdits(id: id, edits: edits)) }
    }
}

// MARK: - History

extension Workspace {
    /// Every change of every field, oldest first; chained by hashes that ``verify()`` checks.
    public func history(_ id: InvestigationID) throws -> Cursor<AuditEntry> {
        Cursor(try called { try raw.history(id: id) })
    }

    /// An investigation as it was.
    public func investigation(_ id: InvestigationID, at revision: UInt64) throws -> Investigation {
        try decoded(try called { try raw.investigationAt(id: id, revision: revision) })
    }

    /// Where all histories end now, as a document. Kept elsewhere, it proves later by ``checkSeal(_:)`` that they only grew,
    /// even to whoever can write the file.
    public func auditSeal() async throws -> String { try await detached { _ in try self.raw.auditSeal() } }

    /// What became of histories that were sealed; empty when all is well.
    public func checkSeal(_ seal: String) async throws -> [Health.Problem] {
        try await detached { _ in try decoded(try self.raw.checkSeal(seal: seal)) }
    }

    /// An investigation with its events, links, answer and history as one document, without loss.
    public func exportInvestigation(_ id: InvestigationID) async throws -> String {
        try await detached { _ in try self.raw.exportInvestigation(id: id) }
    }

    /// Takes such a document in, all or nothing. ``RcaError/Kind/conflict`` when it was changed on both sides,
    /// ``RcaError/Kind/corrupt`` when its history was tampered with.
    @discardableResult
    public func importInvestigation(_ dossier: String) async throws -> Adoption {
        try await detached { _ in try decoded(try self.raw.importInvestigation(dossier: dossier)) }
    }
}

// MARK: - Seen before?

extension Workspace {
    /// Past investigations that resemble one, most alike first, with reasons and what ended them.
    public func similar(to id: InvestigationID, limit: Int = 5) async throws -> [Similar] {
        try await detached { _ in try decoded(try self.raw.similar(id: id, limit: UInt32(clamping: limit))) }
    }

    /// Notes on both sides which investigations resemble one at least so much, as suggestions; gives them.
    @discardableResult
    public func suggestRelated(to id: InvestigationID, atLeast score: Double = 0.5) async throws -> [Similar] {
        try await detached { _ in try decoded(try self.raw.suggestRelated(id: id, atLeast: score)) }
    }

    /// Says that two investigations are related, and why.
    public func relate(
        _ a: InvestigationID, _ b: InvestigationID, because reasons: [String] = [], person: String? = nil
    ) throws {
        try called { try raw.relate(a: a, b: b, person: person, reasons: reasons) }
    }

    /// Says that they are not; keeps a suggestion from coming back.
    public func unrelate(_ a: InvestigationID, _ b: InvestigationID) throws {
        try called { try raw.unrelate(a: a, b: b) }
    }
}
