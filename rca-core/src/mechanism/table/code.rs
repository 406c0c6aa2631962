//! Program code: guards, locks, loops, memory, time.

super::mechanisms! {
    NULL_GUARD_REMOVED "null_guard_removed" Code "a missing value is no longer checked for"
        sign "a null, nil, None or Option check is gone, or an optional value is used without one"
        shows [NullDereference 3.0, Panic 2.0, ErrorsUp 1.0, Restarts 1.2, CapacityDown 0.3, TimeoutErrors -0.5, TrafficUp -0.5, CertificateExpired -2.0]
        Immediate at [Itself, Callers]
        fix "roll back, or check the value again"
        why "the first request without the value crashes instead of taking the other path";
    BOUNDS_GUARD_REMOVED "bounds_guard_removed" Code "a bounds or length check is missing"
        sign "a length, range or emptiness check is gone, or an index is used without one"
        shows [IndexOutOfRange 3.0, Panic 2.0, ErrorsUp 1.0, Restarts 1.0, NullDereference 0.5, DecodeErrors 0.3]
        Immediate at [Itself, Callers]
        fix "roll back, or restore the check"
        why "short or empty input is read past its end";
    VALIDATION_REMOVED "validation_removed" Code "input is no longer checked"
        sign "a validation, sanity or type check is gone or weaker"
        shows [WrongResults 1.5, ConstraintErrors 1.8, DecodeErrors 1.2, Panic 1.0, ErrorsUp 0.8, DataLoss 0.6, NullDereference 0.6, PoisonRecord 1.0]
        Delayed at [Itself, Callees]
        fix "roll back, or restore the check"
        why "bad input reaches code that can't handle it";
    VALIDATION_ADDED "validation_added" Code "input is checked more strictly"
        sign "a new check refuses input that used to pass"
        shows [ValidationErrors 2.5, ErrorsUp 0.8, AuthErrors 0.4, NotFoundErrors 0.4, DecodeErrors 0.6, DataLoss 0.3]
        Immediate at [Itself, Callers]
        fix "roll back, or loosen the check"
        why "callers that were accepted are refused";
    LOCK_REMOVED "lock_removed" Code "shared state is no longer protected"
        sign "a mutex, synchronized block, atomic or transaction is gone"
        shows [DataRace 3.0, WrongResults 1.8, Panic 1.5, DuplicateWork 1.2, DataLoss 1.0, ConstraintErrors 0.8, ErrorsUp 0.4]
        Delayed at [Itself]
        fix "roll back, or restore the lock"
        why "two threads change the same thing at once";
    LOCK_HELD_LONGER "lock_held_longer" Code "a lock is held longer or by more"
        sign "a lock is added or held around I/O, a call or a loop"
        shows [LockContention 3.0, LatencyUp 1.2, ThreadsExhausted 1.2, TimeoutErrors 0.8, ThroughputDown 1.2, QueueGrowth 0.8, CpuSaturated -0.2]
        Delayed at [Itself]
        fix "roll back, or do the slow work outside of the lock"
        why "everyone waits for the slowest holder";
    LOCK_ORDER_CHANGED "lock_order_changed" Code "locks are taken in another order"
        sign "two locks or row updates swap places, or a lock is taken twice"
        shows [Deadlock 3.0, LockContention 2.0, TimeoutErrors 1.0, ThreadsExhausted 1.0, ThroughputDown 1.0, LatencyUp 0.5, ProbeFailures 0.5]
        Delayed at [Itself, SharedResource]
        fix "roll back, or take the locks in one order"
        why "two holders wait for each other";
    ERROR_HANDLING_REMOVED "error_handling_removed" Code "failures are no longer handled"
        sign "an error check, catch, recover, fallback or default is gone, or an error is ignored"
        shows [Panic 1.8, ErrorsUp 1.5, NullDereference 1.2, WrongResults 1.0, DataLoss 1.0, Restarts 0.8, DecodeErrors 0.4, StartupFailure 0.4]
        Delayed at [Itself, Callers]
        fix "roll back, or handle the failure"
        why "a failure that used to end well now spreads or stays unseen";
    ERROR_THROWN "error_thrown" Code "a new failure is raised"
        sign "a panic, throw, raise, exit or assertion is added"
        shows [Panic 2.0, ErrorsUp 1.5, Restarts 1.2, StartupFailure 1.0, ValidationErrors 0.8, ConfigErrors 0.8]
        Immediate at [Itself, Callers]
        fix "roll back, or handle the case"
        why "a case that was tolerated now stops the request or the process";
    AUTH_CHANGED "auth_changed" Code "who may do what changed"
        sign "an authentication, authorisation, token or signature check is edited"
        shows [AuthErrors 3.0, ErrorsUp 0.7, TokenExpired 0.8, NotFoundErrors 0.3, RetriesUp 0.3]
        Immediate at [Itself, Callers]
        fix "roll back"
        why "valid callers are refused (or others let in)";
    RESOURCE_LEAK "resource_leak" Code "a resource is no longer given back"
        sign "a close, release, cancel, unlock, unsubscribe, finally or context manager is gone, or an opened handle is never closed"
        shows [FdExhausted 3.0, PoolExhausted 2.5, ThreadGrowth 1.2, MemoryGrowth 1.5, TooManyConnections 1.8, ConnectionErrors 0.8, OutOfMemory 0.8, TimeoutErrors 0.6, LockContention 0.8, LimitLowered -1.0, OccupancyGrowth 2.2, CapacityExhausted 1.8]
        Gradual at [Itself, SharedResource]
        fix "roll back and restart"
        why "handles, connections or locks pile up until none is left";
    UNBOUNDED_GROWTH "unbounded_growth" Code "something long-lived grows without bound"
        sign "entries are added to a global or long-lived collection, and nothing removes them"
        shows [MemoryGrowth 3.0, OutOfMemory 2.5, GcPressure 2.0, Restarts 1.2, LatencyUp 0.3, CpuSaturated 0.3, CapacityDown 0.3, LimitLowered -1.0, TrafficUp -0.5, OccupancyGrowth 2.7, CapacityExhausted 2.0]
        Gradual at [Itself]
        fix "roll back and restart"
        why "every request leaves something behind";
    CARDINALITY_RAISED "cardinality_raised" Code "a metric gets a series for each value"
        sign "a label, tag or key takes values without bound: a user, a request, an address"
        shows [MemoryGrowth 2.5, OutOfMemory 1.5, GcPressure 1.2, LogVolumeUp 0.5, DiskFull 0.8, CpuSaturated 0.6, OccupancyGrowth 2.0, CapacityExhausted 1.2, RateLimited 0.5, Restarts 0.8, TrafficUp -0.5]
        Gradual at [Itself, SharedResource]
        fix "roll back, or drop the label"
        why "each new value is a new series that is kept in memory and scraped for ever";
    TASK_LEAK "task_leak" Code "background tasks pile up"
        sign "a goroutine, thread, timer or listener is started for each request, without an end or a limit"
        shows [ThreadGrowth 3.0, MemoryGrowth 2.0, OutOfMemory 1.5, CpuSaturated 1.0, GcPressure 1.0, ThreadsExhausted 1.5, FdExhausted 1.0, Restarts 0.6, Overloaded 0.5]
        Gradual at [Itself]
        fix "roll back and restart"
        why "tasks that never end keep their memory and compete for the CPU";
    CALLS_IN_LOOP "calls_in_loop" Code "a call is made for each item"
        sign "a query, request or other I/O is added inside a loop, or a batch call is replaced by single ones"
        shows [CallsFanOut 3.0, QueriesUp 2.5, LatencyUp 1.5, TimeoutErrors 0.6, SlowQueries 0.5, RateLimited 0.8, TooManyConnections 0.6, PoolExhausted 0.7, CpuSaturated 0.4, TrafficUp 0.5]
        Delayed at [Itself, Callees, SharedResource]
        fix "roll back, or fetch all items in one call"
        why "one request becomes as many calls as it has items (N+1)";
    BLOCKING_CALL "blocking_call" Code "a slow call sits in the request path"
        sign "synchronous I/O, an RPC or a blocking wait is added to code that serves requests"
        shows [LatencyUp 1.8, TimeoutErrors 1.0, ThreadsExhausted 1.5, CallsFanOut 1.2, QueriesUp 0.8, QueueGrowth 0.8, ThroughputDown 0.8, CpuSaturated -0.2, ErrorsUp 0.3, ConnectionErrors 0.3]
        Immediate at [Itself, Callees]
        fix "roll back, or move the call off the request path"
        why "each request now waits for it, and fails with it";
    SLEEP_ADDED "sleep_added" Code "a wait was added or lengthened"
        sign "a sleep or delay is added or gets longer"
        shows [LatencyUp 2.5, ThroughputDown 1.5, ThreadsExhausted 1.2, QueueGrowth 1.2, TimeoutErrors 1.0, CpuSaturated -0.8]
        Immediate at [Itself, Callers]
        fix "roll back"
        why "each pass takes longer without doing more";
    BUSY_LOOP "busy_loop" Code "a loop spins"
        sign "an endless loop without a wait, or a lost end condition"
        shows [CpuSaturated 3.0, LatencyUp 0.8, ThroughputDown 0.8, ProbeFailures 0.6, LogVolumeUp 0.8, CpuThrottled 1.0, MemoryGrowth 0.2]
        Immediate at [Itself]
        fix "roll back"
        why "a core does nothing else";
    EXPENSIVE_WORK "expensive_work" Code "the work per request grew"
        sign "nested loops over the same data, sorting, hashing, compression, copying or logging in a hot path"
        shows [CpuSaturated 2.5, LatencyUp 1.5, CpuThrottled 1.2, TimeoutErrors 0.6, ThroughputDown 0.8, GcPressure 0.6, QueueGrowth 0.4]
        Delayed at [Itself]
        fix "roll back"
        why "cost grows with the square of the input, or on every request";
    REGEX_CHANGED "regex_changed" Code "a regular expression changed"
        sign "a pattern is added or edited, above all one with nested or overlapping repetition"
        shows [CpuSaturated 3.0, LatencyUp 1.2, ValidationErrors 1.0, TimeoutErrors 0.8, WrongResults 0.8, ProbeFailures 0.5]
        Delayed at [Itself]
        fix "restore the pattern"
        why "backtracking over some inputs takes exponential time; others no longer match";
    RECURSION_ADDED "recursion_added" Code "a function calls itself"
        sign "a call to the enclosing function is added"
        shows [StackOverflow 3.0, Panic 1.2, CpuSaturated 1.2, MemoryGrowth 0.8, LatencyUp 0.4]
        Delayed at [Itself]
        fix "roll back"
        why "deep or cyclic input exhausts the stack";
    CALL_REMOVED "call_removed" Code "a step was removed"
        sign "a call with an effect (save, commit, publish, acknowledge, invalidate, flush, initialise) is gone"
        shows [DataLoss 1.5, StaleData 1.2, WrongResults 1.2, QueueGrowth 1.0, DuplicateWork 1.0, ErrorsUp 0.5, NullDereference 0.8, NotFoundErrors 0.5, TrafficDown 0.4]
        Immediate at [Itself, Callees]
        fix "roll back"
        why "what the step did is missing: data not written, messages not confirmed, state not set up";
    CONCURRENCY_CHANGED "concurrency_changed" Code "work moved between threads or became (a)synchronous"
        sign "async, await, parallel, executor or ordering primitives are added or removed"
        shows [ThreadsExhausted 1.5, DataRace 1.5, LatencyUp 0.8, WrongResults 0.8, Deadlock 1.2, DataLoss 0.8, Overloaded 0.6, ErrorsUp 0.3, Panic 1.0, Restarts 0.6]
        Delayed at [Itself]
        fix "roll back"
        why "results are used before they exist, or a thread blocks what it waits for";
    CONDITION_CHANGED "condition_changed" Code "a condition was inverted or changed"
        sign "a comparison, negation or boolean operator is edited"
        shows [WrongResults 1.8, ErrorsUp 1.0, AuthErrors 0.5, NotFoundErrors 0.5, IndexOutOfRange 0.7, ValidationErrors 0.7, DuplicateWork 0.6, TrafficDown 0.4, Panic 0.4, CpuSaturated 0.3, NullDereference 0.5, OccupancyGrowth 0.6]
        Immediate at [Itself]
        fix "roll back"
        why "requests take the other branch";
    OFF_BY_ONE "off_by_one" Code "a boundary moved by one"
        sign "< becomes <=, or + 1 appears or disappears at an index or length"
        shows [IndexOutOfRange 2.5, WrongResults 1.8, Panic 1.0, DuplicateWork 1.0, DataLoss 0.8, ErrorsUp 0.4]
        Immediate at [Itself]
        fix "roll back"
        why "the last item is missed, or one past the end is read";
    CALCULATION_CHANGED "calculation_changed" Code "a calculation changed"
        sign "an arithmetic expression, rounding or constant is edited"
        shows [WrongResults 2.5, ConstraintErrors 0.6, ValidationErrors 0.6, LatencyUp -0.5, TimeoutErrors -0.8, ConnectionErrors -0.8]
        Immediate at [Itself, Callees]
        fix "roll back"
        why "other numbers come out; nothing gets slower or fails";
    NUMBER_NARROWED "number_narrowed" Code "a number has less room"
        sign "a variable, field or cast gets a narrower type: fewer bits, an integer for a fraction, floating point for what was exact"
        shows [WrongResults 2.5, ValidationErrors 1.2, ConstraintErrors 1.2, NotFoundErrors 1.5, DecodeErrors 0.8, Panic 0.8, DataLoss 0.6, ErrorsUp 0.4, TimeoutErrors -0.5]
        Delayed at [Itself, Callees, Callers]
        fix "restore the wider type"
        why "the first value that does not fit wraps around, is cut off or is refused";
    PAGING_CHANGED "paging_changed" Code "a list is gone through in another way"
        sign "the cursor, offset, order or end condition of reading page by page is edited"
        shows [DuplicateWork 2.2, QueriesUp 2.0, CallsFanOut 2.0, DataLoss 1.2, SlowQueries 1.2, CpuSaturated 1.0, QueueGrowth 0.8, TrafficUp 0.6, RateLimited 0.6, StaleData 0.6, LatencyUp 0.5]
        Delayed at [Itself, Callees, SharedResource]
        fix "roll back, or make the cursor unique and moving"
        why "a cursor that does not move on reads the same page for ever; one that jumps leaves rows out";
    HARDCODED_EXPIRY "hardcoded_expiry" Code "a date or deadline is fixed in the code"
        sign "a literal date, end of support or expiry is added"
        shows [TokenExpired 2.0, AuthErrors 1.0, WrongResults 1.0, ErrorsUp 0.5, StaleData 0.5, StartupFailure 0.5]
        Delayed at [Itself]
        fix "move the date or roll back"
        why "it works until that day";
    BEHAVIOUR_CHANGED "behaviour_changed" Code "the code does something else, of no known danger"
        sign "statements are added or replaced that fit no other row"
        shows [ErrorsUp 0.4, WrongResults 0.6, LatencyUp 0.3, Panic 0.4, NullDereference 0.3]
        Immediate at [Itself]
        fix "roll back"
        why "any change of behaviour can be wrong, but this one gives no hint how";
}
