//! Who wrote a file, by its name.

use super::entities::workload;

/// The service, pod and container that a path names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Origin {
    service: Option<String>,
    attributes: Vec<(&'static str, String)>,
}

/// Names that say what a file is, not whose it is.
const GENERIC: &[&str] = &[
    "access",
    "all",
    "app",
    "application",
    "combined",
    "console",
    "current",
    "default",
    "docker",
    "error",
    "errors",
    "events",
    "export",
    "journal",
    "kern",
    "log",
    "logs",
    "main",
    "messages",
    "output",
    "raw",
    "server",
    "stderr",
    "stdin",
    "stdout",
    "stream",
    "syslog",
    "system",
    "test",
    "tmp",
    "trace",
    "traces",
    "var",
];

impl Origin {
    pub(super) fn of(path: &str) -> Self {
        let parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
        Self::kubernetes(&parts).unwrap_or_else(|| {
            let file = parts.last().map(|file| stem(file));
            let folder = parts.len().checked_sub(2).and_then(|at| parts.get(at)).copied();
            let service = [file, folder].into_iter().flatten().find(|name| is_name(name));
            Self { service: service.map(str::to_owned), attributes: Vec::new() }
        })
    }

    /// `/var/log/pods/<namespace>_<pod>_<uid>/<container>/0.log`, `<pod>_<namespace>_<container>-<id>.log`
    fn kubernetes(parts: &[&str]) -> Option<Self> {
        let (file, folders) = parts.split_last()?;
        if let [.., pod_folder, container] = folders {
            let fields: Vec<&str> = pod_folder.split('_').collect();
            if let [namespace, pod, uid] = *fields
                && uid.len() >= 32
                && uid.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
            {
                return Some(Self::pod(namespace, pod, container));
            }
        }
        let fields: Vec<&str> = file.strip_suffix(".log")?.split('_').collect();
        let [pod, namespace, container] = *fields else { return None };
        let (container, id) = container.rsplit_once('-')?;
        let hex = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        hex.then(|| Self::pod(namespace, pod, container))
    }

    fn pod(namespace: &str, pod: &str, container: &str) -> Self {
        Self {
            service: Some(workload(pod).to_owned()),
            attributes: vec![
                ("k8s.namespace.name", namespace.to_owned()),
                ("k8s.pod.name", pod.to_owned()),
                ("k8s.container.name", container.to_owned()),
            ],
        }
    }

    pub(super) fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    pub(super) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

/// A file name without its ending, number and date: `pay-2026-05-04.log.1.gz` is `pay`.
pub(super) fn stem(file: &str) -> &str {
    let mut name = file;
    for ending in [".gz", ".zst", ".bz2"] {
        name = name.strip_suffix(ending).unwrap_or(name);
    }
    while let Some((rest, last)) = name.rsplit_once('.') {
        let ending = ["log", "txt", "json", "jsonl", "ndjson", "csv", "out", "err"].contains(&last);
        let number = last.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        if !(ending || number) || rest.is_empty() {
            break;
        }
        name = rest;
    }
    let undated =
        name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_' | 'T'));
    // `node-1` is a name; eight digits are a date.
    let digits = name.get(undated.len()..).unwrap_or_default().bytes().filter(u8::is_ascii_digit);
    let name = if digits.count() >= 6 { undated } else { name };
    for ending in ["_logs", "-logs", "_log", "-log", "-stdout", "-stderr", "_stdout", "_stderr"] {
        if let Some(name) = name.strip_suffix(ending) {
            return name;
        }
    }
    name
}

fn is_name(name: &str) -> bool {
    name.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !GENERIC.contains(&name.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_found_in_paths() {
        for (path, service) in [
            (
                "/var/log/pods/shop_pay-6c5d8f7b9c-x2lqp_0a1b2c3d-0000-1111-2222-333344445555/main/0.log",
                Some("pay"),
            ),
            (
                "pay-6c5d8f7b9c-x2lqp_shop_main-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.log",
                Some("pay"),
            ),
            ("logs/checkout.log", Some("checkout")),
            ("checkout-2026-05-04.log.1.gz", Some("checkout")),
            ("cart_logs.txt", Some("cart")),
            ("billing/app.log", Some("billing")),
            ("node-1.log", Some("node-1")),
            ("access.log", None),
            ("", None),
        ] {
            assert_eq!(Origin::of(path).service(), service, "{path}");
        }
    }
}
