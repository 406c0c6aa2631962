import Foundation
import Rca
import XCTest

/// Sources that are polled, telemetry in pieces, and a PDF of what came of it.
final class SourcesTests: XCTestCase {
    private func ticket(_ number: Int) throws -> Batch { try Batch([note("ticket \(number)", "T-\(number)")]) }

    func testEventsMadeByHandAndTheirGraph() async throws {
        let deploy = try Event.make(
            night, .deploy, "deploy", "till v7", entity: Entity(kind: .service, name: "kassa"), data: ["imageTag": "v7"],
            sourceID: "d-7")
        let alert = try Event.make(
            night.addingTimeInterval(300), .alert, "alert", "till is slow", entity: Entity(kind: .service, name: "till"),
            sourceID: "a-1")
        let both = try Batch(joining: [Batch([alert]), Batch([deploy])])
        let named = try both.resolved(rules: #"{"aliases": {"till": ["kassa"]}}"#)
        XCTAssertEqual(try named.entities().map(\.name), ["till"])
        XCTAssertEqual(failure { _ = try both.resolved(rules: #"{"aliases": 7}"#) }?.kind, .invalidInput)
        let events = try named.events().all()
        XCTAssertEqual(events.map(\.title), ["till v7", "till is slow"])
        // Names of attributes are the host's.
        XCTAssertEqual(events[0].data["imageTag"], "v7")

        let graph = try Graph(events)
        XCTAssertFalse(try graph.edges(of: events[0].id, way: .out).isEmpty)
        XCTAssertTrue(try graph.within(1, of: events[0].id).contains { $0.event == events[1].id && $0.number == 1 })
        XCTAssertEqual(Set(try graph.component(of: events[0].id)), Set(events.map(\.id)))
        let ranks = try graph.pageRank(from: [events[1].id: 1])
        XCTAssertEqual(ranks.count, 2)
        XCTAssertEqual(ranks.reduce(0) { $0 + $1.number }, 1, accuracy: 1e-6)

        let release = Data(
            """
            {"action": "published", "repository": {"full_name": "shop/till", "name": "till"}, "release": {"id": 1, \
            "tag_name": "v7", "published_at": "2026-05-04T09:00:00Z", "draft": false, "prerelease": false}}
            """.utf8)
        let delivery = try Batch.read(delivery: release, headers: ["X-GitHub-Event": "release"])
        XCTAssertEqual(try delivery.counts().events, 1)
        XCTAssertEqual(try Workspace().indexOpened().index, "created")
        do {
            _ = try await diff(of: "HEAD", in: URL(fileURLWithPath: "/does/not/exist"))
            XCTFail("it did not fail")
        } catch is RcaError {
        }
    }

    func testASourceOfOnesOwn() async throws {
        let workspace = try Workspace()
        let tickets = try [ticket(1), ticket(2), ticket(3)]
        let source = try PolledSource.custom("tickets") { checkpoint, _ in
            // It may use the workspace.
            XCTAssertLessThanOrEqual(try workspace.eventCount(), 3)
            guard case let .object(at) = checkpoint, case let .integer(last) = at["lastTicket"] else {
                XCTAssertNil(checkpoint)
                return .init(tickets[0], checkpoint: .object(["lastTicket": 1]), more: true)
            }
            if last == 3 { return .init(checkpoint: .object(at)) }
            return .init(tickets[Int(last)], checkpoint: .object(["lastTicket": .integer(last + 1)]), more: last < 2)
        }
        XCTAssertEqual(source.name, "tickets")
        let first = try await workspace.pull(source).report
        XCTAssertEqual(first.pages, 3)
        XCTAssertEqual(first.accepted, 3)
        XCTAssertEqual(first.end, .caughtUp)
        XCTAssertEqual(first.checkpoint, #"{"lastTicket":3}"#)
        let second = try await workspace.pull(source).report
        XCTAssertEqual(second.accepted, 0)
        XCTAssertTrue(try workspace.forgetCheckpoint("tickets"))
        XCTAssertFalse(try workspace.forgetCheckpoint("tickets"))
        let third = try await workspace.pull(source, pages: 2, anew: true).report
        XCTAssertEqual(third.end, .morePages)
        XCTAssertEqual(third.duplicates, 2)
        let standing = try XCTUnwrap(try workspace.sources().sources.first)
        XCTAssertEqual(standing.name, "tickets")
        XCTAssertEqual(standing.standing, "ready")
        XCTAssertEqual(standing.pages, 6)
        XCTAssertEqual(failure { _ = try PolledSource.custom("") { _, _ in .init(checkpoint: .null) } }?.kind, .invalidInput)
    }

    func testFaultsSayWhatToDo() async throws {
        let workspace = try Workspace()
        let known: [(PolledSource.Fault.Kind, PullReport.End)] = [
            (.unreachable, .gaveUp), (.timedOut, .gaveUp), (.server, .gaveUp), (.credentials, .needsHuman),
            (.forbidden, .needsHuman), (.notFound, .needsHuman), (.malformed, .impossible),
            (.throttled(after: .seconds(7200)), .notBefore),
        ]
        for (kind, end) in known {
            let source = try PolledSource.custom("\(kind)") { _, _ in throw PolledSource.Fault(kind, "as it says") }
            let report = try await workspace.pull(source, tries: 1).report
            XCTAssertEqual(report.end, end)
            XCTAssertEqual(report.fault?.what, "as it says")
            XCTAssertEqual(report.notBefore != nil, end == .notBefore)
        }
        try workspace.resetSource("credentials")
        XCTAssertEqual(try workspace.sources().sources.first { $0.name == "credentials" }?.standing, "ready")
        XCTAssertEqual(try workspace.sources().sources.first { $0.name == "forbidden" }?.standing, "paused")

        // A bug of its own reaches who pulls, as it is, and nobody else.
        struct Bug: Error {}
        let broken = try PolledSource.custom("broken") { _, _ in throw Bug() }
        for _ in 0..<2 {
            do {
                _ = try await workspace.pull(broken)
                XCTFail("it did not fail")
            } catch is Bug {
            }
        }
        XCTAssertEqual(try workspace.sources().sources.first { $0.name == "broken" }?.pages, 0)
    }

    func testAPullCanBeCancelled() async throws {
        let workspace = try Workspace()
        let begun = expectation(description: "begun")
        begun.assertForOverFulfill = false
        let slow = try PolledSource.custom("slow") { checkpoint, _ in
            begun.fulfill()
            guard case let .integer(page) = checkpoint else { return .init(checkpoint: 1, more: true) }
            return .init(checkpoint: .integer(page + 1), more: true)
        }
        let task = Task { try await workspace.pull(slow) }
        await fulfillment(of: [begun], timeout: 60)
        task.cancel()
        do {
            _ = try await task.value
            XCTFail("it went on for ever, and ended")
        } catch is CancellationError {
        }
        // It stopped, and not only who waited for it: else the source would be busy for ever.
        while true {
            do {
                let page = try await workspace.pull(slow, pages: 1).report
                XCTAssertEqual(page.end, .morePages)
                break
            } catch RcaError.busy {
                await Task.yield()
            }
        }
    }

    func testServersThatAreNotThere() async throws {
        let workspace = try Workspace()
        let nobody = try XCTUnwrap(URL(string: "http://127.0.0.1:9"))
        let metrics = try PolledSource.prometheus(
            nobody, queries: ["errorRate": "rate(errors[1m])"], basic: ("ann", "hush"), step: .seconds(30))
        XCTAssertEqual(metrics.name, "prometheus/127.0.0.1:9")
        let pulled = try await workspace.pull(metrics, tries: 1).report
        XCTAssertEqual(pulled.end, .gaveUp)
        XCTAssertEqual(pulled.fault?.place.hasPrefix("http://127.0.0.1:9"), true)
        let runs = try PolledSource.github("shop/till", token: "hush", server: nobody, resources: [.runs])
        let asked = try await workspace.pull(runs, tries: 1).report
        XCTAssertEqual(asked.end, .gaveUp)
        XCTAssertEqual(failure { _ = try PolledSource.github("nonsense") }?.kind, .invalidInput)
        XCTAssertEqual(failure { _ = try PolledSource.github("a/b", resources: ["wishes"]) }?.source, "resources")
        let nowhere = URL(fileURLWithPath: "/does/not/exist")
        XCTAssertNotNil(failure { _ = try PolledSource.git(nowhere) })
    }

    func testTelemetryInPieces() async throws {
        let workspace = try Workspace()
        let batch = try await Batch.read(bundle: incident)
        let counts = try batch.counts()
        let source = try PolledSource.custom("all") { _, _ in .init(batch, checkpoint: .null) }
        let pulled = try await workspace.pull(source)
        XCTAssertEqual(pulled.report.accepted, Int(counts.events))
        XCTAssertEqual(try pulled.telemetry.counts().metricPoints, counts.metricPoints)

        let (one, two) = (try Partial(), try Partial(memoryBytes: 100_000_000))
        try await two.absorb(pulled.telemetry)
        try await one.merge(two)
        XCTAssertEqual(try one.counts().samples, UInt64(counts.metricPoints))
        let bytes = try await one.bytes()
        let again = try Partial(bytes: bytes)
        let same = try await again.bytes()
        XCTAssertEqual(same, bytes)
        XCTAssertEqual(failure { _ = try Partial(bytes: Data("nonsense".utf8)) }?.kind, .corrupt)
        let found = try await one.findings(in: try XCTUnwrap(counts.covers))
        XCTAssertFalse(try found.events().all().isEmpty)

        let done = try await workspace.investigate(batch)
        try await workspace.observe(done.investigation.id, one)
        let analysis = try await workspace.analyze(done.investigation.id)
        XCTAssertEqual(analysis.verdict, .change)
    }

    func testAReportToPrint() async throws {
        let workspace = try Workspace()
        let done = try await workspace.investigate(bundle: incident)
        let pdf = try await workspace.pdf(done.investigation.id, created: night)
        XCTAssertEqual(pdf.prefix(5), Data("%PDF-".utf8))
        let again = try await workspace.pdf(done.investigation.id, created: night)
        XCTAssertEqual(pdf, again)
        let file = try newFolder().appendingPathComponent("report.pdf")
        try save(pdf, to: file)
        XCTAssertEqual(try Data(contentsOf: file), pdf)
        let answer = try await Inquiry([incident]).run()
        let loose = try await answer.pdf()
        XCTAssertGreaterThan(loose.count, 20_000)
    }

    func testSuggestionsOfOnesOwn() throws {
        let workspace = try Workspace()
        let window = TimeRange(start: night.addingTimeInterval(-3600), end: night)
        let (one, two) = (try workspace.investigate("till", window).id, try workspace.investigate("shop", window).id)
        XCTAssertTrue(try workspace.suggestRelation(one, two, confidence: 0.6, because: ["the same words"]))
        XCTAssertEqual(try workspace.investigation(two).related.first?.reasons, ["the same words"])
        try workspace.unrelate(one, two)
        XCTAssertFalse(try workspace.suggestRelation(one, two, confidence: 0.6))
        XCTAssertEqual(failure { try workspace.suggestRelation(one, two, confidence: 2) }?.kind, .invalidInput)
    }
}
