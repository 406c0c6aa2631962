import Foundation
internal import RcaBindings

/// Something that can be asked for what is new, again and again: a repository, a server, or what you write yourself.
///
/// ```swift
/// let repository = try PolledSource.git(folder)
/// let pulled = try await workspace.pull(repository)
/// print(pulled.report.accepted)
/// ```
public final class PolledSource: Sendable {
    let raw: RawSource
    /// What a source of one's own threw, for who pulls it.
    let thrown: Thrown?

    private init(_ raw: RawSource, thrown: Thrown? = nil) {
        self.raw = raw
        self.thrown = thrown
    }

    private convenience init(_ wanted: some Encodable) throws {
        let wanted = try document(wanted)
        self.init(try called { try RawSource.open(wanted: wanted) })
    }

    /// The key of its checkpoint.
    public var name: String { raw.name() }

    /// A local repository that is read on and on: commits, tags, notes, and what a forced push dropped.
    ///
    /// Reads what is checked out, or `tips` (branches, tags, hashes). `repository` is its name at its host (`shop/till`), `page`
    /// how many commits are stored at once.
    public static func git(
        _ folder: URL, name: String? = nil, repository: String? = nil, tips: [String]? = nil, start: Date? = nil,
        page: Int? = nil
    ) throws -> PolledSource {
        struct Wanted: Encodable {
            let kind = "git"
            let path: String
            let name: String?
            let repository: String?
            let tips: [String]?
            let start: Date?
            let page: Int?
        }
        return try PolledSource(
            Wanted(path: folder.path, name: name, repository: repository, tips: tips, start: start, page: page))
    }

    /// What a repository on GitHub tells.
    public struct GitHubResource: Word {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public static let runs: Self = "runs"
        public static let deployments: Self = "deployments"
        public static let commits: Self = "commits"
        public static let releases: Self = "releases"
    }

    /// A repository (`owner/name`) on GitHub, or on a server of one's own; all of its resources when none are named.
    /// `authorities` are certificates (PEM) to trust beside the system's.
    public static func github(
        _ repository: String, token: String? = nil, server: URL? = nil, name: String? = nil, branch: String? = nil,
        resources: [GitHubResource]? = nil, start: Date? = nil, proxyFromEnvironment: Bool = false,
        authorities: String? = nil
    ) throws -> PolledSource {
        struct Wanted: Encodable {
            let kind = "github"
            let repository: String
            let token: String?
            let server: String?
            let name: String?
            let branch: String?
            let resources: [GitHubResource]?
            let start: Date?
            let proxyFromEnvironment: Bool
            let authorities: String?
        }
        return try PolledSource(
            Wanted(
                repository: repository, token: token, server: server?.absoluteString, name: name, branch: branch,
                resources: resources, start: start, proxyFromEnvironment: proxyFromEnvironment,
                authorities: authorities))
    }

    /// A Prometheus server, or one that speaks its API: each of `queries` (name to expression), and alerts that fire.
    public static func prometheus(
        _ url: URL, queries: [String: String] = [:], token: String? = nil, basic: (user: String, password: String)? = nil,
        name: String? = nil, step: Duration? = nil, delay: Duration? = nil, start: Date? = nil,
        proxyFromEnvironment: Bool = false, authorities: String? = nil
    ) throws -> PolledSource {
        struct Basic: Encodable {
            let user: String
            let password: String
        }
        struct Wanted: Encodable {
            let kind = "prometheus"
            let url: String
            let queries: [String: String]
            let token: String?
            let basic: Basic?
            let name: String?
            let stepSeconds: Double?
            let delaySeconds: Double?
            let start: Date?
            let proxyFromEnvironment: Bool
            let authorities: String?
        }
        return try PolledSource(
            Wanted(
                url: url.absoluteString, queries: queries, token: token,
                basic: basic.map { Basic(user: $0.user, password: $0.password) }, name: name,
                stepSeconds: step.map(seconds), delaySeconds: delay.map(seconds), start: start,
                proxyFromEnvironment: proxyFromEnvironment, authorities: authorities))
    }

