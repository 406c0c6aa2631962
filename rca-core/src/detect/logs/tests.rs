//! Promises of the miner, over lines nobody chose.

use proptest::prelude::*;

use super::{Limits, Miner, TemplateId};

/// Lines of a few statements with variables, and some noise.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let word = prop::sample::select(vec!["ann", "bob", "cleo", "dan", "eve", "fay", "gus", "hal"]);
    let line = prop_oneof![
        (word.clone(), 0..9_000u32).prop_map(|(w, n)| format!("user {w} bought {n} items")),
        (word.clone(), any::<u32>()).prop_map(|(w, n)| format!("login user={w} from 10.0.0.{n}")),
        prop::collection::vec(0..99u8, 0..5).prop_map(|v| format!("batch {v:?} done")),
        (word, "[a-z]{1,3}").prop_map(|(a, b)| format!("{a} {b} /srv/{b}.db (took 3 ms)")),
        "[ -~]{0,40}",
        "\\PC{0,20}",
    ];
    prop::collection::vec(line, 0..60)
}

fn learned(lines: &[String]) -> Miner {
    let mut miner = Miner::default();
    miner.learn_batch(lines.iter().map(String::as_str));
    miner
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_template_of_a_line_always_matches_the_line(lines in lines()) {
        let mut miner = Miner::default();
        let ids = miner.learn_batch(lines.iter().map(String::as_str));
        for (line, id) in lines.iter().zip(&ids) {
            prop_assert!(miner.template(*id).matches(line));
        }
        miner.finish();
        for (line, id) in lines.iter().zip(&ids) {
            prop_assert!(miner.template(*id).matches(line), "{} / {line}", miner.template(*id).text());
            prop_assert_eq!(miner.match_only(line), Some(miner.resolve(*id)));
        }
        prop_assert_eq!(miner.lines(), lines.len() as u64);
    }

    #[test]
    fn the_order_of_lines_does_not_matter(lines in lines(), seed in any::<u64>()) {
        let mut shuffled = lines.clone();
        shuffled.sort_by_key(|line| xxhash_rust::xxh3::xxh3_64_with_seed(line.as_bytes(), seed));
        prop_assert_eq!(learned(&lines).finish(), learned(&shuffled).finish());
    }

    #[test]
    fn merging_is_associative_and_commutative(a in lines(), b in lines(), c in lines()) {
        let (a, b, c) = (learned(&a), learned(&b), learned(&c));
        let join = |parts: &[&Miner]| {
            let mut all = Miner::default();
            parts.iter().for_each(|part| all.merge(part));
            all
        };
        let bc = join(&[&b, &c]);
        let left = join(&[&join(&[&a, &b]), &c]).finish();
        prop_assert_eq!(&left, &join(&[&a, &bc]).finish());
        prop_assert_eq!(&left, &join(&[&c, &b, &a]).finish());
    }

    #[test]
    fn learning_in_shards_is_learning_at_once(lines in lines(), at in 0usize..60) {
        let (head, tail) = lines.split_at(at.min(lines.len()));
        let mut merged = learned(head);
        merged.merge(&learned(tail));
        prop_assert_eq!(merged.finish(), learned(&lines).finish());
    }

    #[test]
    fn ids_survive_restarts_and_later_merges(before in lines(), after in lines()) {
        let mut miner = Miner::default();
        let ids = miner.learn_batch(before.iter().map(String::as_str));
        miner.finish();
        let mut read = Miner::from_bytes(&miner.to_bytes().unwrap()).unwrap();
        for id in &ids {
            prop_assert_eq!(read.template(*id), miner.template(*id));
        }
        read.learn_batch(after.iter().map(String::as_str));
        read.finish();
        for (line, id) in before.iter().zip(ids) {
            prop_assert!(read.template(id).matches(line));
            prop_assert_ne!(read.resolve(id), TemplateId::OTHER);
        }
        prop_assert_eq!(read.to_bytes().unwrap(), Miner::from_bytes(&read.to_bytes().unwrap()).unwrap().to_bytes().unwrap());
    }

    #[test]
    fn damaged_state_is_refused_and_never_panics(lines in lines(), at in any::<prop::sample::Index>(), byte in any::<u8>(), junk in prop::collection::vec(any::<u8>(), 0..60)) {
        let mut bytes = learned(&lines).to_bytes().unwrap();
        let cut = at.index(bytes.len());
        prop_assert!(Miner::from_bytes(&bytes[..cut]).is_err());
        bytes[cut] = byte;
        let _ = Miner::from_bytes(&bytes);
        let _ = Miner::from_bytes(&junk);
    }

    #[test]
    fn random_lines_stay_within_the_limits(words in prop::collection::vec("[a-z]{1,8} [a-z]{1,8} [a-z]{1,8}", 0..400)) {
        let limits = Limits { skeletons: 60, bytes: 1_000, successors: 80 };
        let mut miner = Miner::with_limits(limits);
        let ids = miner.learn_batch(words.iter().map(String::as_str));
        miner.finish();
        prop_assert!(miner.skeletons.len() <= limits.skeletons);
        prop_assert!(miner.bytes <= limits.bytes);
        prop_assert!(miner.successors.len() <= limits.successors);
        prop_assert_eq!(miner.lines(), words.len() as u64);
        for (line, id) in words.iter().zip(ids) {
            prop_assert!(miner.template(id).matches(line));
        }
    }
}

