import Foundation
import Rca
import XCTest

let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../..").standardizedFileURL
let incident = root.appendingPathComponent("examples/incidents/copper-heron")
let night = Date(timeIntervalSince1970: 1_795_237_200)  // 2026-11-21T05:00:00Z

func guiltyCommit() throws -> String {
    struct Truth: Decodable { let root_cause_commit: String }
    let data = try Data(contentsOf: incident.appendingPathComponent("truth.json"))
    return try JSONDecoder().decode(Truth.self, from: data).root_cause_commit
}

func newFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rca-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
}

/// The error that work ends with.
func failure(_ work: () throws -> Void, line: UInt = #line) -> RcaError? {
    do {
        try work()
        XCTFail("it did not fail", line: line)
    } catch let error as RcaError {
        return error
    } catch {
        XCTFail("\(error) is no RcaError", line: line)
    }
    return nil
}

func note(_ title: String, _ id: String, seconds: Double = 0) throws -> Event {
    try .make(night.addingTimeInterval(seconds), .manual, "note", title, sourceID: id)
}
