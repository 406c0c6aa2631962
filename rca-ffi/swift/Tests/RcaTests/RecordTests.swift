import Foundation
import Rca
import XCTest

/// What people think and do about an investigation, its history, and all of them together.
final class RecordTests: XCTestCase {
    private let hour = TimeRange(start: night.addingTimeInterval(-3600), end: night)

    func testHypothesesAreArguedAndSettled() async throws {
        let workspace = try Workspace(clock: try ManualClock(night))
        let done = try await workspace.investigate(bundle: incident)
        let id = done.investigation.id
        let cause = try XCTUnwrap(done.analysis.topCause)
        let event = try XCTUnwrap(cause.event)

        let proposed = try await workspace.proposeFromAnalysis(id)
        XCTAssertEqual(proposed.first?.about, .cause(try cause.lastingKey()))
        XCTAssertEqual(proposed.first?.origin, .analysis)
        let again = try await workspace.proposeFromAnalysis(id)
        XCTAssertEqual(again, [])

        let guess = try workspace.propose(id, "the pool is small", author: "ann", about: .event(event))
        XCTAssertEqual(guess.state, .proposed)
        try workspace.editHypothesis(id, guess.id, "the pool is too small")
        let edge = About.edge(from: event, to: "x", relation: "precedes")
        let note = try workspace.addNote(id, "40 threads wait", author: "ben")
        try workspace.addEvidence(id, guess.id, .for, about: .note(note.id))
        try workspace.addEvidence(id, guess.id, .for, "soon after", author: "ann", about: .cause(try cause.lastingKey()))
        let against = try workspace.addEvidence(id, guess.id, .against, "it was never full", author: "ben")
        XCTAssertEqual(against.about, .investigation)
        let settled = try workspace.setHypothesis(id, guess.id, .refuted, author: "ben")
        XCTAssertEqual(settled.evidence.map(\.side), [.for, .for, .against])
        XCTAssertEqual(try workspace.investigation(id).hypotheses.first { $0.id == guess.id }, settled)
        XCTAssertEqual(failure { try workspace.addEvidence(id, guess.id, .for) }?.kind, .invalidInput)
        XCTAssertEqual(failure { try workspace.addEvidence(id, guess.id, "beside", "x") }?.source, "side")
        XCTAssertEqual(failure { try workspace.addNote(id, "x", about: .note(guess.id)) }?.kind, .notFound)

        try workspace.editNote(id, note.id, "41 threads wait", author: "ben")
        try workspace.removeNote(id, note.id)
        XCTAssertEqual(failure { try workspace.removeNote(id, note.id) }?.kind, .notFound)
        for about: About in [.investigation, .event(event), edge, .cause("x"), .note(note.id)] {
            XCTAssertEqual(try JSONDecoder().decode(About.self, from: JSONEncoder().encode(about)), about)
        }
        let newer = About.other(.object(["kind": "dream", "depth": 3]))
        XCTAssertEqual(try JSONDecoder().decode(About.self, from: JSONEncoder().encode(newer)), newer)
    }

    func testAFieldCanBeEmptied() throws {
        let workspace = try Workspace()
        let id = try workspace.investigate("till is slow", hour, service: "till", assignedTo: "ann").id
        var changes = InvestigationChanges(rootCause: "the pool")
        changes.assignedTo = .empty
        changes.serviceAffected = .empty
        changes.componentAffected = "till-db"
        changes.startedAt = .set(night)
        changes.addTags = ["payments"]
        let changed = try workspace.update(id, changes)
        XCTAssertNil(changed.assignedTo)
        XCTAssertNil(changed.serviceAffected)
        XCTAssertEqual(changed.componentAffected, "till-db")
        XCTAssertEqual(changed.rootCause, "the pool")
        XCTAssertEqual(changed.startedAt, night)
        XCTAssertEqual(changed.tags, ["payments"])
        var rest = InvestigationChanges()
        rest.startedAt = .empty
        rest.lessonsLearned = .keep
        let after = try workspace.update(id, rest, at: changed.revision)
        XCTAssertNil(after.startedAt)
        XCTAssertEqual(after.rootCause, "the pool", "what is not named stays")
        XCTAssertEqual(failure { try workspace.update(id, rest, at: changed.revision) }?.kind, .conflict)

        XCTAssertEqual(try workspace.assign(id, to: "ben").assignedTo, "ben")
        XCTAssertNil(try workspace.assign(id, to: nil).assignedTo)
        XCTAssertEqual(try workspace.tag(id, "db").tags, ["db", "payments"])
        XCTAssertEqual(try workspace.untag(id, "payments").tags, ["db"])
    }

