//! Placeholders: what a program would write there, and how an annotator would mark it.

use crate::accuracy::Result;
use crate::speed::data::rng::Rng;
use crate::speed::data::words::word;

const WILDCARD: &str = "<*>";

/// A piece of a statement: its text, or what stands between the braces of a placeholder.
enum Piece<'a> {
    Text(&'a str),
    Value(&'a str),
}

fn pieces(statement: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = statement;
    let mut from = 0;
    while let Some(open) = rest[from..].find('{').map(|at| at + from) {
        let close = rest[open..].find('}').map(|at| at + open);
        let named = rest[open + 1..].starts_with(|c: char| c.is_ascii_lowercase());
        match close.filter(|_| named) {
            Some(close) => {
                pieces.push(Piece::Text(&rest[..open]));
                pieces.push(Piece::Value(&rest[open + 1..close]));
                rest = &rest[close + 1..];
                from = 0;
            }
            None => from = open + 1,
        }
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// The statement with a value in each place.
pub(super) fn written(statement: &str, rng: &mut Rng) -> Result<String> {
    let mut text = String::new();
    for piece in pieces(statement) {
        match piece {
            Piece::Text(part) => text.push_str(part),
            Piece::Value(kind) => text.push_str(&value(kind, rng)?),
        }
    }
    Ok(text)
}

/// The template an annotator would write: a wildcard takes in the word it is glued to.
pub(super) fn template(statement: &str) -> String {
    const MARK: char = '\u{1}';
    let text: String = pieces(statement)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(part) => part.to_owned(),
            Piece::Value(_) => MARK.to_string(),
        })
        .collect();
    let ends = |c: char| c.is_whitespace() || ",!;:=|\"'[](){}<>.-+@#$%&/~\\".contains(c);
    text.split_inclusive(ends)
        .map(|part| {
            let word = part.trim_end_matches(ends);
            if word.contains(MARK) { part.replacen(word, WILDCARD, 1) } else { part.to_owned() }
        })
        .collect::<String>()
        .replace("<*>.<*>", WILDCARD)
}

fn value(kind: &str, rng: &mut Rng) -> Result<String> {
    let (name, detail) = kind.split_once(':').unwrap_or((kind, ""));
    if name == "one" {
        let choices: Vec<&str> = detail.split(',').collect();
        return Ok(choices[rng.zipf(choices.len())].to_owned());
    }
    if name == "ints" {
        return list(detail, rng);
    }
    Ok(match name {
        "int" => integer(rng).to_string(),
        "small" => rng.below(10).to_string(),
        "int3" => (100 + rng.below(900)).to_string(),
        "int8" => (10_000_000 + rng.below(90_000_000)).to_string(),
        "millis" => rng.below(1000).to_string(),
        "big" => (1_500_000_000_000 + rng.below(90_000_000_000)).to_string(),
        "epoch" => (1_500_000_000 + rng.below(90_000_000)).to_string(),
        "pid" | "pid5" => (100 + rng.below(30_000)).to_string(),
        "pid7" => format!("{:7}", 1 + rng.below(9000)),
        "port" => (1024 + rng.below(60_000)).to_string(),
        "neg" => format!("-{}", 1 + rng.below(120)),
        "ms" => integer(rng).min(9000).to_string(),
        "float" => format!("{}.{:03}", rng.below(200), rng.below(1000)),
        "bool" => rng.pick(&["true", "false"]).to_owned(),
        _ => return identifier(name, rng).or_else(|_| moment(name, rng)),
    })
}

/// Small ones far more often.
fn integer(rng: &mut Rng) -> usize {
    let digits = 1 + rng.zipf(6);
    rng.below(10usize.pow(u32::try_from(digits).unwrap_or(1)))
}

/// `SEPARATOR:LEAST-MOST`
fn list(detail: &str, rng: &mut Rng) -> Result<String> {
    let (separator, range) = detail.rsplit_once(':').ok_or("ints without a range")?;
    let (least, most) = range.split_once('-').ok_or("ints without a range")?;
    let (least, most): (usize, usize) = (least.parse()?, most.parse()?);
    let count = least + rng.below(most - least + 1);
    Ok((0..count).map(|_| integer(rng).to_string()).collect::<Vec<_>>().join(separator))
}

fn hex(digits: usize, rng: &mut Rng) -> String {
    (0..digits).map(|_| char::from(b"0123456789abcdef"[rng.below(16)])).collect()
}

/// A made-up word, frequent ones far more often.
fn name(rng: &mut Rng, many: usize) -> String {
    word(100 + rng.zipf(many))
}

fn identifier(kind: &str, rng: &mut Rng) -> Result<String> {
    const HOSTS: [&str; 5] = ["web", "cn", "node", "db-east", "x"];
    const TOPS: [&str; 4] = ["example", "test", "invalid", "example.org"];
    const FOLDERS: [&str; 4] = ["Windows", "Program Files", "ProgramData", "Users"];
    let upper = |text: String| text.to_uppercase();
    Ok(match kind {
        "hex" => format!("0x{}", hex(8, rng)),
        "hex4" => upper(hex(4, rng)),
        "hex7" => hex(7, rng),
        "hex8" => hex(8, rng),
        "hash16" => hex(16, rng),
        "hash" => hex(40, rng),
        "uuid" => [8, 4, 4, 4, 12].map(|digits| hex(digits, rng)).join("-"),
        "hexcolon" => (0..8).map(|_| hex(2, rng)).collect::<Vec<_>>().join(":"),
        "mac" => (0..6).map(|_| hex(2, rng)).collect::<Vec<_>>().join(":"),
        "ip" => format!("10.{}.{}.{}", rng.below(4), rng.below(256), rng.below(256)),
        "sid" => format!("1:{}:{}", integer(rng), rng.below(9)),
        "ticket" => format!("{}_{}", hex(8, rng), hex(8, rng)),
        "bundle" => {
            let (hash, version) = (hex(16, rng), identifier("version", rng)?);
            format!("Bundle_for_FX{}~{hash}~amd64~~{version}", integer(rng))
        }
        "volume" => {
            let kind = rng.pick(&["secret", "configmap", "csi"]);
            format!("storage.example/{kind}/{}-data", identifier("uuid", rng)?)
        }
        "cidr" => format!("10.{}.{}.0/{}", rng.below(256), rng.below(256), 8 + rng.below(17)),
        "endpoint" => format!("{}:{}", identifier("ip", rng)?, value("port", rng)?),
        "host" => format!("{}{:02}", rng.pick(&HOSTS), rng.below(40)),
        "rackname" => format!("r{}m{}c{}", rng.below(9), rng.below(3), rng.below(20)),
        "fqdn" => format!("{}.{}.{}", name(rng, 20), name(rng, 60), rng.pick(&TOPS)),
        "domainport" => {
            format!("{}:{}", identifier("fqdn", rng)?, rng.pick(&["80", "443", "5228"]))
        }
        "user" => name(rng, 60),
        "domainuser" => format!("{}\\{}", upper(name(rng, 3)), name(rng, 20)),
        "email" => format!("{}@{}", name(rng, 60), identifier("fqdn", rng)?),
        "path" => format!("/{}/{}/{}.{}", name(rng, 5), name(rng, 20), name(rng, 60), name(rng, 3)),
        "winpath" => {
            let file = identifier("file", rng)?;
            format!("C:\\{}\\{}\\{file}", rng.pick(&FOLDERS), name(rng, 30))
        }
        "winkey" => format!("HKLM\\SOFTWARE\\{}\\{}", name(rng, 5), name(rng, 60)),
        "file" => format!("{}.{}", name(rng, 90), rng.pick(&["dll", "png", "cab", "jpg"])),
        "url" => {
            format!("https://{}/{}?n={}", identifier("fqdn", rng)?, name(rng, 30), integer(rng))
        }
        "image" => {
            format!("{}/{}:v{}", identifier("fqdn", rng)?, name(rng, 9), value("version", rng)?)
        }
        "class" => format!("com.{}.{}", name(rng, 9), name(rng, 30)),
        "component" => {
            let activity = rng.pick(&["Main", "Settings", "Share", "Sync"]);
            format!("com.{}.{}/.{activity}", name(rng, 9), name(rng, 9))
        }
        "proc" => rng
            .pick(&["Browser", "chatter.exe", "syncd", "Mail", "player.exe", "indexd"])
            .to_owned(),
        "podname" => format!("{}-{}-{}", name(rng, 12), hex(8, rng), hex(5, rng)),
        "serial" | "qid" => upper(hex(11, rng)),
        "b64" => format!("{}+{}/{}", hex(6, rng), upper(hex(5, rng)), hex(5, rng)),
        "lsn" => format!("{}/{}", rng.below(4), upper(hex(7, rng))),
        "size" => {
            format!("{}.{:02} {}", rng.below(99), rng.below(100), rng.pick(&["KB", "MB", "GB"]))
        }
        "sizeglued" => format!("{}{}", 1 + rng.below(64), rng.pick(&["kB", "MB", "GB"])),
        "version" => format!("{}.{}.{}", rng.below(9), rng.below(20), rng.below(5000)),
        "version3" => format!("{}.{}.{}", 2 + rng.below(3), rng.below(9), rng.below(9)),
        "quoted" => (0..=rng.below(4)).map(|_| name(rng, 60)).collect::<Vec<_>>().join(" "),
        "sql" => {
            format!("SELECT {} FROM {} WHERE id = {}", name(rng, 9), name(rng, 9), integer(rng))
        }
        "ranges" => {
            let ranges = (0..=rng.below(4)).map(|_| {
                let first = rng.below(500);
                format!("{first}-{}", first + 1 + rng.below(9))
            });
            ranges.collect::<Vec<_>>().join(",")
        }
        _ => return Err(format!("no placeholder {kind}").into()),
    })
}

fn moment(kind: &str, rng: &mut Rng) -> Result<String> {
    let clock = format!("{:02}:{:02}:{:02}", rng.below(24), rng.below(60), rng.below(60));
    let (month, day) = (3, 1 + rng.below(28));
    Ok(match kind {
        "clock" => clock,
        "clockms" => format!("{clock}.{:03}", rng.below(1000)),
        "clockus" => format!("{clock}.{:06}", rng.below(1_000_000)),
        "date" => format!("2024-{month:02}-{day:02}"),
        "isotime" => format!("2024-{month:02}-{day:02}T{clock}.{:03}Z", rng.below(1000)),
        "time" => format!("2024/{month:02}/{day:02} {clock}"),
        "month" => "Mar".to_owned(),
        "day" => format!("{day:2}"),
        "mmdd" => format!("{month:02}-{day:02}"),
        "mmdd4" => format!("{month:02}{day:02}"),
        "mm.dd" => format!("{month:02}.{day:02}"),
        "yyyymmdd" => format!("2024{month:02}{day:02}"),
        "mmss" => {
            // Short ones are written differently.
            if rng.below(4) == 0 { "<1 sec".to_owned() } else { clock[3..].to_owned() }
        }
        "dur" => format!("{}.{:03}", clock.trim_start_matches('0'), rng.below(1000)),
        "dursuffix" => match rng.below(3) {
            0 => format!("{}ms", rng.below(1000)),
            1 => format!("{}.{:06}s", rng.below(60), rng.below(1_000_000)),
            _ => format!("{}m{}s", 1 + rng.below(9), rng.below(60)),
        },
        _ => return Err(format!("no placeholder {kind}").into()),
    })
}