    /// What a source of your own gives: data, and where to go on.
    public struct Page: Sendable {
        /// What was read; nothing when nil.
        public var batch: Batch?
        /// Where to go on; kept once the batch is stored, and handed to the next pull.
        public var checkpoint: JSONValue
        /// Whether there is more right now.
        public var more: Bool

        public init(_ batch: Batch? = nil, checkpoint: JSONValue, more: Bool = false) {
            self.batch = batch
            self.checkpoint = checkpoint
            self.more = more
        }
    }

    /// What keeps a source of your own from giving a page, and so what is done about it.
    public struct Fault: Error, Sendable, Hashable {
        /// What to do about it.
        public enum Kind: Sendable, Hashable {
            /// Tried again after a pause.
            case unreachable, timedOut, server
            /// Left alone, at least so long.
            case throttled(after: Duration? = nil)
            /// Paused until a human did something.
            case credentials, forbidden, notFound
            /// It will never work.
            case malformed
        }

        public var kind: Kind
        /// In words, without secrets.
        public var what: String

        public init(_ kind: Kind, _ what: String) {
            self.kind = kind
            self.what = what
        }
    }

    /// A source of your own: gives the page behind a checkpoint, which is nil at first.
    ///
    /// `name` is the key of its checkpoint: the same in every run. Keep nothing else, and a crash neither loses nor doubles.
    /// It is called on the thread that pulls, one call at a time, may use the workspace, and neither retries nor waits: it
    /// throws a ``Fault`` (errors of `URLSession` count as ``Fault/Kind/unreachable``). Anything else that it throws is
    /// thrown by ``Workspace/pull(_:pages:anew:keepRefused:patience:pageTime:tries:progress:)``.
    public static func custom(
        _ name: String, _ pull: @escaping @Sendable (_ checkpoint: JSONValue?, _ now: Date) throws -> Page
    ) throws -> PolledSource {
        let thrown = Thrown()
        let puller = Pulling(pull, thrown)
        return PolledSource(try called { try RawSource.custom(name: name, puller: puller) }, thrown: thrown)
    }
}

/// What a source threw that says nothing about what it reads.
final class Thrown: Sendable {
    private let lock = NSLock()
    nonisolated(unsafe) private var error: (any Error)?

    func put(_ error: any Error) { lock.withLock { self.error = error } }

    func taken() -> (any Error)? {
        lock.withLock {
            defer { error = nil }
            return error
        }
    }
}

/// Between the library and a source of one's own.
private final class Pulling: Puller, CustomDebugStringConvertible {
    private let ask: @Sendable (JSONValue?, Date) throws -> PolledSource.Page
    private let thrown: Thrown

    init(_ ask: @escaping @Sendable (JSONValue?, Date) throws -> PolledSource.Page, _ thrown: Thrown) {
        self.ask = ask
        self.thrown = thrown
    }

    var debugDescription: String { "Pulling" }

    func pull(checkpoint: String?, now: String) -> RawPage {
        do {
            let known = try checkpoint.map { try plain($0) }
            let page = try ask(known, moment(now) ?? Date())
            return .page(batch: page.batch?.raw, checkpoint: try plain(page.checkpoint), more: page.more)
        } catch let fault as PolledSource.Fault {
            return fault.raw
        } catch let error as URLError {
            return PolledSource.Fault(.unreachable, error.localizedDescription).raw
        } catch {
            thrown.put(error)
            return .fault(kind: "cancelled", what: "it threw", afterSeconds: nil)
        }
    }
}

// Names in a checkpoint are the host's, and stay as they are.
private func plain(_ text: String) throws -> JSONValue {
    try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
}

private func plain(_ value: JSONValue) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

extension PolledSource.Fault {
    fileprivate var raw: RawPage {
        let (kind, after): (String, Duration?) =
            switch kind {
            case .unreachable: ("unreachable", nil)
            case .timedOut: ("timed_out", nil)
            case .server: ("server", nil)
            case let .throttled(after): ("throttled", after)
            case .credentials: ("credentials", nil)
            case .forbidden: ("forbidden", nil)
            case .notFound: ("not_found", nil)
            case .malformed: ("malformed", nil)
            }
        return .fault(kind: kind, what: what, afterSeconds: after.map(seconds))
    }
}
