//! Queries, schemas and stored data.

super::mechanisms! {
    QUERY_UNBOUNDED "query_unbounded" Data "a query reads more rows"
        sign "a WHERE, LIMIT or page bound is gone, or a join, wildcard or larger bound is added"
        shows [SlowQueries 2.5, MemoryGrowth 1.5, OutOfMemory 1.2, CpuSaturated 1.2, LatencyUp 1.2, TimeoutErrors 1.0, GcPressure 0.8, PayloadTooLarge 1.0, WrongResults 0.6, DiskSlow 1.0, PoolExhausted 0.7]
        Delayed at [Itself, SharedResource]
        fix "roll back, or bound the query"
        why "cost grows with the table instead of the page";
    QUERY_CHANGED "query_changed" Data "a query changed"
        sign "columns, joins, ordering, functions on columns or hints of a query are edited"
        shows [SlowQueries 2.0, SchemaMismatch 1.2, WrongResults 1.0, CpuSaturated 1.0, LatencyUp 0.9, LockContention 0.8, TimeoutErrors 0.6, Deadlock 0.5, DiskSlow 0.6, PoolExhausted 0.5]
        Immediate at [Itself, SharedResource]
        fix "roll back the query"
        why "the planner can no longer use the index it used";
    INDEX_DROPPED "index_dropped" Data "an index was removed"
        sign "DROP INDEX, or an index definition is gone"
        shows [SlowQueries 3.0, CpuSaturated 1.8, LatencyUp 1.2, TimeoutErrors 1.0, DiskSlow 1.2, LockContention 1.0, PoolExhausted 0.8, QueriesUp -0.3, DuplicateWork 0.4]
        Immediate at [SharedResource, Itself]
        fix "create the index again"
        why "lookups become scans of the whole table";
    MIGRATION_LOCK "migration_lock" Data "a migration locks a table"
        sign "ALTER TABLE, an index without CONCURRENTLY, a backfill or a rewrite of a large table"
        shows [LockContention 3.0, TimeoutErrors 1.2, PoolExhausted 1.2, SlowQueries 1.2, LatencyUp 1.0, ReplicationLag 1.5, DiskSlow 0.8, Deadlock 0.8, ErrorsUp 0.4, CpuSaturated 0.3]
        Immediate at [SharedResource, Callers]
        fix "cancel the migration"
        why "readers and writers wait until it is done";
    SCHEMA_CHANGED "schema_changed" Data "a column, table or type changed"
        sign "a column or table is dropped, renamed, made NOT NULL or given another type"
        shows [SchemaMismatch 3.0, ConstraintErrors 2.0, DecodeErrors 1.0, ErrorsUp 1.0, WrongResults 0.6, DataLoss 0.8, StartupFailure 0.6, NullDereference 0.4, ReplicationLag 0.6]
        Immediate at [SharedResource, Itself, Callers]
        fix "roll the schema back, or deploy code that knows both"
        why "code that runs still expects the old shape (and the old version during a rollback the other one)";
    INDEX_ADDED "index_added" Data "an index was added"
        sign "CREATE INDEX"
        shows [DiskSlow 0.6, LockContention 0.5, DiskFull 0.5, CpuSaturated 0.3, ReplicationLag 0.3, SlowQueries -0.5, CacheMissesUp -1.0, QueriesUp -1.0]
        Immediate at [SharedResource]
        fix "drop the index"
        why "building it costs I/O for a while and each write a little; reads only get faster";
    TRANSACTION_CHANGED "transaction_changed" Data "transaction boundaries or isolation changed"
        sign "begin, commit, rollback, isolation or locking reads are added or removed"
        shows [LockContention 1.8, Deadlock 1.8, WrongResults 1.2, DataLoss 1.0, DuplicateWork 1.0, ConstraintErrors 0.8, PoolExhausted 1.0, LatencyUp 0.4, ReplicationLag 0.3]
        Delayed at [Itself, SharedResource]
        fix "roll back"
        why "locks live as long as the transaction, and half-done work becomes visible";
    ACK_CHANGED "ack_changed" Data "when messages count as done changed"
        sign "acknowledge, commit of an offset, visibility timeout or consumer group is edited"
        shows [DuplicateWork 2.5, DataLoss 2.0, QueueGrowth 2.0, PoisonRecord 1.2, ConstraintErrors 0.8, WrongResults 0.5, ThroughputDown 0.6, StaleData 0.4]
        Delayed at [Itself, Callees]
        fix "roll back"
        why "messages are delivered again, lost or never finished";
    PARTITION_KEY_CHANGED "partition_key_changed" Data "work is spread by another key"
        sign "the key of a message, partition, shard or hash is edited"
        shows [QueueGrowth 2.2, StaleData 1.5, LatencyUp 0.8, ThroughputDown 1.2, CpuSaturated 0.8, LockContention 0.8, Overloaded 0.8, WrongResults 0.8, DuplicateWork 0.6, OccupancyGrowth 0.6, PoisonRecord 0.3, TrafficUp -0.5]
        Immediate at [Callees, SharedResource, Itself]
        fix "roll back, or choose a key with many values"
        why "few values put most of the work on few partitions, and order holds for other things than before";
    CACHE_KEY_NARROWED "cache_key_narrowed" Data "different things are kept under one key"
        sign "a part of the key of a cache, a memo or an idempotency table is removed"
        shows [WrongResults 3.0, StaleData 1.5, ValidationErrors 1.0, ConstraintErrors 0.6, AuthErrors 0.5, NotFoundErrors 0.4, DataLoss 0.4, LatencyUp -0.5, CacheMissesUp -1.0]
        Immediate at [Itself, Callers]
        fix "roll back, and empty what is kept under the short keys"
        why "what differed only in the missing part is answered with the first of them";
    SERIALIZER_CHANGED "serializer_changed" Data "values are written by another library or with other settings"
        sign "a serialiser, its settings, converters or naming rules are replaced or removed"
        shows [DecodeErrors 2.8, PoisonRecord 2.0, SchemaMismatch 1.5, ValidationErrors 1.5, WrongResults 1.2, NullDereference 1.0, NotFoundErrors 0.6, DataLoss 0.8, QueueGrowth 0.6, ErrorsUp 0.6, CacheMissesUp 0.6, TrafficDown 0.5]
        Immediate at [Callees, Callers, Itself]
        fix "roll back, then change readers before writers"
        why "dates, enums, numbers, missing values or names take another form than readers expect";
    READS_FROM_COPY "reads_from_copy" Data "reads go to a copy"
        sign "a query moves from the primary to a replica, reader, follower or snapshot"
        shows [StaleData 2.5, NotFoundErrors 2.0, ReplicationLag 1.5, WrongResults 1.2, ConstraintErrors 0.6, ErrorsUp 0.5, ValidationErrors 0.5]
        Delayed at [Itself, Callers]
        fix "read from the primary where one's own writes must be seen"
        why "a copy lags behind: what was just written is not there yet";
}