    func testHistoriesTellWhoDidWhatAndAreSealed() async throws {
        let workspace = try Workspace()
        let id = try workspace.investigate("till is slow", hour, createdBy: "ann").id
        try workspace.tag(id, "payments")
        let seal = try await workspace.auditSeal()

        let looking = try workspace.acting(as: "vic", role: .viewer)
        let working = try workspace.acting(as: "rae", role: .responder)
        XCTAssertEqual(failure { try looking.tag(id, "x") }?.kind, .denied)
        try working.tag(id, "x")
        XCTAssertEqual(failure { try working.deleteInvestigation(id) }?.kind, .denied)
        XCTAssertEqual(failure { _ = try workspace.acting(as: " ", role: .admin) }?.source, "name")
        workspace.close()

        let history = try looking.history(id).all()
        XCTAssertEqual(history.map(\.seq), Array(1...UInt64(history.count)))
        XCTAssertEqual(history.last?.author, "rae")
        XCTAssertEqual(history.last?.new, .array(["payments", "x"]))
        XCTAssertEqual(history.dropFirst().map(\.previous), history.dropLast().map(\.digest))
        XCTAssertEqual(try looking.investigation(id, at: 1).tags, [])
        let kept = try await looking.checkSeal(seal)
        XCTAssertEqual(kept, [])

        let other = try Workspace()
        let lost = try await other.checkSeal(seal)
        XCTAssertEqual(lost.count, 1)
        let dossier = try await looking.exportInvestigation(id)
        let first = try await other.importInvestigation(dossier)
        XCTAssertEqual(first.investigation, id)
        XCTAssertEqual(first.adopted, .new)
        let second = try await other.importInvestigation(dossier)
        XCTAssertEqual(second.adopted, .known)
        let copy = try await other.exportInvestigation(id)
        XCTAssertEqual(copy, dossier)
        try other.tag(id, "theirs")
        try working.tag(id, "ours")
        let ours = try await working.exportInvestigation(id)
        do {
            try await other.importInvestigation(ours)
            XCTFail("both sides changed it")
        } catch RcaError.conflict {
        }
    }

    func testEditsOfThePageAreMergedAndConflictsTold() async throws {
        let workspace = try Workspace(clock: try ManualClock(night))
        let id = try workspace.investigate("till is slow", hour).id
        let guess = try workspace.propose(id, "the pool")
        let seen = try workspace.investigation(id).revision
        try workspace.setHypothesis(id, guess.id, .supported)
        let edits = """
            {"schema_version": 2, "saved_at": "2026-11-21T05:00:00Z", "revision": \(seen),
             "notes": [{"time": "2026-11-21T04:30:00Z", "text": "**seen** it"}],
             "hypotheses": [{"id": "\(guess.id)", "time": "2026-11-21T05:00:00Z", "text": "the pool", "state": "refuted"}]}
            """
        let merged = try await workspace.importEdits(id, edits)
        XCTAssertEqual(merged.investigation.notes.map(\.text), ["**seen** it"])
        XCTAssertEqual(merged.changes.count, 1)
        XCTAssertEqual(merged.conflicts.map(\.yours), ["refuted"])
        XCTAssertEqual(merged.conflicts.map(\.theirs), ["supported"])
    }

    func testTheSameTroubleIsRecognised() async throws {
        let workspace = try Workspace()
        let first = try workspace.investigate("checkout answers 503: connection pool of postgres exhausted", hour).id
        try workspace.update(first, InvestigationChanges(rootCause: "pool of 4", remediation: "raised the pool to 40"))
        let other = try workspace.investigate("newsletter goes out twice", hour).id
        let again = try workspace.investigate("checkout answers 503 again, connection pool exhausted on postgres", hour).id
        let found = try await workspace.similar(to: again)
        XCTAssertEqual(found.first?.investigation, first)
        XCTAssertEqual(found.first?.remediation, "raised the pool to 40")
        XCTAssertEqual(found.first?.resemblances.first?.likeness, .text)
        XCTAssertNil(found.first?.resolvedAfter)
        try await workspace.suggestRelated(to: again, atLeast: 0.1)
        XCTAssertEqual(try workspace.investigation(first).related.map(\.kind), [.suggested])
        try workspace.unrelate(again, first)
        try workspace.relate(again, other, because: ["the same night"], person: "ann")
        let related = try workspace.investigation(other).related
        XCTAssertEqual(related.map(\.reasons), [["the same night"]])
        XCTAssertEqual(related.map(\.author), ["ann"])
    }

