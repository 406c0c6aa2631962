//! Limits, times, switches: values whose change is a change of behaviour.

super::mechanisms! {
    TIMEOUT_LOWERED "timeout_lowered" Config "a time limit was lowered"
        sign "a timeout or deadline gets a smaller value"
        shows [TimeoutErrors 3.0, CancelledCalls 2.0, RetriesUp 1.5, RetriesExhausted 1.0, CircuitOpen 1.5, ErrorsUp 1.0, LockContention 0.5, PoolExhausted 0.3, LatencyUp 0.2, TrafficUp -0.8, CertificateExpired -2.0, DnsErrors -1.5]
        Immediate at [Itself, Callers]
        fix "restore the previous time limit"
        why "calls that used to finish in time are cut off, although the callee is no slower";
    TIMEOUT_RAISED "timeout_raised" Config "a time limit was raised or removed"
        sign "a timeout or deadline gets a larger value or is taken away"
        shows [ThreadsExhausted 2.0, PoolExhausted 1.5, LatencyUp 1.2, QueueGrowth 1.2, ThreadGrowth 1.5, FdExhausted 1.0, MemoryGrowth 0.5, TimeoutErrors -0.3]
        Delayed at [Itself, Callers]
        fix "restore the time limit"
        why "slow callees hold threads and connections longer, until none is left";
    POOL_LIMIT_LOWERED "pool_limit_lowered" Config "a pool, worker or concurrency limit was lowered"
        sign "a maximum of connections, threads, workers or concurrent requests gets smaller"
        shows [PoolExhausted 3.0, ThreadsExhausted 2.5, LimitLowered 3.0, QueueGrowth 1.5, Overloaded 1.2, TimeoutErrors 1.2, LatencyUp 1.0, ThroughputDown 1.0, ErrorsUp 0.5, CapacityDown 0.5, TrafficUp -0.8, CertificateExpired -2.0, CapacityExhausted 1.8]
        Delayed at [Itself, Callers]
        fix "restore the previous limit"
        why "work waits for a slot as soon as the load needs more than the new limit";
    POOL_LIMIT_RAISED "pool_limit_raised" Config "a pool, worker or concurrency limit was raised"
        sign "a maximum of connections, threads, workers or concurrent requests gets larger"
        shows [TooManyConnections 3.0, CpuSaturated 1.0, LockContention 1.2, MemoryGrowth 1.0, OutOfMemory 1.0, RateLimited 1.0, SlowQueries 0.8, LatencyUp 0.4, FdExhausted 1.0, PoolExhausted -1.0]
        Delayed at [SharedResource, Callees, Itself]
        fix "restore the previous limit"
        why "the work that the limit held back now meets a server that can't take it";
    QUEUE_LIMIT_LOWERED "queue_limit_lowered" Config "a queue or buffer was made smaller"
        sign "a queue length, buffer size or prefetch count gets smaller"
        shows [Overloaded 2.5, DataLoss 2.0, QueueGrowth 1.5, ThroughputDown 1.2, LimitLowered 2.0, LatencyUp 0.7, ErrorsUp 0.5, PayloadTooLarge 1.0, CapacityExhausted 2.5]
        Delayed at [Itself, Callers]
        fix "restore the previous size"
        why "bursts that the buffer used to absorb are refused or dropped";
    QUEUE_LIMIT_RAISED "queue_limit_raised" Config "a queue or buffer was made larger"
        sign "a queue length, buffer size or prefetch count gets larger or unbounded"
        shows [QueueGrowth 1.5, MemoryGrowth 1.8, OutOfMemory 1.5, LatencyUp 0.8, TimeoutErrors 0.5, DataLoss 0.5]
        Delayed at [Itself]
        fix "restore the bound"
        why "work waits in memory instead of being refused early (bufferbloat)";
    RETRIES_LOWERED "retries_lowered" Config "the retry budget was lowered"
        sign "fewer attempts, or a retry taken away"
        shows [RetriesExhausted 3.0, ErrorsUp 1.2, TimeoutErrors 1.0, LockContention 0.7, ConnectionErrors 0.5, RetriesUp 0.3, ProviderErrors 0.4, TrafficUp -0.5]
        Delayed at [Itself, Callers]
        fix "restore the previous number of attempts"
        why "short disturbances that a retry used to hide become failures";
    RETRIES_RAISED "retries_raised" Config "retries were added or raised"
        sign "more attempts, a retry loop or a retry policy added"
        shows [RetriesUp 3.0, TrafficUp 1.0, CallsFanOut 1.5, Overloaded 1.2, LatencyUp 0.7, CpuSaturated 0.5, RateLimited 1.2, DuplicateWork 1.5, QueriesUp 0.8, QueueGrowth 0.5, RetriesExhausted 0.3]
        Delayed at [Callees, Itself]
        fix "restore the previous number of attempts, with backoff and jitter"
        why "each failure multiplies the load on a callee that is already struggling";
    BACKOFF_REMOVED "backoff_removed" Config "waiting between retries was shortened or removed"
        sign "a delay, jitter or backoff between attempts is gone or smaller"
        shows [RetriesUp 2.5, RetriesExhausted 2.0, Overloaded 1.2, LockContention 1.2, CpuSaturated 0.8, RateLimited 1.5, CallsFanOut 1.0, TrafficUp 0.7, ErrorsUp 0.4]
        Delayed at [Callees, Itself]
        fix "restore the backoff with jitter"
        why "attempts come at once and meet the same trouble, together with everyone else's";
    CACHE_TTL_LOWERED "cache_ttl_lowered" Config "cached entries expire sooner"
        sign "a time to live, maximum age or refresh period of a cache gets smaller"
        shows [CacheMissesUp 3.0, QueriesUp 2.0, SlowQueries 1.0, CpuSaturated 0.8, CallsFanOut 1.0, TooManyConnections 0.7, LatencyUp 0.7, TimeoutErrors 0.5, TrafficUp 0.3, AuthErrors 0.3, TokenExpired 0.8]
        Delayed at [Itself, SharedResource, Callees]
        fix "restore the previous time to live"
        why "entries that stay warm today expire and are loaded again; the source behind the cache takes the load";
    CACHE_TTL_RAISED "cache_ttl_raised" Config "cached entries live longer"
        sign "a time to live or maximum age of a cache gets larger or is removed"
        shows [StaleData 3.0, WrongResults 1.5, MemoryGrowth 1.2, OutOfMemory 0.8, AuthErrors 0.5, DnsErrors 0.5, ConnectionErrors 0.4, NotFoundErrors 0.5, CacheMissesUp -1.5, QueriesUp -0.8]
        Delayed at [Itself, Callers]
        fix "restore the previous time to live and clear the cache"
        why "readers see values that the source has long replaced";
    CACHE_REMOVED "cache_removed" Config "a cache was removed, bypassed or shrunk"
        sign "a cache lookup is gone, a cache is disabled or its size lowered, or its key changed"
        shows [CacheMissesUp 3.0, QueriesUp 2.0, CallsFanOut 1.5, SlowQueries 1.0, CpuSaturated 1.0, LatencyUp 1.0, RateLimited 0.7, TimeoutErrors 0.4, LimitLowered 1.0, TrafficUp 0.3]
        Immediate at [Itself, SharedResource, Callees]
        fix "restore the cache"
        why "every read goes to the source";
    BATCH_SIZE_LOWERED "batch_size_lowered" Config "batches were made smaller"
        sign "a batch, chunk, page or bulk size gets smaller"
        shows [CallsFanOut 2.0, QueriesUp 1.5, ThroughputDown 1.5, QueueGrowth 1.5, LatencyUp 0.7, RateLimited 0.7, LimitLowered 1.0, DiskSlow 0.5]
        Immediate at [Itself, Callees]
        fix "restore the batch size"
        why "the same work needs more round trips";
    BATCH_SIZE_RAISED "batch_size_raised" Config "batches were made larger"
        sign "a batch, chunk, page or bulk size gets larger or its limit is removed"
        shows [MemoryGrowth 1.5, OutOfMemory 1.5, PayloadTooLarge 2.5, TimeoutErrors 1.2, LatencyUp 0.8, SlowQueries 1.0, LockContention 1.0, GcPressure 1.2, RateLimited 0.4]
        Immediate at [Itself, Callees]
        fix "restore the batch size"
        why "one unit of work holds more memory, locks and time than its limits allow";
    RATE_LIMIT_LOWERED "rate_limit_lowered" Config "a rate limit or quota was lowered"
        sign "allowed requests per time, a burst or a quota get smaller"
        shows [RateLimited 3.0, LimitLowered 2.0, ErrorsUp 1.0, Overloaded 1.0, ThroughputDown 1.0, RetriesUp 0.7, QueueGrowth 0.5]
        Immediate at [Itself, Callers]
        fix "restore the previous rate"
        why "normal traffic is now above the limit";
    RATE_LIMIT_RAISED "rate_limit_raised" Config "a rate limit was raised or removed"
        sign "allowed requests per time get larger, or the limiter is gone"
        shows [TrafficUp 1.2, CpuSaturated 1.0, Overloaded 1.5, LatencyUp 0.7, RateLimited 0.6, QueueGrowth 0.8, CallsFanOut 0.6]
        Delayed at [Itself, Callees]
        fix "restore the limit"
        why "the limiter protected something that can't take the full traffic";
    MEMORY_LIMIT_LOWERED "memory_limit_lowered" Config "a memory limit was lowered"
        sign "a container memory limit or heap maximum gets smaller"
        shows [OutOfMemory 3.0, LimitLowered 2.5, GcPressure 2.0, Restarts 2.0, CapacityDown 1.0, Panic 0.3, LatencyUp 0.4, StartupFailure 0.7, MemoryGrowth 0.2]
        Immediate at [Itself]
        fix "restore the memory limit"
        why "the working set no longer fits: the kernel kills it or the collector runs all the time";
    CPU_LIMIT_LOWERED "cpu_limit_lowered" Config "a CPU limit was lowered"
        sign "a CPU limit or request gets smaller"
        shows [CpuThrottled 3.0, CpuSaturated 2.0, LimitLowered 2.5, LatencyUp 1.2, TimeoutErrors 0.8, ProbeFailures 1.0, QueueGrowth 0.8, ThroughputDown 0.8, Restarts 0.4]
        Immediate at [Itself, Callers]
        fix "restore the CPU limit"
        why "the scheduler stops the process when its quota is used up";
    REPLICAS_LOWERED "replicas_lowered" Config "fewer instances were asked for"
        sign "replicas, autoscaler bounds or disruption budgets get smaller"
        shows [CapacityDown 2.5, LimitLowered 2.0, CpuSaturated 1.5, Overloaded 1.8, QueueGrowth 1.2, LatencyUp 1.0, ErrorsUp 0.5, ThreadsExhausted 0.8, TrafficUp -0.3]
        Delayed at [Itself, Callers]
        fix "restore the number of instances"
        why "the same traffic meets fewer instances";
    LOG_VOLUME_RAISED "log_volume_raised" Config "more is logged or sampled"
        sign "a lower log level, a higher sampling rate, a log call in a hot path"
        shows [LogVolumeUp 3.0, DiskFull 2.5, DiskSlow 1.5, CpuSaturated 0.5, QueueGrowth 0.5, LatencyUp 0.4, DataLoss 0.4, TrafficUp -0.5]
        Gradual at [Itself, SharedResource]
        fix "restore the log level and the sampling rate"
        why "every record costs disk, I/O and CPU";
    BREAKER_CHANGED "breaker_changed" Config "a circuit breaker's thresholds changed"
        sign "a failure threshold, window or cool-down of a breaker, bulkhead or outlier detection changed"
        shows [CircuitOpen 3.0, ErrorsUp 1.0, CapacityDown 0.7, ThreadsExhausted 0.8, LatencyUp 0.4]
        Delayed at [Itself, Callers]
        fix "restore the thresholds"
        why "it opens on normal noise, or stays closed while the callee drags everyone down";
    FLAG_FLIPPED "flag_flipped" Config "a default or feature switch was flipped"
        sign "true becomes false, on becomes off, or the other way round"
        shows [ErrorsUp 0.8, LatencyUp 0.6, WrongResults 1.0, ConfigErrors 0.8, AuthErrors 0.4, CallsFanOut 0.4, QueriesUp 0.4, CacheMissesUp 0.4, NotFoundErrors 0.4, StaleData 0.4, TrafficDown 0.3]
        Immediate at [Itself, Callers]
        fix "flip the switch back"
        why "a path that never ran at this scale now runs everywhere, or one that was needed no longer does";
    INTERVAL_SHORTENED "interval_shortened" Config "something runs more often"
        sign "an interval, period or schedule gets shorter"
        shows [CpuSaturated 1.2, QueriesUp 1.5, TrafficUp 1.0, PeriodicLoad 1.8, RateLimited 1.2, LockContention 0.8, CallsFanOut 0.8, LogVolumeUp 0.6, DiskSlow 0.7, LatencyUp 0.4]
        Immediate at [SharedResource, Callees, Itself]
        fix "restore the interval"
        why "the work per hour multiplies on whatever it touches";
    INTERVAL_LENGTHENED "interval_lengthened" Config "something runs less often"
        sign "an interval, period or schedule gets longer"
        shows [StaleData 2.0, TokenExpired 1.0, QueueGrowth 1.0, DiskFull 0.8, ConnectionErrors 0.7, MemoryGrowth 0.6, ProbeFailures 0.4, CacheMissesUp 0.3]
        Delayed at [Itself]
        fix "restore the interval"
        why "what it refreshes, cleans up or keeps alive goes stale, piles up or is closed by the other side";
    SCHEDULE_CHANGED "schedule_changed" Config "a schedule changed"
        sign "a cron expression or job time is edited or added"
        shows [PeriodicLoad 2.5, CpuSaturated 0.8, LockContention 1.0, QueriesUp 0.8, DiskSlow 0.8, StaleData 1.0, LatencyUp 0.4, ReplicationLag 0.8]
        Delayed at [SharedResource, Itself]
        fix "restore the schedule"
        why "the job now meets the daily peak, or no longer runs when it must";
    PROBE_CHANGED "probe_changed" Config "a health probe was tightened or moved"
        sign "a liveness or readiness path, delay, period or threshold changed"
        shows [ProbeFailures 3.0, Restarts 2.0, CapacityDown 2.0, ConnectionErrors 0.5, NotFoundErrors 0.5, ErrorsUp 0.4, StartupFailure 0.7]
        Immediate at [Itself, Callers]
        fix "restore the probe"
        why "healthy instances are killed or taken out of rotation";
    RUNTIME_TUNED "runtime_tuned" Config "memory management flags changed"
        sign "heap sizes, collector choice or runtime flags are edited"
        shows [GcPressure 3.0, OutOfMemory 1.5, MemoryGrowth 1.2, CpuSaturated 0.8, LatencyUp 0.6, StartupFailure 0.8, Restarts 0.6]
        Delayed at [Itself]
        fix "restore the runtime flags"
        why "the collector no longer fits the allocation rate";
    UNIT_MISTAKE "unit_mistake" Config "a value changed its unit"
        sign "the same number with another unit, or a factor of 60, 1000 or 1024 between old and new"
        shows [TimeoutErrors 1.5, CacheMissesUp 1.0, WrongResults 1.0, ConfigErrors 0.6, LatencyUp 0.4, OutOfMemory 0.5, TokenExpired 0.7, OccupancyGrowth 1.8, CapacityExhausted 1.2, QueueGrowth 0.8, MemoryGrowth 0.8]
        Immediate at [Itself]
        fix "restore the unit"
        why "milliseconds read as seconds, or mebibytes as bytes, are off by orders of magnitude";
    ENDPOINT_CHANGED "endpoint_changed" Config "an address changed"
        sign "a host, port, URL, region, bucket, topic or queue name is edited"
        shows [ConnectionErrors 2.2, DnsErrors 1.8, NotFoundErrors 2.0, TimeoutErrors 1.0, AuthErrors 0.8, TlsErrors 0.8, TrafficDown 0.8, LatencyUp 0.5, DataLoss 0.8, QueueGrowth 0.6, ErrorsUp 0.7, StaleData 0.4]
        Immediate at [Itself, Callees]
        fix "restore the address"
        why "requests go to a place that is not there, not reachable, far away or not the right one";
    CREDENTIALS_CHANGED "credentials_changed" Config "credentials or keys changed"
        sign "a secret, key, token, user or their reference is edited"
        shows [AuthErrors 3.0, TokenExpired 1.0, ConnectionErrors 0.5, ErrorsUp 0.7, StartupFailure 0.7, DecodeErrors 0.5, TlsErrors 0.4]
        Immediate at [Itself, Callees]
        fix "restore the credentials"
        why "the other side does not know the new ones, or no longer accepts the old";
    PERMISSION_CHANGED "permission_changed" Config "permissions changed"
        sign "a role, policy, scope, network or file permission is edited"
        shows [AuthErrors 3.0, ConnectionErrors 1.0, NetworkErrors 0.8, TimeoutErrors 0.5, ErrorsUp 0.7, NotFoundErrors 0.3, StartupFailure 0.5]
        Immediate at [Itself, Callees]
        fix "restore the permission"
        why "calls that were allowed are refused, or packets silently dropped";
    TLS_CONFIG_CHANGED "tls_config_changed" Config "TLS settings changed"
        sign "protocol versions, ciphers, certificates, trust stores or verification are edited"
        shows [TlsErrors 3.0, ConnectionErrors 1.0, ErrorsUp 0.6, CertificateExpired -2.0, AuthErrors 0.4, CertificateCountdown -0.5]
        Immediate at [Itself, Callees, Callers]
        fix "restore the TLS settings"
        why "the two sides no longer share a protocol, cipher or trusted issuer";
    ROUTING_CHANGED "routing_changed" Config "routing or load balancing changed"
        sign "weights, selectors, routes, rewrite rules, hashing or proxy settings are edited"
        shows [NotFoundErrors 2.0, ConnectionErrors 1.2, TrafficUp 0.7, TrafficDown 1.5, CapacityDown 0.7, Overloaded 0.8, LatencyUp 0.6, ErrorsUp 0.8, CacheMissesUp 0.5, NetworkErrors 0.8]
        Immediate at [Itself, Callers]
        fix "restore the routing"
        why "traffic reaches the wrong place, too few places or none";
    CONFIG_KEY_CHANGED "config_key_changed" Config "a setting was renamed, removed or mistyped"
        sign "a configuration key or environment variable disappears or changes its name"
        shows [ConfigErrors 3.0, StartupFailure 2.0, NullDereference 0.8, Restarts 1.0, WrongResults 0.5, ErrorsUp 0.6, Panic 0.5, ConnectionErrors 0.4, AuthErrors 0.4]
        Immediate at [Itself]
        fix "restore the setting's name"
        why "the reader finds nothing under the name it knows: it stops, or silently takes a default";
    CONFIG_INVALID "config_invalid" Config "a configuration file is no longer valid"
        sign "broken indentation, a duplicate key, a quoting or type error"
        shows [ConfigErrors 3.0, StartupFailure 2.5, DecodeErrors 1.2, Restarts 1.0, CapacityDown 0.6]
        Immediate at [Itself]
        fix "revert the file and validate before rollout"
        why "the process can't read its settings";
    LOCALE_CHANGED "locale_changed" Config "time zone, locale or encoding changed"
        sign "a time zone, locale, charset or date format is edited"
        shows [WrongResults 2.0, DecodeErrors 1.5, ClockSkew 1.0, NotFoundErrors 1.0, StaleData 0.6, ValidationErrors 0.7, PeriodicLoad 0.4]
        Immediate at [Itself, Callees]
        fix "restore the setting"
        why "the same bytes now mean another time or another text";
    SHUTDOWN_CHANGED "shutdown_changed" Config "start or stop behaviour changed"
        sign "grace periods, hooks, rollout strategy or start order are edited"
        shows [ConnectionErrors 1.5, ErrorsUp 0.8, CancelledCalls 0.8, DataLoss 1.0, CapacityDown 1.0, Restarts 0.6, StartupFailure 0.8]
        Immediate at [Itself, Callers]
        fix "restore the previous behaviour"
        why "requests in flight are cut off at every rollout, or too few instances run meanwhile";
    SYSTEM_LIMIT_LOWERED "system_limit_lowered" Config "a limit of the operating system was lowered"
        sign "open files, sockets, processes, kernel or conntrack settings get smaller"
        shows [FdExhausted 3.0, ThreadsExhausted 1.0, ConnectionErrors 1.0, LimitLowered 2.0, NetworkErrors 0.8, StartupFailure 0.5, Panic 0.3]
        Delayed at [Itself]
        fix "restore the limit"
        why "the kernel refuses further handles";
    MACHINE_SHRUNK "machine_shrunk" Config "a smaller machine was asked for"
        sign "an instance class, machine type, node size or plan gets smaller or burstable"
        shows [CpuSaturated 2.5, CpuThrottled 1.5, HostContention 1.2, MemoryGrowth 0.6, OutOfMemory 1.5, SlowQueries 1.5, DiskSlow 1.5, LatencyUp 1.2, TooManyConnections 1.2, CacheMissesUp 0.8, QueueGrowth 1.0, Overloaded 1.2, TimeoutErrors 0.8, LimitLowered 2.0, CapacityDown 0.6, ReplicationLag 0.8, TrafficUp -0.5]
        Delayed at [Itself, Callers]
        fix "restore the previous size"
        why "the same work meets fewer cores, less memory and a smaller share of disk and network";
    IO_LIMIT_LOWERED "io_limit_lowered" Config "the allowed input and output was lowered"
        sign "provisioned operations, throughput, bandwidth, or read and write capacity get smaller"
        shows [DiskSlow 3.0, RateLimited 2.0, SlowQueries 1.5, LatencyUp 1.2, LimitLowered 2.0, QueueGrowth 1.2, ReplicationLag 1.2, TimeoutErrors 0.8, ThroughputDown 1.2, CpuSaturated -0.3]
        Delayed at [Itself, SharedResource, Callers]
        fix "restore the previous capacity"
        why "reads and writes wait as soon as the load needs more than was bought";
}
