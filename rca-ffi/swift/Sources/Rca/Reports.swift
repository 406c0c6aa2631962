import Foundation
internal import RcaBindings

/// How a post-incident review is written: one that is built in, or your own.
public struct ReviewTemplate: Sendable, Hashable {
    let json: String

    /// What a review has: what happened, why, what was done.
    public static let review = ReviewTemplate(json: "\"review\"")
    /// The same in brief.
    public static let summary = ReviewTemplate(json: "\"summary\"")

    /// Your own, in the syntax of Jinja; what it includes is given along with it, by name. Endless loops and endless output end
    /// in errors.
    public init(name: String, text: String, parts: [String: String] = [:]) throws {
        struct Written: Encodable {
            let name: String
            let text: String
            let parts: [String: String]
        }
        json = try document(Written(name: name, text: text, parts: parts))
    }

    private init(json: String) { self.json = json }
}

extension Workspace {
    /// A post-incident review to edit.
    public func review(
        _ id: InvestigationID, _ template: ReviewTemplate = .review, batch: Batch? = nil
    ) async throws -> String {
        try await detached { _ in try self.raw.review(id: id, batch: batch?.raw, template: template.json) }
    }

    /// A PDF to print and hand on. It says that it was made at `created`, or now when that is nil.
    public func pdf(_ id: InvestigationID, batch: Batch? = nil, created: Date? = nil) async throws -> Data {
        try await detached { _ in try self.raw.pdf(id: id, batch: batch?.raw, created: created.map(text)) }
    }
}

extension Answer {
    /// A post-incident review to edit.
    public func review(_ template: ReviewTemplate = .review) async throws -> String {
        try await detached { _ in try self.raw.review(template: template.json) }
    }

    /// A PDF to print and hand on.
    public func pdf(created: Date? = nil) async throws -> Data {
        try await detached { _ in try self.raw.pdf(created: created.map(text)) }
    }
}

extension Batch {
    /// Its events as a table for a spreadsheet.
    public func csv() async throws -> String { try await detached { _ in try self.raw.csv() } }
}
