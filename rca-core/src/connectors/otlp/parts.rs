//! Long protobuf requests, taken apart into short ones that mean the same.
//!
//! A message of two bytes becomes a struct of a hundred and more, so a request is not decoded as a whole: its spans,
//! metrics or log records are, as many at a time as take little, each time within their resource and scope. A single
//! record that is too long, or holds too many messages, is refused for itself.

/// Requests up to here are decoded as they are, and longer ones in parts of this size.
pub(super) const PART: usize = 128 << 10;
/// Longest resource or scope: it goes with every part.
const CONTEXT: usize = 64 << 10;
/// Most messages within one record; their structs have some 60 bytes, twice that while a list of them grows.
const MESSAGES: usize = 256 << 10;
/// So deep are they looked for. What lies deeper is counted as text.
const DEPTH: usize = 8;

/// A field: its number, its bytes with what stands before them, and its content where it is a message or text.
struct Field<'b> {
    number: u64,
    whole: &'b [u8],
    content: Option<&'b [u8]>,
}

fn field<'b>(bytes: &mut &'b [u8]) -> Option<Field<'b>> {
    let start = *bytes;
    let mut rest = start;
    let key = prost::encoding::decode_varint(&mut rest).ok()?;
    let skip = match key & 7 {
        0 => {
            prost::encoding::decode_varint(&mut rest).ok()?;
            0
        }
        1 => 8,
        2 => prost::decode_length_delimiter(&mut rest).ok()?,
        5 => 4,
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(skip)?;
    let whole = start.get(..start.len() - rest.len())?;
    *bytes = rest;
    Some(Field { number: key >> 3, whole, content: (key & 7 == 2).then_some(content) })
}

const DAMAGED: &str = "no OTLP request: a message that is longer than what it is in";

/// The fields of a message with a number, as messages; with what stands before them.
fn messages(
    mut bytes: &[u8],
    number: u64,
) -> impl Iterator<Item = Result<(&[u8], &[u8]), &'static str>> {
    std::iter::from_fn(move || {
        while !bytes.is_empty() {
            let Some(field) = field(&mut bytes) else {
                bytes = &[];
                return Some(Err(DAMAGED));
            };
            if let Some(content) = field.content.filter(|_| field.number == number) {
                return Some(Ok((field.whole, content)));
            }
        }
        None
    })
}

/// The resource of spans, or the scope: the last one counts.
fn context(bytes: &[u8]) -> Result<&[u8], String> {
    let mut last: &[u8] = &[];
    for message in messages(bytes, 1) {
        last = message?.0;
    }
    if last.len() > CONTEXT {
        return Err(format!(
            "a resource or scope of {} bytes, at most {CONTEXT} are read",
            last.len()
        ));
    }
    Ok(last)
}

/// How many messages and texts a message has, all the way down.
fn count(mut bytes: &[u8], depth: usize) -> Option<usize> {
    let mut sum = 0usize;
    while !bytes.is_empty() {
        if let Some(content) = field(&mut bytes)?.content {
            let within = depth.checked_sub(1).and_then(|depth| count(content, depth));
            sum = sum.saturating_add(1).saturating_add(within.unwrap_or(0));
        }
    }
    Some(sum)
}

/// What is given a part: a request, or why something was left out.
pub(super) type Take<'t> = &'t mut dyn FnMut(Result<&[u8], String>);

/// Takes a request apart. Records longer than given are refused.
///
/// # Errors
///
/// Where it is damaged in a way that nothing behind can be read.
pub(super) fn each(request: &[u8], longest: usize, take: Take<'_>) -> Result<(), String> {
    let mut part = Part::default();
    for resource in messages(request, 1) {
        let resource = resource?.1;
        match context(resource) {
            Ok(context) => part.resource = context,
            Err(reason) => {
                take(Err(reason));
                continue;
            }
        }
        for scope in messages(resource, 2) {
            let scope = scope?.1;
            match context(scope) {
                Ok(context) => part.scope = context,
                Err(reason) => {
                    take(Err(reason));
                    continue;
                }
            }
            for record in messages(scope, 2) {
                let (whole, content) = record?;
                match fits(content, longest) {
                    Ok(()) => part.push(whole, take),
                    Err(reason) => take(Err(reason)),
                }
            }
            part.close_scope();
        }
        part.close_resource();
    }
    part.give(take);
    Ok(())
}

