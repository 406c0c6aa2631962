import Foundation
import Rca
import RcaBindings
import XCTest

/// Errors, stopping, many tasks at once.
final class LimitsTests: XCTestCase {
    func testErrorsSayWhatAndWhere() throws {
        let workspace = try Workspace()
        let query = failure { _ = try workspace.search("severity:dreadful") }
        XCTAssertEqual(query?.kind, .invalidInput)
        XCTAssertNotNil(query?.column)
        XCTAssertEqual(query.map { "\($0)" }, query?.message)
        XCTAssertEqual(failure { _ = try note(" ", "x") }?.source, "title")
        var settings = Settings()
        settings.suggestFrom = 0.5
        XCTAssertEqual(failure { _ = try Workspace(settings: settings) }?.kind, .invalidInput)
        do {
            _ = try workspace.event("nonsense")
            XCTFail("it is no id")
        } catch RcaError.invalidInput {
        }
    }

    func testMissingFilesAreNamed() async throws {
        do {
            _ = try await Batch.read([URL(fileURLWithPath: "/does/not/exist")])
            XCTFail("there is none")
        } catch let error as RcaError {
            XCTAssertEqual(error.kind, .notFound)
            XCTAssertEqual(error.source, "/does/not/exist")
            XCTAssertNotNil(error.hint)
        }
    }

    #if DEBUG
        func testAPanicIsAnError() throws {
            XCTAssertThrowsError(try panicOnPurpose()) { XCTAssertTrue("\($0)".contains("on purpose")) }
            XCTAssertEqual(try Workspace().eventCount(), 0)
        }
    #endif

    func testProgressIsTold() async throws {
        let work = try Workspace().investigating(bundle: incident)
        var seen: [Rca.Progress] = []
        for await progress in work.progress { seen.append(progress) }
        let done = try await work.value
        XCTAssertEqual(done.analysis.topCause?.sha, try guiltyCommit())
        XCTAssertGreaterThan(seen.map(\.records).max() ?? 0, 1000)
    }

    /// The host calls back while it is called.
    func testNothingIsLockedWhileProgressIsTold() async throws {
        let workspace = try Workspace()
        let event = try note("while reading", "w")
        let failures = Failures()
        _ = try await workspace.investigate(bundle: incident) { _ in
            do {
                _ = try workspace.ingest([event])
                _ = try workspace.search("reading")
            } catch {
                failures.add(error)
            }
        }
        XCTAssertEqual(failures.all.count, 0)
    }

    func testACancelledTaskEndsAtOnceAndStoresNothing() async throws {
        let workspace = try Workspace()
        let task = Task {
            try await workspace.investigate(bundle: incident) { _ in
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        task.cancel()
        do {
            _ = try await task.value
            XCTFail("it was cancelled")
        } catch is CancellationError {
        }
        let work = workspace.investigating(bundle: incident)
        for await _ in work.progress { work.cancel() }
        do {
            _ = try await work.value
            XCTFail("it was cancelled")
        } catch is CancellationError {
        }
        let stored = try workspace.eventCount()
        XCTAssertEqual(stored, 0)
    }

    func testManyTasksShareAWorkspace() async throws {
        let workspace = try Workspace()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for n in 0..<20 {
                        let _: Appended = try await workspace.ingest([note("ledger \(n)", "\(task)-\(n)", seconds: Double(n))])
                        _ = try workspace.search("ledger")
                    }
                }
            }
            try await group.waitForAll()
        }
        XCTAssertEqual(try workspace.eventCount(), 160)
        var seen = 0
        var last = Date.distantPast
        for try await event in try workspace.events() {
            XCTAssertGreaterThanOrEqual(event.timestamp, last)
            last = event.timestamp
            seen += 1
        }
        XCTAssertEqual(seen, 160)
    }

    func testEveryTaskGetsTheSameBytes() async throws {
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<3 {
                group.addTask { try await Batch.read(bundle: incident).analyze().json }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        XCTAssertEqual(answers.count, 1)
    }

    func testTheEndOfTheLastReferenceFreesTheFolder() throws {
        let folder = try newFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        for _ in 0..<3 {
            let workspace = try Workspace(at: folder.appendingPathComponent("w.rca"))
            XCTAssertEqual(try workspace.eventCount(), 0)
        }
    }
}

private final class Failures: @unchecked Sendable {
    private let lock = NSLock()
    private var errors: [any Error] = []
    var all: [any Error] { lock.withLock { errors } }
    func add(_ error: any Error) { lock.withLock { errors.append(error) } }
}
