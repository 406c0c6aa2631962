import Foundation
import Rca
import XCTest

/// An incident from a folder of files to the closed case, as an app would.
final class StoryTests: XCTestCase {
    func testAFolderHoldsTheCase() async throws {
        let folder = try newFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let home = folder.appendingPathComponent("w.rca")
        var workspace = try Workspace(at: home)
        XCTAssertEqual(try workspace.folder()?.standardizedFileURL.path, home.standardizedFileURL.path)
        XCTAssertEqual(failure { _ = try Workspace(at: home) }?.kind, .busy)

        let answer = try await Inquiry([incident]).run(in: workspace)
        let cause = try XCTUnwrap(answer.analysis.topCause)
        XCTAssertEqual(answer.analysis.verdict, .change)
        XCTAssertEqual(cause.sha, try guiltyCommit())
        XCTAssertEqual(cause.kind, .commit)
        XCTAssertEqual(answer.analysis.causes.reduce(answer.analysis.noneOfThese) { $0 + $1.probability }, 1, accuracy: 1e-9)
        XCTAssertTrue(try answer.analysis.text(width: 80).contains("Most likely cause"))
        XCTAssertTrue(try answer.doctor.text().contains("read"))
        XCTAssertEqual(try Analysis(json: answer.analysis.json), answer.analysis)
        let id = try XCTUnwrap(answer.analysis.investigation)

        let batch = answer.batch()
        XCTAssertGreaterThan(try batch.counts().logRecords, 1000)
        XCTAssertEqual(try batch.events().all().count, try batch.counts().events)
        let inMemory = try await batch.analyze()
        XCTAssertEqual(inMemory.topCause?.sha, cause.sha)
        let withTelemetry = try await workspace.analyze(id, with: batch)
        XCTAssertEqual(withTelemetry.topCause?.sha, cause.sha)

        let page = try await workspace.canvas(id, batch: batch)
        let file = folder.appendingPathComponent("page.html")
        try save(page, to: file)
        XCTAssertEqual(try String(contentsOf: file, encoding: .utf8), page)

        let hits = try workspace.search("hold source:git")
        let snippet = try XCTUnwrap(hits.hits.first?.snippet)
        XCTAssertEqual(snippet.ranges.map { snippet.text[$0].lowercased().prefix(4) }.first, "hold")
        var found: [Event] = []
        for try await event in try workspace.searchAll(Query("hold source:git", limit: 3)) { found.append(event) }
        XCTAssertEqual(UInt64(found.count), hits.total)
        XCTAssertTrue(found.allSatisfy { $0.source == .git })
        XCTAssertEqual(try workspace.event(found[0].id), found[0])
        XCTAssertEqual(try workspace.events([found[0].id, "01900000-0000-7000-8000-000000000000"]).map(\.?.id), [found[0].id, nil])

        let graph = try workspace.graph(id)
        XCTAssertEqual(try Graph(json: try graph.json()).stats(), try graph.stats())
        XCTAssertTrue(graph.dot().contains("digraph"))
        let event = try XCTUnwrap(cause.event)
        XCTAssertFalse(try workspace.explainLink(event, id).reasons.isEmpty)
        try workspace.deleteEvent(event)
        XCTAssertEqual(failure { _ = try workspace.event(event) }?.kind, .notFound)
        try workspace.restoreEvent(event)
        try await workspace.compact()
        let isWell = try await workspace.verify().isWell
        XCTAssertTrue(isWell)
        workspace.close()
        workspace.close()
        XCTAssertEqual(failure { _ = try workspace.eventCount() }?.kind, .busy)

        workspace = try Workspace(at: home, readOnly: true)
        XCTAssertEqual(try workspace.analysis(id)?.topCause?.sha, cause.sha)
        XCTAssertEqual(try workspace.rootCauses(id, limit: 1).count, 1)
        XCTAssertEqual(try workspace.investigations().all().map(\.id), [id])
        XCTAssertEqual(failure { try workspace.setStatus(id, .inProgress) }?.kind, .denied)
    }

