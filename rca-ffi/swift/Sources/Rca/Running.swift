import Foundation
internal import RcaBindings

/// How far a read is.
public struct Progress: Sendable, Hashable {
    /// The input's name.
    public let input: String
    /// Records seen in it so far, refused ones included.
    public let records: UInt64
    /// Bytes taken from it so far.
    public let bytes: UInt64
}

/// Long work that was begun: watch it, wait for it, stop it.
///
/// ```swift
/// let work = workspace.investigating(bundle: folder)
/// for await progress in work.progress { print(progress.records) }
/// let done = try await work.value
/// ```
public struct Running<Value: Sendable>: Sendable {
    /// How far it is, until it ends. What is not taken in time is left out, the latest stays.
    public let progress: AsyncStream<Progress>
    private let task: Task<Value, any Error>

    init(_ work: @escaping @Sendable (Watch) throws -> Value) {
        let (stream, tell) = AsyncStream.makeStream(of: Progress.self, bufferingPolicy: .bufferingNewest(16))
        progress = stream
        task = Task {
            defer { tell.finish() }
            return try await detached({ tell.yield($0) }, work)
        }
    }

    /// What came of it.
    ///
    /// Throws ``RcaError``, or `CancellationError` after ``cancel()``. Cancelling the task that waits cancels the work.
    public var value: Value {
        get async throws {
            try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        }
    }

    /// Stops it.
    public func cancel() { task.cancel() }
}

/// Called as long work goes on, on its thread.
public typealias OnProgress = @Sendable (Progress) -> Void

/// Between Swift's tasks and a call of the library.
final class Watch: Watcher, CustomDebugStringConvertible {
    private let tell: OnProgress?
    private let lock = NSLock()
    nonisolated(unsafe) private var stopped = false
    nonisolated(unsafe) private var onStop: (@Sendable () -> Void)?

    init(_ tell: OnProgress? = nil) { self.tell = tell }

    var debugDescription: String { "Watch" }

    func look(input: String, records: UInt64, bytes: UInt64) -> Bool {
        if lock.withLock({ stopped }) { return false }
        tell?(Progress(input: input, records: records, bytes: bytes))
        return true
    }

    /// Tells the work to stop, and who waits that it will.
    func stop() {
        let told = lock.withLock {
            stopped = true
            defer { onStop = nil }
            return onStop
        }
        told?()
    }

    /// What to do on stopping; at once when it happened.
    func whenStopped(_ action: @escaping @Sendable () -> Void) {
        let late = lock.withLock {
            if !stopped { onStop = action }
            return stopped
        }
        if late { action() }
    }

    func ended() { lock.withLock { onStop = nil } }
}

private let threads = DispatchQueue(label: "rca", qos: .userInitiated, attributes: .concurrent)

/// Runs a blocking call away from Swift's own threads.
///
/// A cancelled task gets its `CancellationError` at once. Reading stops at its next look up; what can't stop in the middle
/// is finished in the background (a batch is stored as a whole or not at all).
func detached<T: Sendable>(
    _ progress: OnProgress? = nil, _ work: @escaping @Sendable (Watch) throws -> T
) async throws -> T {
    let watch = Watch(progress)
    return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<T, any Error>) in
            let once = Once(continuation)
            watch.whenStopped { once.resume(.failure(CancellationError())) }
            threads.async {
                let result = Result { try called { try work(watch) } }
                watch.ended()
                once.resume(result)
            }
        }
    } onCancel: {
        watch.stop()
    }
}

/// A continuation that the first of two resumes.
private final class Once<T: Sendable>: Sendable {
    private let lock = NSLock()
    nonisolated(unsafe) private var continuation: CheckedContinuation<T, any Error>?

    init(_ continuation: CheckedContinuation<T, any Error>) { self.continuation = continuation }

    func resume(_ result: Result<T, any Error>) {
        let first = lock.withLock {
            defer { continuation = nil }
            return continuation
        }
        first?.resume(with: result)
    }
}