    func testAllTogetherAreFigures() async throws {
        let workspace = try Workspace(clock: try ManualClock(night))
        try await workspace.ingest([.make(night.addingTimeInterval(-3000), .deploy, "deploy", "till v2", sourceID: "7")])
        let id = try workspace.investigate("till is slow", hour, component: "till").id
        let tally = try await workspace.tally(by: [.component, .month], mostFrequentFirst: true)
        XCTAssertEqual(tally.table.columns.first, "component")
        XCTAssertEqual(tally.table.rows.first?.prefix(3), ["till", "2026-11", 1])
        XCTAssertTrue(try tally.csv().contains("till,2026-11,1"))
        XCTAssertTrue(try tally.markdown().hasPrefix("### "))
        XCTAssertTrue(try tally.svg().hasPrefix("<svg"))
        var filter = CaseFilter(component: "till")
        filter.start = hour.start
        filter.end = night.addingTimeInterval(1)
        filter.impactAtLeast = "low"
        let durations = try await workspace.durations(.resolve, by: [.severity], filter)
        XCTAssertEqual(durations.table.rows.count, 1)
        let timeline = try await workspace.timeline(.quarter, CaseFilter(service: "nobody"))
        XCTAssertEqual(timeline.table.rows.count, 0)
        let failures = try await workspace.changeFailures(deployed: hour, byEntity: true, period: .week)
        XCTAssertEqual(failures.table.rows.count, 1)
        let sources = try await workspace.eventsBySource(bucket: .seconds(3600))
        XCTAssertEqual(sources.table.rows.count, 1)
        let recurrence = try await workspace.recurrence(within: .seconds(86_400))
        XCTAssertEqual(recurrence.table.rows.count, 0)
        XCTAssertEqual(try workspace.investigation(id).componentAffected, "till")
    }

    func testRulesLinkAndAReplaySaysWhatOthersWould() async throws {
        var settings = Settings()
        settings.rules = [
            CorrelationRule("deploys", when: .init(source: .deploy, titleContains: "till"), within: "1h", confidence: 0.9)
        ]
        let workspace = try Workspace(settings: settings, clock: try ManualClock(night))
        try await workspace.ingest([.make(night.addingTimeInterval(-3000), .deploy, "deploy", "till v2", sourceID: "7")])
        let id = try workspace.investigate("till is slow", hour).id
        XCTAssertEqual(try workspace.linkedEvents(id).count, 1)
        XCTAssertEqual(try workspace.ruleReports().map(\.matched), [1])
        let range = TimeRange(start: hour.start, end: night.addingTimeInterval(1))
        let same = try await workspace.replay(range)
        XCTAssertEqual(same.unchanged, 1)
        var without = Settings()
        without.rules = []
        let other = try await workspace.replay(range, settings: without)
        XCTAssertEqual(other.cases.map(\.investigation), [id])
        XCTAssertEqual(other.cases.first?.links.map(\.isRemoved), [true])
        var incidents = Settings()
        incidents.rules = [
            CorrelationRule("any", when: .init(eventType: "deploy"), within: "1m", effect: .incident)
        ]
        let seen = try await workspace.replay(range, settings: incidents)
        XCTAssertEqual(seen.incidents.opened.count + seen.incidents.met.count, 1)
        let toml = "[[rule]]\nname = 'x'\nwithin = '5m'\nwhen = { type = 'build' }"
        XCTAssertEqual(
            try CorrelationRule.read(toml: toml), [CorrelationRule("x", when: .init(eventType: "build"), within: "5m")])
        settings.rules = [CorrelationRule("x", when: .init(source: .ci), within: "soon")]
        XCTAssertTrue(failure { _ = try Workspace(settings: settings) }?.source?.contains("within") ?? false)
    }

    func testALargeInquiryKeepsToItsMemory() async throws {
        var inquiry = Inquiry([incident])
        inquiry.memoryBytes = 4_000_000
        let answer = try await inquiry.run()
        XCTAssertEqual(answer.analysis.topCause?.sha, try guiltyCommit())
    }

    func testDocumentsAreHandedOn() async throws {
        let workspace = try Workspace(clock: try ManualClock(night))
        let id = try workspace.investigate("till is slow", hour, impactSeverity: .high, priority: .p0).id
        XCTAssertEqual(try workspace.investigation(id).priority, .p0)
        let review = try await workspace.review(id)
        XCTAssertTrue(review.contains("till is slow"))
        let ours = try ReviewTemplate(name: "ours.md", text: "{% include 'head' %}!", parts: ["head": "# {{ title }}"])
        let short = try await workspace.review(id, ours)
        XCTAssertEqual(short, "# till is slow!\n")
        let answer = try await Inquiry([incident]).run()
        let summary = try await answer.review(.summary)
        XCTAssertFalse(summary.isEmpty)
        let csv = try await answer.batch().csv()
        XCTAssertTrue(csv.contains(",git,"))
    }

    func testTheQueueKeepsToItsBounds() async throws {
        var settings = Settings()
        var bounds = DeadLetterBounds()
        bounds.letters = 1
        settings.deadLetters = bounds
        settings.jsonDepth = 20
        settings.code = ["src/till": [.service("till")]]
        let workspace = try Workspace(settings: settings)
        for n in 0..<3 {
            let batch = try await Batch.read(Data("[\(n)]".utf8), named: "deploys-\(n).json", format: "deploys")
            try workspace.ingest(batch)
        }
        XCTAssertEqual(try workspace.deadLetters.counts().letters, 1)
        let replayed = try await workspace.deadLetters.replayDue()
        XCTAssertEqual(replayed.settled, [])
    }
}