fn fits(record: &[u8], longest: usize) -> Result<(), String> {
    if record.len() > longest {
        return Err(format!("a record of {} bytes, at most {longest} are read", record.len()));
    }
    if record.len() > PART && count(record, DEPTH).is_some_and(|count| count > MESSAGES) {
        return Err(format!("a record of more than {MESSAGES} messages"));
    }
    Ok(())
}

/// A request that is being put together.
#[derive(Default)]
struct Part<'b> {
    request: Vec<u8>,
    /// Scopes of the resource at hand, and records of the scope at hand.
    scopes: Vec<u8>,
    records: Vec<u8>,
    resource: &'b [u8],
    scope: &'b [u8],
    size: usize,
}

impl Part<'_> {
    fn push(&mut self, record: &[u8], take: Take<'_>) {
        if self.size + record.len() > PART && self.size > 0 {
            self.close_scope();
            self.close_resource();
            self.give(take);
        }
        self.records.extend_from_slice(record);
        self.size += record.len();
    }

    fn close_scope(&mut self) {
        if !self.records.is_empty() {
            self.size += self.scope.len();
            wrap(&mut self.scopes, 2, &[self.scope, &self.records]);
            self.records.clear();
        }
    }

    fn close_resource(&mut self) {
        if !self.scopes.is_empty() {
            self.size += self.resource.len();
            wrap(&mut self.request, 1, &[self.resource, &self.scopes]);
            self.scopes.clear();
        }
    }

    fn give(&mut self, take: Take<'_>) {
        if !self.request.is_empty() {
            take(Ok(&self.request));
        }
        self.request.clear();
        self.request.shrink_to(2 * PART);
        self.size = 0;
    }
}

/// Writes a message with this number.
fn wrap(into: &mut Vec<u8>, number: u64, content: &[&[u8]]) {
    prost::encoding::encode_varint(number << 3 | 2, into);
    prost::encoding::encode_varint(content.iter().map(|part| part.len() as u64).sum(), into);
    content.iter().for_each(|part| into.extend_from_slice(part));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: u64, content: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        wrap(&mut bytes, number, &[content]);
        bytes
    }

    fn parts(request: &[u8]) -> Vec<Result<Vec<u8>, String>> {
        let mut parts = Vec::new();
        each(request, 1 << 20, &mut |part| parts.push(part.map(<[u8]>::to_vec))).unwrap();
        parts
    }

    #[test]
    fn a_request_that_fits_is_one_part_and_a_long_one_keeps_its_resource_in_each() {
        let resource = message(1, b"resource");
        let record = message(2, &[b'r'; 1000]);
        let request = |records: usize| {
            let scope = [message(1, b"scope"), record.repeat(records)].concat();
            message(1, &[resource.clone(), message(2, &scope)].concat())
        };
        assert_eq!(parts(&request(3)), [Ok(request(3))]);
        let long = parts(&request(300));
        assert!(long.len() > 2, "{}", long.len());
        let mut records = 0;
        for part in long {
            let part = part.unwrap();
            assert!(part.len() < 2 * PART);
            let (_, content) = messages(&part, 1).next().unwrap().unwrap();
            assert_eq!(context(content).unwrap(), resource);
            let (_, scope) = messages(content, 2).next().unwrap().unwrap();
            records += messages(scope, 2).count();
        }
        assert_eq!(records, 300);
    }

    #[test]
    fn one_record_that_is_too_much_does_not_cost_the_others() {
        let small = message(2, b"small");
        let many = message(2, &message(9, b"").repeat(300 << 10));
        let long = message(2, &vec![0xff; 2 << 20]);
        let scope = [small.clone(), many, small.clone(), long, small].concat();
        let told = parts(&message(1, &message(2, &scope)));
        let refused: Vec<&String> = told.iter().filter_map(|part| part.as_ref().err()).collect();
        assert!(refused[0].contains("messages") && refused[1].contains("2097152"), "{refused:?}");
        assert_eq!(told.iter().filter(|part| part.is_ok()).count(), 1);
    }

    #[test]
    fn empty_messages_make_no_part_and_damage_is_an_error() {
        assert!(parts(&message(1, b"").repeat(100_000)).is_empty());
        let cut = [message(1, b""), vec![0x0a, 0x7f]].concat();
        assert!(each(&cut, 100, &mut |_| {}).is_err());
    }
}
