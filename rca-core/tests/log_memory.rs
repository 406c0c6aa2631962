//! Hostile log lines are learned in bounded memory: what they make the miner allocate is counted.

use peak_alloc::PeakAlloc;
use rca_core::detect::logs::{Limits, Miner, split_header};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const LIMITS: Limits = Limits { skeletons: 1000, bytes: 128 << 10, successors: 2000 };
/// What is kept, and what grouping it takes for a moment: texts, atoms and hashes of all skeletons. Twenty
/// times is what lines of nothing but separators take.
const MOST: usize = 20 * LIMITS.bytes + 1024 * LIMITS.skeletons + 64 * LIMITS.successors;
const MOST_KEPT: usize = 3 * LIMITS.bytes + 256 * LIMITS.skeletons + 64 * LIMITS.successors;

/// Numbers without an order, the same in every run.
fn scattered(n: u64) -> u64 {
    let mixed = (n ^ (n >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}

fn word(mut n: u64) -> String {
    let mut word = String::new();
    while n > 0 || word.is_empty() {
        word.push(char::from(b'a' + u8::try_from(n % 26).unwrap_or(0)));
        n /= 26;
    }
    word
}

/// One of a set, without an order.
fn pick(n: u64, set: &[char]) -> char {
    let place = scattered(n) % u64::try_from(set.len()).unwrap_or(1);
    set[usize::try_from(place).unwrap_or(0)]
}

/// As many signs of a set as asked for.
fn signs(n: u64, count: u64, set: &[char]) -> String {
    (0..count).map(|at| pick(n * 8192 + at, set)).collect()
}

fn words(n: u64, count: u64, different: u64) -> String {
    let words = (0..count).map(|at| word(scattered(n * 8192 + at) % different));
    words.collect::<Vec<_>>().join(" ")
}

/// Runs the lines through a miner; the bytes that it held at most, and at the end.
fn held(lines: u64, line: impl Fn(u64) -> String) -> (usize, usize) {
    let before = MEMORY.current_usage();
    let mut miner = Miner::with_limits(LIMITS);
    let mut peak = 0;
    for n in 0..lines {
        let line = line(n);
        let own = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        miner.learn(split_header(&line).message);
        peak = peak.max(MEMORY.peak_usage().saturating_sub(own) + own - line.capacity() - before);
    }
    MEMORY.reset_peak_usage();
    let templates = miner.finish().len();
    peak = peak.max(MEMORY.peak_usage() - before);
    assert_eq!(miner.lines(), lines);
    assert!(templates <= LIMITS.skeletons + 1, "{templates} templates");
    (peak, MEMORY.current_usage() - before)
}

/// One test, since the memory is that of the process.
#[test]
fn lines_made_to_fill_memory_take_no_more_than_the_limits_say() {
    const SEPARATORS: [char; 9] = [',', ';', '(', ')', '[', ']', '"', '=', '1'];
    const HEADERS: [char; 17] =
        [' ', '|', '-', ':', '[', ']', '1', '2', '0', 'T', 'M', 'a', 'r', '.', '=', '{', '"'];
    type Line = fn(u64) -> String;
    let cases: [(&str, u64, Line); 8] = [
        ("different words", 8000, |n| {
            let word = word(scattered(n));
            format!("{word} x{word} y{word} was here")
        }),
        ("different values", 8000, |n| format!("user {} logged in", word(scattered(n)))),
        ("different lengths", 800, |n| words(n, 1 + n % 700, 400)),
        ("different headers", 4000, |n| {
            let word = word(scattered(n));
            format!("2024-01-31 12:30:11 INFO [{word}] org.{word}.Store: item {word} added")
        }),
        ("almost headers", 4000, |n| signs(n, 5 + n % 60, &HEADERS)),
        ("separators", 400, |n| signs(n, 1 + scattered(n) % 4000, &SEPARATORS)),
        ("long lines", 200, |n| words(n, 700, 100_000)),
        ("giant lines", 200, |n| format!("{} ", word(scattered(n))).repeat(2000)),
    ];
    for (name, lines, line) in cases {
        let (peak, kept) = held(lines, line);
        assert!(peak <= MOST, "{name}: {peak} bytes, {MOST} are allowed");
        assert!(kept <= MOST_KEPT, "{name}: {kept} bytes are kept, {MOST_KEPT} are allowed");
    }
}
