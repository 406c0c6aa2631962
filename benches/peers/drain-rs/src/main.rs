//! Log lines to templates with drain-rs and masks. Argument: a file of lines. Prints the cost as JSON.

use std::time::Instant;

use cpu_time::ProcessTime;
use drain_rs::DrainTree;

const MASKS: [&str; 5] = [
    "%{UUID:uuid}",
    "%{IPV4:ip}",
    "0x[0-9a-fA-F]+",
    "blk_-?[0-9]+",
    "%{NUMBER:number}",
];

fn main() -> std::io::Result<()> {
    let file = std::env::args().nth(1).unwrap_or_default();
    let text = std::fs::read_to_string(file)?;
    let lines: Vec<&str> = text.lines().collect();
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    let mut patterns = grok::Grok::with_patterns();
    let mut tree =
        DrainTree::new().filter_patterns(MASKS.to_vec()).build_patterns(&mut patterns);
    for line in lines {
        tree.add_log_line(line);
    }
    let templates = tree.log_groups().len();
    let (wall, cpu) = (wall.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64());
    println!("{{\"wall\": {wall}, \"cpu\": {cpu}, \"templates\": {templates}}}");
    Ok(())
}
