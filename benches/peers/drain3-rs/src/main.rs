//! Log lines to templates with the crate drain3 and masks. Argument: a file of lines. Prints the cost as JSON.

use std::error::Error;
use std::time::Instant;

use cpu_time::ProcessTime;
use drain3::{Config, MaskingInstruction, train};

/// Those of the Python peer, as far as expressions without a look behind can say them.
const MASKS: [(&str, &str); 5] = [
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?Z?", "<TIME>"),
    (r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<ID>"),
    (r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", "<IP>"),
    (r"\b0x[a-fA-F0-9]+\b", "<HEX>"),
    (r"\b[-+]?\d+\b", "<NUM>"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).unwrap_or_default();
    let text = std::fs::read_to_string(file)?;
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let masks = MASKS.map(|(pattern, mask)| MaskingInstruction {
        pattern: pattern.to_owned(),
        mask: mask.to_owned(),
    });
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    let matcher = train(&lines, Config::builder().masking(masks.to_vec()).build())?;
    let templates = matcher.templates().len();
    let (wall, cpu) = (wall.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64());
    println!("{{\"wall\": {wall}, \"cpu\": {cpu}, \"templates\": {templates}}}");
    Ok(())
}
