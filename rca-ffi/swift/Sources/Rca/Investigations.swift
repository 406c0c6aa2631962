import Foundation
internal import RcaBindings

/// What becomes of a field that may be empty.
///
/// ```swift
/// var changes = InvestigationChanges()
/// changes.rootCause = "the pool was too small"
/// changes.remediation = .set(text)
/// changes.assignedTo = .empty
/// ```
public enum Change<Value: Sendable & Hashable & Encodable>: Sendable, Hashable {
    /// It stays as it is.
    case keep
    case set(Value)
    case empty

    /// `set`, or `keep` for nil.
    init(_ value: Value?) { self = value.map(Change.set) ?? .keep }
}

extension Change: ExpressibleByUnicodeScalarLiteral, ExpressibleByExtendedGraphemeClusterLiteral, ExpressibleByStringLiteral
where Value == String {
    public init(stringLiteral text: String) { self = .set(text) }
}

/// Changes of an investigation. What is `nil` or ``Change/keep`` stays as it is.
public struct InvestigationChanges: Sendable, Hashable, Encodable {
    public var title: String?
    public var description: String?
    public var impactSeverity: Impact?
    public var priority: Priority?
    public var startedAt: Change<Date> = .keep
    public var assignedTo: Change<String> = .keep
    public var serviceAffected: Change<String> = .keep
    public var componentAffected: Change<String> = .keep
    public var rootCause: Change<String> = .keep
    public var remediation: Change<String> = .keep
    public var lessonsLearned: Change<String> = .keep
    public var addTags: [String] = []
    public var removeTags: [String] = []

    public init(rootCause: String? = nil, remediation: String? = nil) {
        self.rootCause = Change(rootCause)
        self.remediation = Change(remediation)
    }

    fileprivate var revision: UInt64?

    private enum CodingKeys: String, CodingKey {
        case title, description, impactSeverity, priority, startedAt, assignedTo, serviceAffected, componentAffected
        case rootCause, remediation, lessonsLearned, addTags, removeTags, revision
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        func encode<Value>(_ change: Change<Value>, _ key: CodingKeys) throws {
            switch change {
            case .keep: break
            case let .set(value): try container.encode(value, forKey: key)
            case .empty: try container.encodeNil(forKey: key)
            }
        }
        try container.encodeIfPresent(title, forKey: .title)
        try container.encodeIfPresent(description, forKey: .description)
        try container.encodeIfPresent(impactSeverity, forKey: .impactSeverity)
        try container.encodeIfPresent(priority, forKey: .priority)
        try encode(startedAt, .startedAt)
        try encode(assignedTo, .assignedTo)
        try encode(serviceAffected, .serviceAffected)
        try encode(componentAffected, .componentAffected)
        try encode(rootCause, .rootCause)
        try encode(remediation, .remediation)
        try encode(lessonsLearned, .lessonsLearned)
        try container.encode(addTags, forKey: .addTags)
        try container.encode(removeTags, forKey: .removeTags)
        try container.encodeIfPresent(revision, forKey: .revision)
    }
}

extension Workspace {
    /// Opens an investigation of what happened in a window, and links the events that belong to it.
    public func investigate(
        _ title: String, _ window: TimeRange, detectedAt: Date? = nil, description: String? = nil,
        service: String? = nil, component: String? = nil, tags: [String] = [], impactSeverity: Impact? = nil,
        priority: Priority? = nil, createdBy: String? = nil, assignedTo: String? = nil
    ) throws -> Investigation {
        struct Draft: Encodable {
            let title: String
            let start: Date
            let end: Date
            let detectedAt: Date?
            let description: String?
            let service: String?
            let component: String?
            let tags: [String]
            let impactSeverity: Impact?
            let priority: Priority?
            let createdBy: String?
            let assignedTo: String?
        }
        let draft = try document(
            Draft(
                title: title, start: window.start, end: window.end, detectedAt: detectedAt, description: description,
                service: service, component: component, tags: tags, impactSeverity: impactSeverity, priority: priority,
                createdBy: createdBy, assignedTo: assignedTo))
        return try decoded(try called { try raw.investigate(draft: draft) })
    }

    /// Reads an incident bundle (a folder of exported files), stores it, opens an investigation and analyses it.
    public func investigate(bundle: URL, progress: OnProgress? = nil) async throws -> Investigated {
        try await detached(progress) { try self.investigated(bundle, $0) }
    }