    func testEventsComeBackAsTheyWere() async throws {
        let workspace = try Workspace()
        let when = Date(timeIntervalSince1970: 1_795_237_200.123456)
        let event = try Event.make(
            when, "badge-reader", "door", "somebody came in", severity: .low, entity: .service("gate_house"),
            body: "one\ntwo", data: ["door_number": 7, "a.b_c": .array([.null, true, "x", .number(0.5)])], tags: ["night"],
            sourceID: "d-7", metadata: ["key_card": "blue"])
        XCTAssertEqual(event.timestamp.timeIntervalSince1970, when.timeIntervalSince1970, accuracy: 1e-6)
        try await workspace.ingest([event])
        let stored = try workspace.event(event.id)
        XCTAssertEqual(stored.data, ["door_number": 7, "a.b_c": .array([.null, true, "x", .number(0.5)])])
        XCTAssertEqual(stored.metadata, ["key_card": "blue"])
        XCTAssertEqual(stored, event)
        XCTAssertEqual(stored.sourceID, "d-7")
        let again: Appended = try await workspace.ingest([stored])
        XCTAssertEqual(again.duplicates.map(\.existing), [event.id])
        XCTAssertEqual(try JSONDecoder().decode(Event.self, from: JSONEncoder().encode(stored)), stored)
        let early = try Event.make(Date(timeIntervalSince1970: -86_400.5), .manual, "note", "before 1970")
        XCTAssertEqual(early.timestamp.timeIntervalSince1970, -86_400.5, accuracy: 1e-6)
    }

    func testAnInvestigationThroughItsLife() throws {
        let clock = try ManualClock(night)
        let workspace = try Workspace(clock: clock)
        let window = TimeRange(start: night.addingTimeInterval(-3600), end: night)
        let one = try workspace.investigate("tills are slow", window, service: "till", tags: ["shop"])
        let other = try workspace.investigate("tills are slow again", window)
        XCTAssertEqual(one.status, .open)
        XCTAssertEqual(one.createdAt, night)
        try workspace.relate(one.id, other.id)
        try workspace.unrelate(one.id, other.id)
        XCTAssertEqual(try workspace.update(one.id, InvestigationChanges(rootCause: "a deploy")).rootCause, "a deploy")
        clock.advance(by: .seconds(60))
        XCTAssertEqual(clock.now, night.addingTimeInterval(60))
        try workspace.setStatus(one.id, .inProgress)
        XCTAssertEqual(try workspace.setStatus(one.id, .resolved).resolvedAt, night.addingTimeInterval(60))
        try workspace.deleteInvestigation(other.id)
        XCTAssertEqual(try workspace.investigations().all().count, 1)
        XCTAssertEqual(try workspace.investigations(deleted: true).all().count, 2)
        try workspace.restoreInvestigation(other.id)
        try workspace.refresh()
        XCTAssertEqual(try workspace.searchInvestigations("tills").total, 2)
        let analysis = try workspace.analyze(one.id)
        XCTAssertNotEqual(analysis.verdict, .change)
    }

    func testLettersWait() async throws {
        let workspace = try Workspace()
        let batch = try await Batch.read(Data("[1]".utf8), named: "deploys.json", format: "deploys")
        XCTAssertEqual(try batch.report().refused, 1)
        let letters = try workspace.ingest(batch).letters
        XCTAssertEqual(letters.count, 1)
        XCTAssertTrue(try workspace.deadLetters.inspect(letters[0]).reason.contains("expected an object"))
        XCTAssertNotNil(try workspace.deadLetters.bytes(letters[0]))
        XCTAssertEqual(try workspace.deadLetters.discard(letters), 1)
        XCTAssertEqual(try workspace.deadLetters.counts().letters, 0)
        XCTAssertGreaterThan(try Batch.formats().count, 10)
    }
}
