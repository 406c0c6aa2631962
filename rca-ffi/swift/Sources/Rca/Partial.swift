import Foundation
internal import RcaBindings

/// What is known of the telemetry seen so far, a batch at a time: for what is too much for one process or memory.
///
/// Each process absorbs its share and sends its state (``bytes()``) to one that merges them. The order does not matter, and the
/// findings are those of all telemetry at once; what is absorbed twice is counted twice.
public final class Partial: Sendable {
    let raw: RawPartial

    private init(_ raw: RawPartial) { self.raw = raw }

    /// A state that has seen nothing. `window` leaves out log records outside of it, `memoryBytes` bounds what is kept of them.
    public convenience init(window: TimeRange? = nil, memoryBytes: Int? = nil) throws {
        struct Kept: Encodable {
            let window: TimeRange?
            let memoryBytes: Int?
        }
        let kept = try document(Kept(window: window, memoryBytes: memoryBytes))
        self.init(try called { try RawPartial.open(kept: kept) })
    }

    /// A state that ``bytes()`` wrote; ``RcaError/Kind/corrupt`` for anything else.
    public convenience init(bytes: Data) throws {
        self.init(try called { try RawPartial.fromBytes(bytes: bytes) })
    }

    /// The state: the same bytes for equal states.
    public func bytes() async throws -> Data { try await detached { _ in try self.raw.bytes() } }

    /// Adds a batch's telemetry.
    public func absorb(_ batch: Batch) async throws { try await detached { _ in try self.raw.absorb(batch: batch.raw) } }

    /// Adds what another state knows.
    public func merge(_ other: Partial) async throws { try await detached { _ in try self.raw.merge(other: other.raw) } }

    /// How much was absorbed.
    public struct Counts: Codable, Sendable, Hashable {
        /// Of metrics.
        public let samples: UInt64
        public let spans: UInt64
        public let logRecords: UInt64
    }

    public func counts() throws -> Counts { try decoded(try called { try raw.counts() }) }

    /// What moved, as a batch of events.
    ///
    /// `alarm` is a moment when it was surely bad, `onsetHint` when it probably began, `normal` a state of normal operation at
    /// another time, for windows that have no normal part.
    public func findings(
        in window: TimeRange, alarm: Date? = nil, onsetHint: Date? = nil, normal: Partial? = nil
    ) async throws -> Batch {
        struct Wanted: Encodable {
            let window: TimeRange
            let alarm: Date?
            let onsetHint: Date?
        }
        let wanted = try document(Wanted(window: window, alarm: alarm, onsetHint: onsetHint))
        return try await detached { _ in Batch(try self.raw.findings(wanted: wanted, normal: normal?.raw)) }
    }
}

extension Workspace {
    /// Adds a state to what is known of an investigation; the next analysis takes it in.
    public func observe(_ id: InvestigationID, _ partial: Partial) async throws {
        try await detached { _ in try self.raw.observePartial(id: id, partial: partial.raw) }
    }
}
