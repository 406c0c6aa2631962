//! Code locations that a log text names: stack traces of the common languages, and `file.ext:line`.

use crate::model::StackFrame;

/// Frames read from one text at most; deep recursion tells nothing new.
const MAX_FRAMES: usize = 64;

/// The code locations in a text, in order of appearance.
///
/// Reads Java and Kotlin, Python, Go, JavaScript, Rust, .NET, Ruby and PHP traces. A Java class becomes
/// the path its package would have (`shop/cart/Cart.java`), since that is what changes name.
#[must_use]
pub fn stack_frames(text: &str) -> Vec<StackFrame> {
    let mut frames: Vec<StackFrame> = Vec::new();
    let mut before = "";
    for line in text.lines() {
        let line = line.trim();
        if frames.len() >= MAX_FRAMES {
            break;
        }
        if let Some(frame) = frame(line, before)
            && frames.last() != Some(&frame)
        {
            frames.push(frame);
        }
        before = line;
    }
    frames
}

fn frame(line: &str, before: &str) -> Option<StackFrame> {
    if let Some(rest) = line.strip_prefix("File \"") {
        return python(rest);
    }
    if let Some(rest) = line.strip_prefix("at ") {
        let mut frame = dotnet(rest).or_else(|| java(rest)).or_else(|| javascript(rest))?;
        frame.function = frame.function.or_else(|| function_before(before));
        return Some(frame);
    }
    let mut frame = location(line)?;
    frame.function = function_before(before).or_else(|| function_after(line));
    Some(frame)
}

/// `app.py", line 12, in load`
fn python(rest: &str) -> Option<StackFrame> {
    let (path, rest) = rest.split_once("\", line ")?;
    let (line, rest) = digits(rest)?;
    let function = rest.strip_prefix(", in ").map(str::trim).filter(|name| !name.is_empty());
    Some(StackFrame {
        path: path.to_owned(),
        function: function.map(str::to_owned),
        line: Some(line),
    })
}

/// `Shop.Cart.Add(Item item) in C:\src\Cart.cs:line 12`
fn dotnet(rest: &str) -> Option<StackFrame> {
    let (call, place) = rest.split_once(" in ")?;
    let (path, line) = place.rsplit_once(":line ")?;
    let name = call.split('(').next().unwrap_or(call);
    Some(StackFrame {
        path: path.to_owned(),
        function: last_name(name),
        line: digits(line).map(|(line, _)| line),
    })
}

/// `shop.cart.Cart.add(Cart.java:12)`, with an optional module before a slash.
fn java(rest: &str) -> Option<StackFrame> {
    let (call, place) = rest.split_once('(')?;
    let place = place.split(')').next()?;
    let (file, line) = match place.split_once(':') {
        Some((file, line)) => (file, digits(line).map(|(line, _)| line)),
        None => (place, None),
    };
    let is_source = [".java", ".kt", ".scala", ".groovy", ".clj"].iter().any(|e| file.ends_with(e));
    let named = matches!(place, "Native Method" | "Unknown Source");
    if !is_source && !named {
        return None;
    }
    let call = call.rsplit('/').next().unwrap_or(call);
    let (class, method) = call.rsplit_once('.')?;
    let package = class.rsplit_once('.').map(|(package, _)| package.replace('.', "/"));
    let file = if is_source { file.to_owned() } else { class.rsplit('.').next()?.to_owned() };
    Some(StackFrame {
        path: package.map_or(file.clone(), |package| format!("{package}/{file}")),
        function: Some(method.to_owned()),
        line,
    })
}

/// `add (/srv/cart.js:12:7)`, `async Promise.all (index 0)`, `/srv/cart.js:12:7`
fn javascript(rest: &str) -> Option<StackFrame> {
    let (function, place) = match rest.split_once(" (") {
        Some((function, place)) => (Some(function), place.trim_end_matches(')')),
        None => (None, rest),
    };
    let mut frame = location(place)?;
    frame.function = function.and_then(|name| last_name(name.trim_start_matches("async ")));
    Some(frame)
}

