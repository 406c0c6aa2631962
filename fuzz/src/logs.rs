//! Logs: headers, records, templates, frames and persisted state from hostile bytes.

use rca_core::detect::logs::{Joiner, Limits, Miner, split_header, stack_frames};

/// Feeds any bytes to everything that reads log text.
pub fn lines(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut joiner = Joiner::default();
    let mut miner = Miner::with_limits(Limits { skeletons: 16, bytes: 4_096, successors: 16 });
    let mut records: Vec<String> = text.split('\n').filter_map(|line| joiner.push(line)).collect();
    records.extend(joiner.finish());
    for record in &records {
        let first = record.lines().next().unwrap_or_default();
        let header = split_header(first);
        assert!(first.contains(header.message), "a message is a part of its line");
        let id = miner.learn(header.message);
        assert!(miner.template(id).matches(header.message), "a template matches its lines");
        let _ = stack_frames(record);
    }
    miner.finish();
    assert_eq!(miner.lines(), records.len() as u64, "no line is lost");
}

/// Feeds any bytes as persisted state; what is read must survive being written again.
pub fn state(data: &[u8]) {
    let Ok(miner) = Miner::from_bytes(data) else { return };
    let written = miner.to_bytes().unwrap_or_default();
    assert!(Miner::from_bytes(&written).is_ok(), "own state is readable");
}

#[cfg(test)]
mod tests {
    #[test]
    fn hostile_lines_and_states_are_survived() {
        let mut bytes = vec![1u8];
        for seed in 0..400u64 {
            let mut x = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
            bytes.clear();
            bytes.push(1);
            for _ in 0..seed % 97 {
                x ^= x << 13;
                x ^= x >> 7;
                x ^= x << 17;
                let pool = b"0123456789abcXYZ:-/.[](){}\"'=,| \n\t\\<>*_@#\x00\xff\xc3";
                let at = usize::try_from(x % 1_000).unwrap_or(0) % pool.len();
                bytes.push(pool[at]);
            }
            super::lines(&bytes);
            super::state(&bytes);
        }
    }
}
