import Foundation
internal import RcaBindings

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

    /// Reads those again whose time has come; to be called now and then.
    public func replayDue(progress: OnProgress? = nil) async throws -> Replayed {
        let raw = raw
        return try await detached(progress) { watch in try decoded(try raw.replayDueLetters(watcher: watch)) }
    }

    /// Takes letters out for good; says how many were there.
    @discardableResult
    public func discard(_ ids: [UInt64]) throws -> UInt64 { try called { try raw.discardLetters(ids: ids) } }

    /// Lets go of letters that are too old or too many.
    @discardableResult
    public func expire() throws -> UInt64 { try called { try raw.expireLetters() } }
}