/// The first `path.ext:12` in a text.
fn location(text: &str) -> Option<StackFrame> {
    // Most lines name none: nothing in them is numbered.
    if !text.as_bytes().windows(2).any(|pair| pair[0] == b':' && pair[1].is_ascii_digit()) {
        return None;
    }
    let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '"' | '\'' | ',');
    text.split(ends).find_map(|word| {
        let word = word.trim_start_matches("file://");
        let at = word.match_indices(':').find(|(at, _)| is_source(&word[..*at]))?.0;
        let (line, _) = digits(&word[at + 1..])?;
        Some(StackFrame { path: word[..at].to_owned(), function: None, line: Some(line) })
    })
}

/// Whether a path ends like a source file. A list, since `host.example:80` looks the same.
fn is_source(path: &str) -> bool {
    const ENDINGS: [&str; 28] = [
        "c", "cc", "clj", "cpp", "cs", "cxx", "erl", "ex", "exs", "go", "groovy", "h", "hpp",
        "java", "js", "jsx", "kt", "lua", "mjs", "php", "pl", "py", "rb", "rs", "scala", "swift",
        "ts", "tsx",
    ];
    path.rsplit_once('.')
        .is_some_and(|(stem, ending)| !stem.is_empty() && ENDINGS.binary_search(&ending).is_ok())
}

/// The line before a location, where Go and Rust write the function.
fn function_before(before: &str) -> Option<String> {
    let call = match before.split_once(": ") {
        Some((number, name)) if number.bytes().all(|b| b.is_ascii_digit()) => name,
        _ if before.ends_with(')') && !before.contains(' ') => before.rsplit_once('(')?.0,
        _ => return None,
    };
    last_name(call)
}

/// `in 'add'` of Ruby, `: add()` of PHP.
fn function_after(line: &str) -> Option<String> {
    let (_, rest) = line.split_once(":in ")?;
    last_name(rest.trim_matches(['\'', '`', '"']))
}

/// The name without its package or class.
fn last_name(call: &str) -> Option<String> {
    let call = call.trim();
    let name = call.rsplit(['.', ':', '#', ' ']).next().unwrap_or(call);
    (!name.is_empty()).then(|| name.to_owned())
}

fn digits(text: &str) -> Option<(u32, &str)> {
    let end = text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    number.parse().ok().map(|number| (number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<(String, String, u32)> {
        let name = |f: StackFrame| (f.path, f.function.unwrap_or_default(), f.line.unwrap_or(0));
        stack_frames(text).into_iter().map(name).collect()
    }

    #[test]
    fn frames_of_the_common_languages_are_read() {
        for (text, path, function, line) in [
            ("\tat shop.cart.Cart.add(Cart.java:12)", "shop/cart/Cart.java", "add", 12),
            ("at java.base/shop.Run$1.run(Native Method)", "shop/Run$1", "run", 0),
            ("  File \"/srv/app/load.py\", line 7, in load_all", "/srv/app/load.py", "load_all", 7),
            ("main.(*Cart).Add(0xc0)\n\t/src/cart.go:31 +0x1d", "/src/cart.go", "Add", 31),
            ("    at Cart.add (/srv/cart.js:12:7)", "/srv/cart.js", "add", 12),
            ("    at file:///srv/cart.mjs:3:1", "/srv/cart.mjs", "", 3),
            (
                "   3: shop::cart::add\n             at ./src/cart.rs:10:5",
                "./src/cart.rs",
                "add",
                10,
            ),
            ("thread 'main' panicked at src/main.rs:4:9:", "src/main.rs", "", 4),
            (
                "   at Shop.Cart.Add(Item i) in C:\\src\\Cart.cs:line 12",
                "C:\\src\\Cart.cs",
                "Add",
                12,
            ),
            ("lib/cart.rb:9:in 'add'", "lib/cart.rb", "add", 9),
        ] {
            assert_eq!(read(text), [(path.to_owned(), function.to_owned(), line)], "{text}");
        }
    }

    #[test]
    fn hosts_and_times_are_no_code() {
        assert!(stack_frames("GET shop.example:8080 at 12:30:11 from 10.0.0.1:80").is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC{0,80}") {
            let _ = stack_frames(&text);
            let _ = stack_frames(&format!("at {text}"));
        }
    }
}
