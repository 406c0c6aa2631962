import Foundation
import Rca

let workspace = try Workspace(at: URL(fileURLWithPath: "incidents.rca"))
let work = workspace.investigating(bundle: URL(fileURLWithPath: "examples/incidents/copper-heron"))
for await progress in work.progress { print("read \(progress.records) records") }
let done = try await work.value

if let cause = done.analysis.topCause { print(cause.title, cause.probability) }
for try await event in try workspace.searchAll("hold source:git") { print(event.title) }
do {
    try workspace.setStatus(done.investigation.id, .resolved)
} catch RcaError.conflict {
    print("it is not in progress")
}

let id = done.investigation.id
let guess = try workspace.propose(id, "the rollout did it", author: "ann")
try workspace.addEvidence(id, guess.id, .for, "it stopped with the rollback", author: "ann")
try workspace.setHypothesis(id, guess.id, .supported, author: "ben")
for try await entry in try workspace.history(id) { print(entry.author ?? "-", entry.field) }
var changes = InvestigationChanges(rootCause: "the rollout")
changes.assignedTo = .empty
try workspace.update(id, changes)
for past in try await workspace.similar(to: id) { print(past.title, past.remediation ?? "") }
print(try await workspace.durations(.resolve, by: [.component, .month]).markdown())
