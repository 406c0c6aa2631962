import Foundation
import Rca

/// Asks which change broke a system, and prints the answer.
@main
struct Incident {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let folder = arguments.first else {
            print("usage: incident FOLDER [WORDS]")
            exit(2)
        }
        var inquiry = Inquiry([URL(fileURLWithPath: folder)])
        inquiry.alert = arguments.dropFirst().first
        do {
            let work = try inquiry.running()
            for await progress in work.progress {
                FileHandle.standardError.write(Data("read \(progress.records) records of \(progress.input)\n".utf8))
            }
            print(try await work.value.analysis.text())
        } catch let error as RcaError {
            FileHandle.standardError.write(Data("\(error.kind.rawValue): \(error.message)\n".utf8))
            exit(1)
        }
    }
}
