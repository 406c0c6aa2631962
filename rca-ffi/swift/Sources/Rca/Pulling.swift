import Foundation
internal import RcaBindings

extension Workspace {
    /// Pulls what is new, from where the last pull ended (`anew`: from the beginning), and stores its events.
    ///
    /// Retries, pauses and the checkpoint are taken care of. Telemetry is not stored: it comes back as a batch, for
    /// ``observe(_:_:)``. A page is asked for `tries` times at most (5). The longest wait that is sat out is `patience` (two
    /// minutes), the longest that a page of a server or repository may take is `pageTime` (two minutes); a source of your own
    /// can't be told to stop. A source that fails is no error: ``PullReport/end`` says how it stands.
    public func pull(
        _ source: PolledSource, pages: Int? = nil, anew: Bool = false, keepRefused: Bool = true,
        patience: Duration? = nil, pageTime: Duration? = nil, tries: Int? = nil, progress: OnProgress? = nil
    ) async throws -> Pulled {
        struct Wanted: Encodable {
            let pages: Int?
            let anew: Bool
            let forgetRefused: Bool
            let patienceSeconds: Double?
            let pageSeconds: Double?
            let tries: Int?
        }
        let options = try document(
            Wanted(
                pages: pages, anew: anew, forgetRefused: !keepRefused, patienceSeconds: patience.map(seconds),
                pageSeconds: pageTime.map(seconds), tries: tries))
        let done: Result<Pulled, any Error> = try await detached(progress) { watch in
            do {
                let pulled = try called { try self.raw.pull(source: source.raw, options: options, watcher: watch) }
                return .success(Pulled(report: try decoded(pulled.report), telemetry: Batch(pulled.telemetry)))
            } catch RcaError.cancelled {
                // Taken where the pull ended, also when nobody waits for it any more.
                if let error = source.thrown?.taken() { return .failure(error) }
                throw RcaError(.cancelled, "cancelled")
            }
        }
        return try done.get()
    }

    /// How all sources stand, and the dead-letter queue.
    public func sources() throws -> WorkspaceStatus { try decoded(try called { try raw.sources() }) }

    /// Lets a paused source be asked again at once.
    public func resetSource(_ name: String) throws { try called { try raw.resetSource(name: name) } }

    /// Lets the next pull begin anew; says whether there was a checkpoint.
    @discardableResult
    public func forgetCheckpoint(_ source: String) throws -> Bool {
        try called { try raw.forgetCheckpoint(source: source) }
    }
}

/// What came of a pull: how it went, and the telemetry.
public struct Pulled: Sendable {
    public let report: PullReport
    public let telemetry: Batch
}

/// How a pull went. Everything counted in it is durable.
public struct PullReport: Codable, Sendable, Hashable {
    /// How it ended.
    public struct End: Word {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        /// There is nothing more for now.
        public static let caughtUp: Self = "caught_up"
        /// There is more, but as many pages as wanted were pulled.
        public static let morePages: Self = "more_pages"
        /// To be pulled again at ``PullReport/notBefore``.
        public static let notBefore: Self = "not_before"
        /// It failed as often as was allowed; it may work later.
        public static let gaveUp: Self = "gave_up"
        /// Somebody has to do something, then ``Workspace/resetSource(_:)``.
        public static let needsHuman: Self = "needs_human"
        /// What is asked for there can't be had.
        public static let impossible: Self = "impossible"
    }

    /// The source's name.
    public let source: String
    public let end: End
    /// Pages that were stored.
    public let pages: Int
    /// How often a page was asked for again.
    public let retries: Int
    /// New events.
    public let accepted: Int
    /// Events that were known.
    public let duplicates: Int
    /// Records that could not be read.
    public let refused: Int
    /// Dead letters that came of them.
    public let letters: Int
    /// Old letters that had to go for them.
    public let letGo: Int
    public let waitedSeconds: Double
    /// Where the next pull begins, as JSON.
    public let checkpoint: String?
    /// When to pull again.
    public let notBefore: Date?
    /// What was in the way.
    public let fault: SourceFault?
}

/// What was in a source's way.
public struct SourceFault: Codable, Sendable, Hashable {
    public let kind: RcaError.Kind
    /// The address, without user and query.
    public let place: String
    public let what: String
    /// What a person can do.
    public let hint: String
}

/// How one source stands.
public struct SourceStatus: Codable, Sendable, Hashable {
    public let name: String
    /// `ready`, `running`, `not_before` or `paused`.
    public let standing: String
    /// `closed`, `open` or `probing`.
    public let breaker: String
    /// When it may be asked again.
    public let notBefore: Date?
    /// When its checkpoint last moved, in whichever process.
    public let checkpointAt: Date?
    /// When it last gave a page.
    public let lastPage: Date?
    /// When something last went wrong.
    public let lastFaultAt: Date?
    public let lastFault: SourceFault?
    /// How often a page was asked for.
    public let requests: Int
    /// Of these: again, after a fault.
    public let retries: Int
    /// How often there was none.
    public let faults: Int
    /// Pages that were stored.
    public let pages: Int
    public let accepted: Int
    public let duplicates: Int
    public let refused: Int
}

/// How all sources stand, and the dead-letter queue.
public struct WorkspaceStatus: Codable, Sendable, Hashable {
    public let sources: [SourceStatus]
    public let deadLetters: DeadLetterCounts
}
