import Foundation
internal import RcaBindings

/// A word of a list that may grow: a newer library's word is kept as it is.
public protocol Word: RawRepresentable, Codable, Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible
where RawValue == String {
    init(rawValue: String)
}

extension Word {
    public init(stringLiteral word: String) { self.init(rawValue: word) }
    public init(from decoder: any Decoder) throws {
        self.init(rawValue: try decoder.singleValueContainer().decode(String.self))
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
    public var description: String { rawValue }
}

/// Any JSON value, such as an attribute of an event.
public enum JSONValue: Codable, Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let array = try? value.decode([JSONValue].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: JSONValue].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case let .bool(value): try container.encode(value)
        case let .integer(value): try container.encode(value)
        case let .number(value): try container.encode(value)
        case let .string(value): try container.encode(value)
        case let .array(value): try container.encode(value)
        case let .object(value): try container.encode(value)
        }
    }

    /// The text, when it is one.
    public var string: String? {
        if case let .string(value) = self { return value }
        return nil
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

// What is left out of a document is empty. Synthesised code in this module prefers these.
extension KeyedDecodingContainer {
    func decode<T: Decodable>(_ type: [T].Type, forKey key: Key) throws -> [T] {
        try decodeIfPresent(type, forKey: key) ?? []
    }

    func decode<T: Decodable>(_ type: [String: T].Type, forKey key: Key) throws -> [String: T] {
        try decodeIfPresent(type, forKey: key) ?? [:]
    }
}

/// A moment as documents write it; Swift's `Date` keeps microseconds.
func text(_ date: Date) -> String {
    let micros = Int64((date.timeIntervalSince1970 * 1_000_000).rounded())
    let (seconds, rest) = (micros.flooredDivision(1_000_000), micros - micros.flooredDivision(1_000_000) * 1_000_000)
    let days = seconds.flooredDivision(86_400)
    let clock = seconds - days * 86_400
    let (year, month, day) = civil(days)
    func pad(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let fraction = rest == 0 ? "" : "." + pad(rest, 6)
    return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T"
        + "\(pad(clock / 3600, 2)):\(pad(clock / 60 % 60, 2)):\(pad(clock % 60, 2))\(fraction)Z"
}

/// The moment of a text that the library wrote: `2026-11-21T05:00:00.25Z`.
func moment(_ text: String) -> Date? {
    guard text.hasSuffix("Z"), text.count >= 20 else { return nil }
    let numbers = text.dropLast().split(whereSeparator: { "-T:".contains($0) })
    guard numbers.count == 6, let year = Int64(numbers[0]), let month = Int64(numbers[1]), let day = Int64(numbers[2]),
        let hour = Int64(numbers[3]), let minute = Int64(numbers[4]), let second = Double(numbers[5])
    else { return nil }
    let whole = days(year, month, day) * 86_400 + hour * 3600 + minute * 60
    return Date(timeIntervalSince1970: Double(whole) + second)
}

extension Int64 {
    fileprivate func flooredDivision(_ by: Int64) -> Int64 {
        self >= 0 ? self / by : -((-self + by - 1) / by)
    }
}

// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": days since 1970 and the civil date.
private func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = y.flooredDivision(400)
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

private func civil(_ days: Int64) -> (Int64, Int64, Int64) {
    let z = days + 719_468
    let era = z.flooredDivision(146_097)
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
}

private func decoder() -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    decoder.dateDecodingStrategy = .custom { decoder in
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let date = moment(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no time")
        }
        return date
    }
    return decoder
}

/// A value from a document of the library.
func decoded<T: Decodable>(_ document: String, as type: T.Type = T.self) throws -> T {
    do {
        return try decoder().decode(type, from: Data(document.utf8))
    } catch {
        throw RcaError(.internal, "internal error: a document is not as expected: \(error)")
    }
}

/// A document from a value.
func document(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .custom { date, encoder in
        var container = encoder.singleValueContainer()
        try container.encode(text(date))
    }
    do {
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
        throw RcaError(.invalidInput, "a value can't be written as JSON: \(error)")
    }
}

/// Values one after another, fetched page by page; both a `Sequence` of results and an `AsyncSequence`.
///
/// In an asynchronous context `for try await event in events` fetches away from the task's thread. ``close()`` lets go of the
/// snapshot that it reads from; so does its end.
public final class Cursor<Element: Decodable & Sendable>: AsyncSequence, Sendable {
    private let raw: RawCursor

    init(_ raw: RawCursor) { self.raw = raw }

    deinit { raw.letGo() }

    /// The next values, at most so many; empty at the end.
    public func page(_ most: Int = 500) throws -> [Element] {
        try called { try raw.page(most: UInt32(clamping: most)).map { try decoded($0) } }
    }

    /// All that is left.
    public func all() throws -> [Element] {
        var all: [Element] = []
        while true {
            let page = try page()
            if page.isEmpty { return all }
            all += page
        }
    }

    /// Lets go of what it reads from.
    public func close() { raw.letGo() }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(cursor: self) }

    /// Takes one value after another.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let cursor: Cursor
        var page: ArraySlice<Element> = []

        public mutating func next() async throws -> Element? {
            if page.isEmpty {
                let cursor = cursor
                page = try await detached { _ in try cursor.page() }[...]
            }
            return page.popFirst()
        }
    }
}
