//! What others rely on: formats, names, versions.

super::mechanisms! {
    WIRE_FORMAT_CHANGED "wire_format_changed" Code "a message or response has another shape"
        sign "a serialised field, key, number, type or enum value is renamed, removed or renumbered"
        shows [DecodeErrors 3.0, SchemaMismatch 2.0, ValidationErrors 1.5, NullDereference 1.2, WrongResults 1.0, ErrorsUp 0.8, NotFoundErrors 0.5, PoisonRecord 1.0, DataLoss 0.5, QueueGrowth 0.4, Panic 0.5]
        Immediate at [Callers, Callees, Itself]
        fix "roll back, then change in two compatible steps"
        why "the other side still speaks the old form";
    API_CHANGED "api_changed" Code "a path, method or header of an interface changed"
        sign "a route, RPC name, status code or header name is renamed or removed"
        shows [NotFoundErrors 3.0, ErrorsUp 1.0, ValidationErrors 1.0, AuthErrors 0.6, TrafficDown 0.7, ProbeFailures 0.4, DecodeErrors 0.5]
        Immediate at [Callers, Itself]
        fix "roll back, or serve both names"
        why "callers ask for what is no longer there";
    DEPENDENCY_BUMPED "dependency_bumped" Dependency "a dependency has another version"
        sign "a version in a package manifest or lock file changes"
        shows [VersionConflict 2.5, StartupFailure 1.5, Panic 0.8, ErrorsUp 0.4, DecodeErrors 0.5, LatencyUp 0.2, MemoryGrowth 0.3, Restarts 0.8, TlsErrors 0.2, TrafficUp -0.5, CertificateExpired -2.0]
        Immediate at [Itself]
        fix "pin the previous version"
        why "its behaviour, defaults or own dependencies differ";
    DEPENDENCY_CONFLICT "dependency_conflict" Dependency "dependencies that do not fit together"
        sign "two versions or forks of one library, or one part of a family bumped while its siblings stay"
        shows [VersionConflict 3.0, StartupFailure 2.5, Restarts 1.8, Panic 1.5, CapacityDown 1.0, DecodeErrors 0.5, ErrorsUp 0.4, TrafficUp -0.5]
        Immediate at [Itself]
        fix "restore the versions that fit together"
        why "code built against one version meets another at link or start time";
    RUNTIME_BUMPED "runtime_bumped" Dependency "a language runtime or base image changed"
        sign "a base image, compiler or runtime version is edited"
        shows [VersionConflict 2.0, StartupFailure 2.0, Restarts 1.2, TlsErrors 1.0, DnsErrors 0.6, ConnectionErrors 0.7, Panic 0.8, GcPressure 0.8, MemoryGrowth 0.6, CpuSaturated 0.4, AuthErrors 0.4, LatencyUp 0.3]
        Immediate at [Itself]
        fix "restore the previous image or runtime"
        why "libraries, users, certificates and defaults come from it";
}