    /// The same, to be watched and stopped.
    public func investigating(bundle: URL) -> Running<Investigated> {
        Running { try self.investigated(bundle, $0) }
    }

    /// The same with a batch that was read.
    public func investigate(_ batch: Batch) async throws -> Investigated {
        try await detached { _ in try self.whole(try self.raw.investigateBatch(batch: batch.raw)) }
    }

    private func investigated(_ bundle: URL, _ watch: Watch) throws -> Investigated {
        try whole(try raw.investigateBundle(folder: bundle.path, watcher: watch))
    }

    private func whole(_ text: String) throws -> Investigated {
        let done = try Investigated.of(text, nil)
        return try .of(text, try raw.analysis(id: done.investigation.id))
    }

    /// One investigation.
    public func investigation(_ id: InvestigationID) throws -> Investigation {
        try decoded(try called { try raw.investigation(id: id) })
    }

    /// All investigations, newest first.
    public func investigations(deleted: Bool = false) throws -> Cursor<Investigation> {
        Cursor(try called { try raw.investigations(deleted: deleted) })
    }

    /// Changes the fields that are given. With a revision only that one is changed: ``RcaError/Kind/conflict`` when there is a
    /// newer one.
    @discardableResult
    public func update(
        _ id: InvestigationID, _ changes: InvestigationChanges, at revision: UInt64? = nil
    ) throws -> Investigation {
        var changes = changes
        changes.revision = revision
        let text = try document(changes)
        return try decoded(try called { try raw.updateInvestigation(id: id, changes: text) })
    }

    /// Gives an investigation to somebody; to nobody with nil.
    @discardableResult
    public func assign(_ id: InvestigationID, to person: String?) throws -> Investigation {
        try decoded(try called { try raw.assign(id: id, person: person) })
    }

    /// Puts a label on it.
    @discardableResult
    public func tag(_ id: InvestigationID, _ tag: String) throws -> Investigation {
        try decoded(try called { try raw.tag(id: id, tag: tag) })
    }

    /// Takes a label off.
    @discardableResult
    public func untag(_ id: InvestigationID, _ tag: String) throws -> Investigation {
        try decoded(try called { try raw.untag(id: id, tag: tag) })
    }

    /// Moves an investigation through its life; ``RcaError/Kind/conflict`` for a move that is not legal.
    @discardableResult
    public func setStatus(_ id: InvestigationID, _ status: Investigation.Status) throws -> Investigation {
        try decoded(try called { try raw.setStatus(id: id, status: status.rawValue) })
    }

    /// Removes an investigation; it can be restored, and its events stay.
    public func deleteInvestigation(_ id: InvestigationID) throws { try called { try raw.deleteInvestigation(id: id) } }

    /// Takes a removal back.
    @discardableResult
    public func restoreInvestigation(_ id: InvestigationID) throws -> Investigation {
        try decoded(try called { try raw.restoreInvestigation(id: id) })
    }

    /// A person says that an event belongs to an investigation; no analysis changes that.
    @discardableResult
    public func link(_ event: EventID, to investigation: InvestigationID, person: String? = nil) throws -> Link {
        try decoded(try called { try raw.link(event: event, investigation: investigation, person: person) })
    }

    /// A person says that it does not.
    @discardableResult
    public func unlink(_ event: EventID, from investigation: InvestigationID, person: String? = nil) throws -> Link {
        try decoded(try called { try raw.unlink(event: event, investigation: investigation, person: person) })
    }

    /// All links, suggestions and rejections too, surest first.
    public func links(_ id: InvestigationID) throws -> [Link] { try decoded(try called { try raw.links(id: id) }) }

    /// The events that count as part of an investigation, in order of time.
    public func linkedEvents(_ id: InvestigationID) throws -> [Event] {
        try decoded(try called { try raw.linkedEvents(id: id) })
    }

    /// Decides anew which events belong to an investigation.
    @discardableResult
    public func relink(_ id: InvestigationID) throws -> Relinked { try decoded(try called { try raw.relink(id: id) }) }

    /// What every rule says about an event and an investigation.
    public func explainLink(_ event: EventID, _ investigation: InvestigationID) throws -> Explanation {
        try decoded(try called { try raw.explainLink(event: event, investigation: investigation) })
    }
}
