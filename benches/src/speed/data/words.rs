//! A vocabulary: the words of operations first, then made-up ones without end.

const KNOWN: [&str; 96] = [
    "error",
    "request",
    "timeout",
    "failed",
    "connection",
    "to",
    "for",
    "in",
    "the",
    "retry",
    "latency",
    "pool",
    "deploy",
    "after",
    "from",
    "database",
    "exceeded",
    "queue",
    "service",
    "with",
    "cache",
    "response",
    "upstream",
    "user",
    "limit",
    "memory",
    "node",
    "pod",
    "restart",
    "cpu",
    "slow",
    "query",
    "refused",
    "reset",
    "config",
    "rollback",
    "version",
    "release",
    "build",
    "test",
    "token",
    "expired",
    "certificate",
    "thread",
    "blocked",
    "lock",
    "deadlock",
    "index",
    "missing",
    "null",
    "pointer",
    "invalid",
    "payload",
    "schema",
    "migration",
    "column",
    "replica",
    "lag",
    "leader",
    "election",
    "partition",
    "broker",
    "consumer",
    "offset",
    "topic",
    "message",
    "batch",
    "worker",
    "scheduler",
    "job",
    "cron",
    "disk",
    "full",
    "quota",
    "rate",
    "throttled",
    "circuit",
    "breaker",
    "open",
    "closed",
    "health",
    "check",
    "probe",
    "readiness",
    "liveness",
    "gateway",
    "proxy",
    "dns",
    "lookup",
    "region",
    "zone",
    "failover",
    "backup",
    "restore",
    "checkpoint",
    "snapshot",
];

const SYLLABLES: [&str; 16] = [
    "ka", "ro", "mi", "ten", "vos", "lu", "sha", "per", "qui", "nor", "bel", "dra", "fen", "gol",
    "hy", "zim",
];

/// The word of a rank. Different ranks are different words.
#[must_use]
pub fn word(rank: usize) -> String {
    if let Some(word) = KNOWN.get(rank) {
        return (*word).to_owned();
    }
    let mut rest = rank;
    let mut word = String::new();
    while rest > 0 || word.is_empty() {
        word.push_str(SYLLABLES[rest % SYLLABLES.len()]);
        rest /= SYLLABLES.len();
    }
    word
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn words_differ() {
        let words: BTreeSet<String> = (0..5000).map(super::word).collect();
        assert_eq!(words.len(), 5000);
    }
}
