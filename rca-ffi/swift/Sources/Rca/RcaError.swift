internal import RcaBindings

/// Any failure of the library. Branch on ``kind``; show ``message`` to a person.
///
/// ```swift
/// do {
///     try workspace.event("nonsense")
/// } catch RcaError.invalidInput {
///     // asked for something that is no id
/// }
/// ```
public struct RcaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What a caller can do about it.
    public enum Kind: String, Codable, Sendable, Hashable, CaseIterable {
        /// The thing asked for does not exist.
        case notFound = "not_found"
        /// The input can't be used as it is.
        case invalidInput = "invalid_input"
        /// The change does not fit the present state.
        case conflict
        /// Not allowed.
        case denied
        /// Somebody else holds the resource.
        case busy
        /// Stored data is damaged.
        case corrupt
        /// You asked to stop.
        case cancelled
        /// A disk failed, or a bug of ours.
        case `internal`

        /// Lets `catch RcaError.notFound` work.
        public static func ~= (kind: Kind, error: any Error) -> Bool {
            (error as? RcaError)?.kind == kind
        }
    }

    /// What a caller can do about it.
    public let kind: Kind
    /// One line for people: what, where, what to do.
    public let message: String
    /// The file, folder, input or field.
    public let source: String?
    /// In the source, from 1.
    public let line: UInt64?
    /// In characters, from 1.
    public let column: UInt64?
    /// In bytes, from 0.
    public let offset: UInt64?
    /// What to do.
    public let hint: String?

    public var description: String { message }

    // Kinds by short names, for `catch` and comparisons.
    public static let notFound = Kind.notFound
    public static let invalidInput = Kind.invalidInput
    public static let conflict = Kind.conflict
    public static let denied = Kind.denied
    public static let busy = Kind.busy
    public static let corrupt = Kind.corrupt
    public static let cancelled = Kind.cancelled

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
        (source, line, column, offset, hint) = (nil, nil, nil, nil, nil)
    }

    init(_ raw: RawError) {
        switch raw {
        case let .Failed(kind, reason, sourceName, line, column, offset, hint):
            self.kind = Kind(rawValue: kind) ?? .internal
            self.message = reason
            self.source = sourceName
            self.line = line
            self.column = column
            self.offset = offset
            self.hint = hint
        }
    }
}

/// Runs a call of the library; whatever fails is an ``RcaError``.
func called<T>(_ work: () throws -> T) throws -> T {
    do {
        return try work()
    } catch let error as RawError {
        throw RcaError(error)
    } catch let error as RcaError {
        throw error
    } catch {
        throw RcaError(.internal, "\(error)")
    }
}
