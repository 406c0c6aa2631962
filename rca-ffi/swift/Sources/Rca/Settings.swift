import Foundation

/// How a workspace judges and what it reads. What is `nil` keeps its default.
public struct Settings: Codable, Sendable, Hashable {
    /// Causes in an answer.
    public var maxCauses: Int?
    /// Weights of evidence, by name.
    public var weights: [String: Double]?
    /// Whether secrets are blotted out of texts; they are unless this says otherwise.
    public var redact: Bool?
    /// Patterns of secrets of your own, by name.
    public var redactPatterns: [String: String]?
    /// Names of standard patterns that are left out.
    public var redactWithout: [String]?
    /// `keep`, `pseudonym` or `redact`.
    public var redactAuthors: String?
    /// Bytes of a line that is read.
    public var lineBytes: Int?
    /// Bytes of a record that is read.
    public var recordBytes: Int?
    /// Bytes of a file that is read.
    public var fileBytes: UInt64?
    /// Bytes of a document that is read as a whole, such as the body of a webhook.
    public var bodyBytes: Int?
    /// Bytes that a packed body may unpack to.
    public var unpackedBytes: UInt64?
    /// How much gzip may grow, as a factor.
    public var gzipRatio: UInt64?
    public var jsonDepth: Int?
    /// Values in a JSON document.
    public var jsonValues: Int?
    public var xmlDepth: Int?
    /// Attributes of a record.
    public var attributes: Int?
    /// Refused records that are described one by one.
    public var described: Int?
    /// Bytes of refused records that are kept.
    public var keptBytes: Int?
    /// The year that times without one belong to ends here.
    public var before: Date?
    /// From this confidence on an event is suggested; with `linkFrom`.
    public var suggestFrom: Double?
    /// From this confidence on an event is linked; with `suggestFrom`.
    public var linkFrom: Double?
    /// Rules of your own about which events belong to an investigation.
    public var rules: [CorrelationRule]?
    /// Which entities the code below a path belongs to.
    public var code: [String: [Entity]]?
    /// Bounds of the dead-letter queue.
    public var deadLetters: DeadLetterBounds?

    public init() {}
}

/// How much the dead-letter queue holds. What is `nil` keeps its default.
public struct DeadLetterBounds: Codable, Sendable, Hashable {
    public var letters: UInt64?
    /// Of all letters.
    public var bytes: UInt64?
    /// Of one letter.
    public var letterBytes: UInt64?
    public var ageSeconds: Double?

    public init() {}
}
