import Foundation
import Rca
import XCTest

/// One story that every language tells with the same bytes; `rca-core/tests/story/README.md` has its steps.
final class SameStoryTests: XCTestCase {
    private struct Draft: Decodable {
        let timestamp: String
        let source: String
        let event_type: String
        let title: String
        let severity: String?
        let entity: Entity?
        let body: String?
        let data: [String: JSONValue]?
        let tags: [String]?
        let source_id: String?
        let metadata: [String: String]?

        func event() throws -> Event {
            let whole = ISO8601DateFormatter()
            let parts = ISO8601DateFormatter()
            parts.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
            let time = try XCTUnwrap(whole.date(from: timestamp) ?? parts.date(from: timestamp.replacingOccurrences(of: ".25Z", with: ".250Z")))
            return try .make(
                time, Source(rawValue: source), event_type, title, severity: severity.map(Severity.init(rawValue:)),
                entity: entity, body: body, data: data ?? [:], tags: tags ?? [], sourceID: source_id,
                metadata: metadata ?? [:])
        }
    }

    func testTheStoryIsToldAsInEveryLanguage() async throws {
        let folder = root.appendingPathComponent("rca-core/tests/story")
        let clock = try ManualClock(night)
        let workspace = try Workspace(clock: clock)
        var facts: [String] = []
        func say(_ error: RcaError?) {
            guard let error else { return }
            facts.append("\(error.kind.rawValue): \(error.message)")
        }

        let lines = try String(contentsOf: folder.appendingPathComponent("events.ndjson"), encoding: .utf8)
        let events = try lines.split(separator: "\n")
            .map { try JSONDecoder().decode(Draft.self, from: Data($0.utf8)).event() }
        for _ in 0..<2 {
            let stored: Appended = try await workspace.ingest(events)
            facts.append("stored \(stored.accepted.joined(separator: " ")) known \(stored.duplicates.count)")
        }

        let done = try await workspace.investigate(bundle: incident)
        let id = done.investigation.id
        let top = try XCTUnwrap(done.analysis.causes.first)
        let guilty = try XCTUnwrap(top.event)
        facts.append("investigation \(id) \(done.investigation.title)")
        facts.append("cause \(guilty) \(top.title)")

        let hits = try workspace.search(Query("hold source:git", limit: 3))
        facts.append("found \(hits.total ?? 0) \(hits.hits.map(\.id).joined(separator: " "))")
        for group in try workspace.counts(by: [.source]).groups {
            facts.append("source \(group.values[0]) \(group.count)")
        }
        say(failure { _ = try workspace.event("01900000-0000-7000-8000-000000000000") })
        say(failure { _ = try workspace.search("(hold") })

        clock.advance(by: .seconds(600))
        let linked = try workspace.linkedEvents(id)
        let stranger = try XCTUnwrap(linked.first { $0.source != .alert && $0.id != guilty }).id
        facts.append("linked \(linked.count) stranger \(stranger)")
        try workspace.unlink(stranger, from: id, person: "ann")
        try workspace.link(guilty, to: id, person: "ann")
        let again = try await workspace.analyze(id)
        let links = try workspace.links(id)
        for kind: Link.Kind in [.suggested, .automatic, .manual, .rejected] {
            facts.append("links \(kind) \(links.filter { $0.kind == kind }.count)")
        }

        let note = try workspace.addNote(id, "rolled back, “holds” fall\n\ttwo tabs", author: "ann", about: .event(guilty))
        facts.append("note \(note.id) \(note.text)")
        say(failure { try workspace.setStatus(id, .resolved) })
        try workspace.update(id, InvestigationChanges(rootCause: top.title))
        for status: Investigation.Status in [.inProgress, .resolved, .closed] {
            let moved = try workspace.setStatus(id, status)
            facts.append("revision \(moved.revision) \(moved.rootCause ?? "")")
        }

        let webhook = try Data(contentsOf: folder.appendingPathComponent("webhook.json"))
        try workspace.ingestDelivery(
            headers: ["X-GitHub-Event": "push"], body: webhook, received: night.addingTimeInterval(600))
        for letter in try workspace.deadLetters.list().all() {
            facts.append("letter \(letter.source) \(letter.bytes) \(letter.reason)")
        }
        let replayed = try await workspace.deadLetters.replay()
        facts.append("replayed \(replayed.settled.count) \(replayed.refused.count)")

        let stats = try workspace.graph(id).stats()
        facts.append("graph \(stats.nodes) \(stats.edges) \(stats.components)")
        facts.append("events \(try workspace.eventCount())")
        facts.append("well \(try await workspace.verify().isWell)")

        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        func quoted(_ text: String) throws -> String { String(decoding: try encoder.encode(text), as: UTF8.self) }
        let analysis = again.json.trimmingCharacters(in: .newlines)
        let told = """
            {
            "facts": [
            \(try facts.map(quoted).joined(separator: ",\n"))
            ],
            "analysis": \(analysis),
            "report": \(try quoted(done.analysis.markdown()))
            }

            """
        let golden = root.appendingPathComponent("rca-core/tests/golden/same_story.json")
        let expected = try String(contentsOf: golden, encoding: .utf8)
        for (one, other) in zip(told.split(separator: "\n"), expected.split(separator: "\n")) where one != other {
            return XCTFail("told: \(one.prefix(200))\nexpected: \(other.prefix(200))")
        }
        XCTAssertEqual(Data(told.utf8), Data(expected.utf8))
    }
}
