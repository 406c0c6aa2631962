import Foundation
internal import RcaBindings

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

    /// Keeps what a comparison of your own found: that two investigations may be related, how surely (0 to 1) and why. What a
    /// person decided stays; says whether it was kept.
    @discardableResult
    public func suggestRelation(
        _ id: InvestigationID, _ other: InvestigationID, confidence: Double, because reasons: [String] = []
    ) throws -> Bool {
        try called { try raw.suggestRelation(id: id, other: other, confidence: confidence, reasons: reasons) }
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
