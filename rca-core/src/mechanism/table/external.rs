//! Triggers that nobody's change brought.

super::mechanisms! {
    TRAFFIC_SURGE "traffic_surge" External "a surge of traffic"
        sign "incoming requests rise first, at the edge, and everything behind it in proportion"
        shows [TrafficUp 3.0, Overloaded 2.0, CpuSaturated 1.2, QueueGrowth 1.2, ThreadsExhausted 1.0, LatencyUp 0.7, CapacityDown 0.3, RateLimited 0.7, PoolExhausted 0.8, TimeoutErrors 0.5, ErrorsUp 0.3, QueriesUp 0.6, ThreadGrowth 0.4, CallsFanOut -1.5, LimitLowered -2.0, CacheMissesUp -0.8, LogVolumeUp 0.2, TrafficDown -2.0, OccupancyGrowth 0.8, CapacityExhausted 1.0]
        Immediate at [Itself, Callees]
        fix "scale out, shed load or limit the callers"
        why "more work than the capacity was planned for";
    RETRY_STORM "retry_storm" External "callers retry in a storm"
        sign "requests multiply after a failure, from the same callers"
        shows [RetriesUp 2.5, TrafficUp 1.5, Overloaded 1.5, RateLimited 0.8, LatencyUp 0.5, QueueGrowth 0.5]
        Immediate at [Callees, Itself]
        fix "limit retries at the callers and shed load"
        why "failed calls come back and keep the callee down";
    PROVIDER_OUTAGE "provider_outage" External "an external provider has trouble"
        sign "calls to a provider fail for several services at once; its status page says so"
        shows [ProviderErrors 3.0, StaleData 0.8, CacheMissesUp 0.4, CallsFanOut 0.3, PoolExhausted 0.5, ConnectionErrors 0.8, TimeoutErrors 0.8, RetriesUp 0.8, CircuitOpen 0.8, ErrorsUp 0.6, LatencyUp 0.5, RateLimited 0.3, LimitLowered -1.5, Panic -0.5]
        Immediate at [Callers, Itself]
        fix "wait for the provider, fail over or degrade"
        why "the fault is inside of the provider's system";
    REGION_IMPAIRMENT "region_impairment" External "a region or zone is impaired"
        sign "failures share a region or zone, not a service or version"
        shows [ProviderErrors 2.5, NetworkErrors 1.2, HostDown 1.2, ConnectionErrors 0.8, TimeoutErrors 0.8, CapacityDown 0.8, ErrorsUp 0.5, LatencyUp 0.5, ReplicationLag 0.6]
        Immediate at [Callers, SharedResource]
        fix "move traffic to another region or zone"
        why "everything in one place fails together";
    DNS_FAILURE "dns_failure" External "name resolution fails"
        sign "names can't be resolved, or resolve to the wrong address"
        shows [DnsErrors 3.0, ConnectionErrors 0.8, TimeoutErrors 0.6, ErrorsUp 0.4, LatencyUp 0.4, ProviderErrors 0.2]
        Immediate at [Callers, SharedResource]
        fix "repair or bypass the resolver"
        why "nothing is reached without its address";
    CERTIFICATE_EXPIRED "certificate_expired" External "a certificate expired"
        sign "the validity of a certificate ends; handshakes fail from that second on"
        shows [CertificateExpired 3.0, CertificateCountdown 2.5, TlsErrors 2.0, ConnectionErrors 0.5, ErrorsUp 0.5, ClockSkew 0.2, TrafficDown 0.2]
        Immediate at [Callers, Itself]
        fix "renew the certificate"
        why "peers refuse a certificate after its last day";
    CREDENTIAL_EXPIRED "credential_expired" External "a token, key, password or licence expired"
        sign "authentication fails from one moment on, without a change"
        shows [TokenExpired 3.0, AuthErrors 2.0, ErrorsUp 0.5, RetriesUp 0.3, ProviderErrors 0.4]
        Immediate at [Itself, Callers]
        fix "renew the credential"
        why "the other side refuses it after its last day";
    NODE_FAILURE "node_failure" External "a host or node failed"
        sign "all instances on one host fail together"
        shows [HostDown 3.0, CapacityDown 1.5, ConnectionErrors 1.0, NetworkErrors 0.8, Restarts 0.7, HardwareErrors 1.5, ReplicationLag 0.6, TimeoutErrors 0.4, ErrorsUp 0.3]
        Immediate at [Itself, Callers]
        fix "replace the node"
        why "what ran there is gone until it runs elsewhere";
    NOISY_NEIGHBOUR "noisy_neighbour" External "a neighbour takes the host's resources"
        sign "steal time, throttling or I/O wait rise without more work"
        shows [HostContention 3.0, DiskSlow 1.5, CpuThrottled 1.2, LatencyUp 0.8, CpuSaturated 0.6, TimeoutErrors 0.4, TrafficUp -0.8]
        Immediate at [Itself]
        fix "move the workload or the neighbour"
        why "someone else uses the same CPU, disk or network";
    DISK_EXHAUSTED "disk_exhausted" External "a disk filled up"
        sign "free space shrinks without a change that writes more"
        shows [DiskFull 2.5, DiskSlow 0.8, DataLoss 0.7, Panic 0.3, ErrorsUp 0.4, LogVolumeUp -1.0, ReplicationLag 0.4]
        Gradual at [Itself, SharedResource]
        fix "free or add space"
        why "writes fail when nothing is left";
    NETWORK_PARTITION "network_partition" External "the network is cut"
        sign "parts of the system can't reach each other, whatever the service"
        shows [NetworkErrors 3.0, ConnectionErrors 1.5, TimeoutErrors 1.2, ReplicationLag 1.0, HostDown 0.6, ErrorsUp 0.4, CircuitOpen 0.5]
        Immediate at [Callers, SharedResource]
        fix "repair or route around the link"
        why "packets do not arrive";
    NETWORK_LATENCY "network_latency" External "the network is slow or loses packets"
        sign "the gap between client and server time grows, while servers are as fast as ever"
        shows [NetworkErrors 2.5, LatencyUp 1.5, TimeoutErrors 0.8, RetriesUp 0.6, ReplicationLag 0.8, CpuSaturated -0.6, SlowQueries -0.3]
        Immediate at [Callers, Callees]
        fix "route around the link"
        why "each round trip costs more";
    CLOCK_SKEW "clock_skew" External "clocks disagree"
        sign "signatures, tokens or leases are rejected as too old or too new"
        shows [ClockSkew 3.0, AuthErrors 1.0, TokenExpired 0.8, TlsErrors 0.6, WrongResults 0.6, CertificateExpired 0.3, StaleData 0.3]
        Delayed at [Itself, Callers]
        fix "synchronise the clocks"
        why "what is valid here is not yet or no longer valid there";
    POISON_RECORD "poison_record" External "one message or record can't be processed"
        sign "the same record fails again and again; others pass"
        shows [PoisonRecord 3.0, DecodeErrors 1.8, QueueGrowth 1.5, Restarts 1.2, Panic 1.2, RetriesUp 1.0, ErrorsUp 0.3, ThroughputDown 0.6, NullDereference 0.4, TrafficUp -0.6]
        Immediate at [Itself]
        fix "set the record aside, then handle it"
        why "the consumer can't get past it";
    PROVIDER_RATE_LIMIT "provider_rate_limit" External "a provider's quota is used up"
        sign "a provider answers 429 or quota exceeded, without more calls by a change of ours"
        shows [RateLimited 3.0, ProviderErrors 1.5, RetriesUp 0.8, ErrorsUp 0.4, LatencyUp 0.2, CallsFanOut -0.8, QueueGrowth 0.4]
        Immediate at [Itself, Callers]
        fix "ask for more quota, slow down or cache"
        why "the provider refuses what is above the quota";
    SCHEDULED_JOB "scheduled_job" External "a scheduled job or backup takes resources"
        sign "load begins at a round time and ends with the job"
        shows [PeriodicLoad 3.0, DiskSlow 1.5, CpuSaturated 0.8, LockContention 0.8, SlowQueries 0.8, ReplicationLag 1.0, QueriesUp 0.8, LatencyUp 0.3, TrafficUp -0.3]
        Immediate at [SharedResource, Itself]
        fix "move or throttle the job"
        why "it competes with requests for the same disk, CPU or locks";
    HARDWARE_FAULT "hardware_fault" External "hardware fails"
        sign "the kernel reports memory, disk or link errors"
        shows [HardwareErrors 3.0, HostDown 1.5, DiskSlow 1.0, DataLoss 0.8, NetworkErrors 0.6, Panic 0.5, WrongResults 0.4]
        Immediate at [Itself]
        fix "replace the hardware"
        why "components wear out";
    DATA_GROWTH "data_growth" External "data outgrew its plan"
        sign "query plans flip or scans pass a size limit without a change"
        shows [SlowQueries 2.0, DiskSlow 1.0, CpuSaturated 0.8, LatencyUp 0.6, DiskFull 0.8, ConstraintErrors 0.8, LockContention 0.4, QueriesUp -0.5]
        Gradual at [SharedResource]
        fix "refresh statistics, add an index or archive data"
        why "what fitted yesterday no longer fits";
}