#[test]
fn a_frequent_template_survives_a_flood_of_rare_ones() {
    let mut miner = Miner::with_limits(Limits { skeletons: 100, bytes: 10_000, successors: 100 });
    let mut id = TemplateId::OTHER;
    for round in 0..5_000u32 {
        id = miner.learn("pump 7 is running hot");
        let letters: String =
            round.to_string().bytes().map(|b| char::from(b - b'0' + b'a')).collect();
        miner.learn(&format!("{letters} is rare"));
    }
    miner.finish();
    assert_eq!(miner.template(id).text(), "pump <*> is running hot");
    assert_eq!(miner.template(id).count(), 5_000);
    let rare = miner.learn("zzz is rare");
    miner.finish();
    assert_eq!(miner.template(rare).text(), "<*> is rare");
}

#[test]
fn a_newer_format_is_named_as_such() {
    let error = Miner::from_bytes(&[9, 0]).unwrap_err();
    assert!(matches!(error, crate::Error::TooNew { found: 9, known: 1, .. }));
}

/// Bytes that a miner with these limits may need: what it keeps, and eight or sixteen for each id.
fn most_bytes(limits: Limits) -> usize {
    limits.bytes + 16 * limits.skeletons + 20 * limits.successors + 64
}

#[test]
fn hostile_lines_need_no_more_than_the_limits() {
    let limits = Limits { skeletons: 200, bytes: 64 << 10, successors: 500 };
    let letters = |mut n: u64| {
        let mut word = String::new();
        while n > 0 || word.is_empty() {
            word.push(char::from(b'a' + u8::try_from(n % 26).unwrap_or(0)));
            n /= 26;
        }
        word
    };
    let different: fn(u64, &str) -> String = |_, word| format!("{word} x{word} y{word}");
    let long: fn(u64, &str) -> String =
        |n, word| word.repeat(1 + (1 << 20) / 400 / (1 + n as usize % 7));
    let binary: fn(u64, &str) -> String = |n, word| {
        let bytes: Vec<u8> = (0..200).map(|at| (n.wrapping_mul(131) >> (at % 23)) as u8).collect();
        format!("{word}{}", String::from_utf8_lossy(&bytes))
    };
    let quotes: fn(u64, &str) -> String = |_, word| format!("{{\"{word}\": [[['{word} ((({word}");
    for (name, line) in
        [("different", different), ("long", long), ("binary", binary), ("quotes", quotes)]
    {
        let mut miner = Miner::with_limits(limits);
        for n in 0..3_000u64 {
            miner.learn(&line(n, &letters(n.wrapping_mul(0x9e37_79b9_7f4a_7c15))));
        }
        miner.finish();
        assert!(miner.skeletons.len() <= limits.skeletons, "{name}");
        assert!(miner.bytes <= limits.bytes, "{name}");
        assert!(miner.to_bytes().unwrap().len() <= most_bytes(limits), "{name}");
        assert_eq!(miner.lines(), 3_000, "{name}");
    }
}

#[test]
fn a_line_of_a_megabyte_is_cut_and_keeps_its_beginning() {
    let mut miner = Miner::default();
    let id = miner.learn(&format!("dump of the pool: {}", "ab ".repeat(350_000)));
    miner.finish();
    assert!(miner.template(id).text().starts_with("dump of the pool:"));
    assert!(miner.bytes <= 5_000);
}
