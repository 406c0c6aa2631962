"""The program `rca`. Its `investigate` answers as the program of that name beside the Rust crate."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import rca
from rca import _rca
from rca._record import plain_of

_EXIT = """\
Exit codes: 0 answered (also "nothing to blame"), 2 wrong usage or unreadable input, 3 not found, 4 the workspace is in
use or may not be written, 5 stored data is damaged or something is wrong, 130 interrupted, 1 anything else. An interrupt
leaves nothing half written."""
_CODES = {"invalid_input": 2, "not_found": 3, "busy": 4, "denied": 4, "corrupt": 5}


class _Path(argparse.Action):
    """Remembers for each path the format that was named last before it."""

    def __call__(
        self, parser: argparse.ArgumentParser, space: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        known = getattr(space, self.dest, None) or []
        format = getattr(space, "format", None)
        setattr(space, self.dest, known + [(path, format) for path in values])


def _inputs(words: Sequence[str]) -> list[str]:
    """`--format` may stand between paths; argparse wants positional arguments in one piece, so each gets a flag."""
    taking = set(
        "--alert --at --entity --window --repo --git --rules --workspace --report --html --review --template --csv --format".split()
    )
    given: list[str] = []
    words = list(words)
    while words:
        word = words.pop(0)
        if word == "--":
            for path in words:
                given += ["--path", path]
            break
        if word in taking and words:
            given += [word, words.pop(0)]
        elif word.startswith("-") and word != "-":
            given.append(word)
        else:
            given += ["--path", word]
    return given


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rca", description=rca.__doc__.split("\n")[0] if rca.__doc__ else None, epilog=_EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"rca {rca.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, about: str, run: Callable[[argparse.Namespace], int | None]) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=about, description=about, epilog=_EXIT)
        one.set_defaults(run=run)
        return one

    def inputs(one: argparse.ArgumentParser) -> None:
        one.usage = f"rca {one.prog.split()[-1]} [options] [PATH ...]"
        one.add_argument("--path", dest="paths", nargs=1, action=_Path, default=[], help=argparse.SUPPRESS)
        one.add_argument("--format", metavar="NAME", action="append", type=str,
                         help='the format of the paths that follow; "auto" tells by content again')
        one.add_argument("--alert", metavar="FILE|TEXT", action="append", default=[],
                         help="the alert: a file of any format with alerts, or what people saw in words")
        one.add_argument("--at", metavar="TIME", help="when it was surely bad: RFC 3339, or seconds since 1970")
        one.add_argument("--entity", metavar="NAME", help="the service that people complained about")
        one.add_argument("--window", metavar="TIME", help="START/END, or how long before the alert (90m, 2h, 1d)")
        one.add_argument("--repo", "--git", metavar="PATH", action="append", default=[],
                         help="a git repository whose commits before the incident are suspects")
        one.add_argument("--rules", metavar="FILE", help="which names stand for which services (TOML or JSON)")
        one.add_argument("--no-redaction", action="store_true",
                         help="do not blot out secrets, mail addresses and card numbers")
        one.add_argument("--json", action="store_true", help="print JSON")
        one.add_argument("--markdown", action="store_true", help="print Markdown")
        one.add_argument("--quiet", "-q", action="store_true", help="do not show progress")

    one = command("investigate", "Finds out why a system broke, from any mix of files, folders and repositories.", _investigate)
    inputs(one)
    one.add_argument("--workspace", metavar="DIR", help="keep events and answer in this folder (made if missing)")
    one.add_argument("--report", metavar="FILE.md", help="write a Markdown report")
    one.add_argument("--html", metavar="FILE.html", help="write a page to look around in")
    one.add_argument("--review", metavar="FILE", help="write a post-incident review, filled as far as the record goes")
    one.add_argument("--template", metavar="NAME|FILE", default="review",
                     help='what the review looks like: "review", "summary", or a file with a template (.md, .html) of yours')
    one.add_argument("--csv", metavar="FILE.csv", help="write the events that were read as a table")
    one.add_argument("--formats", action="store_true", help="list the formats and end")
    one.add_argument("--doctor", action="store_true", help="only say what was read, what was not, and what is missing")

    one = command("doctor", "Says what can be read, what can't, and what is missing, without judging.", _doctor)
    inputs(one)

    one = command("ingest", "Reads files and folders, and stores their events in a workspace.", _ingest)
    one.add_argument("workspace", metavar="DIR")
    one.add_argument("paths", metavar="PATH", nargs="+")
    one.add_argument("--format", metavar="NAME")
    one.add_argument("--no-redaction", action="store_true")
    one.add_argument("--json", action="store_true")
    one.add_argument("--quiet", "-q", action="store_true")

    one = command("search", "Searches the events (or investigations) of a workspace.", _search)
    one.add_argument("workspace", metavar="DIR")
    one.add_argument("query", metavar="QUERY", nargs="*", help="words, phrases, fields; everything when left out")
    one.add_argument("--cases", action="store_true", help="investigations instead of events")
    one.add_argument("--sort", choices=["relevance", "newest", "oldest"], default="relevance")
    one.add_argument("--limit", type=int, default=20)
    one.add_argument("--after", metavar="CURSOR", help="go on behind an earlier page")
    one.add_argument("--json", action="store_true")

    one = command("report", "Prints the latest answer of an investigation; the newest when none is named.", _report)
    one.add_argument("workspace", metavar="DIR")
    one.add_argument("investigation", metavar="ID", nargs="?")
    one.add_argument("--json", action="store_true")
    one.add_argument("--markdown", action="store_true")
    one.add_argument("--html", action="store_true", help="print the page to look around in")
    one.add_argument("--report", metavar="FILE", help="write it to a file: .md, .json, .html")

    one = command("verify", "Checks every record, every reference and the search index of a workspace.", _verify)
    one.add_argument("workspace", metavar="DIR")
    one.add_argument("--json", action="store_true")
    one.add_argument("--repair", action="store_true", help="build the search index anew when it is damaged")

    one = command("dlq", "Shows and reads again what could not be read.", _dlq)
    one.add_argument("workspace", metavar="DIR")
    one.add_argument("action", choices=["list", "show", "replay", "discard"], nargs="?", default="list")
    one.add_argument("ids", metavar="ID", type=int, nargs="*")
    one.add_argument("--source", metavar="NAME")
    one.add_argument("--format", metavar="NAME", help="read them as this format")
    one.add_argument("--json", action="store_true")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program; the exit code comes back."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in ("investigate", "doctor"):
        words = [words[0], *_inputs(words[1:])]
    given = _parser().parse_args(words)
    try:
        return given.run(given) or 0
    except rca.RcaError as error:
        print(f"error: {error}", file=sys.stderr)
        return _CODES.get(error.kind, 1)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # a reader that went away is no error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _width() -> int:
    return min(140, max(60, shutil.get_terminal_size((100, 24)).columns)) if sys.stdout.isatty() else 100


def _meter(quiet: bool) -> Callable[[rca.Progress], None] | None:
    """Progress on standard error, when that is a terminal and it takes longer than a moment."""
    if quiet or not sys.stderr.isatty():
        return None
    begun = time.monotonic()

    def show(progress: rca.Progress) -> None:
        if time.monotonic() - begun > 0.5:
            sys.stderr.write(f"\r\x1b[Kreading {progress.input} ({progress.records} records)")
            sys.stderr.flush()

    return show


def _done(meter: object) -> None:
    if meter is not None:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _inquiry(given: argparse.Namespace) -> rca.Inquiry:
    files = [alert for alert in given.alert if os.path.isfile(alert)]
    words = [alert for alert in given.alert if not os.path.isfile(alert)]
    paths = []
    for path, formats in given.paths:
        format = formats[-1] if formats else None
        paths.append(path if format in (None, "auto") else (path, format))
    if not paths and not given.repo:
        raise rca.InvalidInputError("no PATH and no --repo; name what to look into, see --help")
    return rca.Inquiry(
        *paths,
        repositories=given.repo,
        alert_files=files,
        alert=words[-1] if words else None,
        at=None if given.at is None else rca.parse_time(given.at),
        entity=given.entity,
        window=given.window,
        rules=given.rules,
        redact=not given.no_redaction,
    )


def _investigate(given: argparse.Namespace) -> int | None:
    if given.formats:
        _say("".join(f"{name:<20} {about}\n" for name, about in rca.formats().items()))
        return None
    if given.doctor:
        return _doctor(given)
    if given.json and given.markdown:
        raise rca.InvalidInputError("--json and --markdown exclude each other")
    meter = _meter(given.quiet)
    inquiry = _inquiry(given)
    if given.workspace is None:
        answer = inquiry.run(progress=meter)
        _done(meter)
        written = _documents(given, answer, None)
    else:
        with rca.Workspace(given.workspace) as workspace:
            answer = inquiry.run_in(workspace, progress=meter)
            _done(meter)
            written = _documents(given, answer, workspace)
    if given.json or given.markdown:
        for source in answer.doctor.sources:
            if source.skipped:
                first = f", first {source.reasons[0]}" if source.reasons else ""
                whole = source.read + source.skipped
                print(f"{source.name}: {source.skipped} of {whole} records skipped{first}", file=sys.stderr)
        _say(answer.analysis.to_json() if given.json else answer.to_markdown())
        return None
    colour = sys.stdout.isatty()
    text = f"{answer.analysis.to_text(width=_width(), colour=colour)}\n"
    text += answer.doctor.to_text(width=_width(), colour=colour)
    text += "".join(f"\nreport written to {file}\n" for file in written)
    _say(text)
    return None


def _documents(given: argparse.Namespace, answer: rca.Answer, workspace: rca.Workspace | None) -> list[str]:
    """Writes the files that were asked for, with the record where there is a workspace; says which."""
    id, batch = answer.analysis.investigation, answer.batch
    texts: list[tuple[str | None, Callable[[], str]]] = [
        (given.report, answer.to_markdown),
        (given.html, lambda: (answer.canvas() if workspace is None or id is None else workspace.canvas(id, batch=batch)).html),
        (given.review, lambda: _review(given.template, answer, workspace)),
        (given.csv, batch.events_csv),
    ]
    written = []
    for file, text in texts:
        if file is not None:
            _rca.save(file, text())
            written.append(file)
    return written


def _review(name: str, answer: rca.Answer, workspace: rca.Workspace | None) -> str:
    template = rca.Template.open(name) if os.path.isfile(name) else name
    if workspace is None or answer.analysis.investigation is None:
        return answer.review(template)
    return workspace.review(answer.analysis.investigation, template, batch=answer.batch)


def _doctor(given: argparse.Namespace) -> int | None:
    meter = _meter(given.quiet)
    doctor = _inquiry(given).examine(progress=meter)
    _done(meter)
    if given.json:
        _say(doctor.to_json())
    elif given.markdown:
        _say(doctor.to_markdown())
    else:
        _say(doctor.to_text(width=_width(), colour=sys.stdout.isatty()))
    return None


def _ingest(given: argparse.Namespace) -> int | None:
    meter = _meter(given.quiet)
    settings = {"redact": False} if given.no_redaction else None
    batch = rca.read_paths(given.paths, format=given.format, settings=settings, progress=meter)
    _done(meter)
    with rca.Workspace(given.workspace, redact=not given.no_redaction) as workspace:
        done = workspace.ingest_batch(batch)
    report = batch.report
    if given.json:
        _say(json.dumps({**done.to_dict(), "read": report.read, "refused": report.refused}, indent=2) + "\n")
        return None
    new, known = len(done.appended.accepted), len(done.appended.duplicates)
    _say(f"{new} new events, {known} known; {report.refused} records refused ({len(done.letters)} dead letters)\n")
    return None


def _search(given: argparse.Namespace) -> int | None:
    with rca.Workspace(given.workspace, read_only=True) as workspace:
        find = workspace.search_investigations if given.cases else workspace.search
        hits = find(" ".join(given.query), sort=given.sort, limit=given.limit, after=given.after)
        if given.json:
            _say(json.dumps(hits.to_dict(), indent=2) + "\n")
            return None
        for hit in hits:
            title = workspace.investigation(hit.id).title if given.cases else workspace.event(hit.id).title
            _say(f"{hit.timestamp:%Y-%m-%d %H:%M:%S}  {hit.id}  {title}\n")
        _say(f"{len(hits)} of {hits.total}\n" + (f"next page: --after {hits.next}\n" if hits.next else ""))
    return None


def _report(given: argparse.Namespace) -> int | None:
    with rca.Workspace(given.workspace, read_only=True) as workspace:
        id = given.investigation
        if id is None:
            cases = workspace.investigations()
            if not cases:
                raise rca.NotFoundError(f"no investigation in {given.workspace}; make one with `rca investigate`")
            id = cases[0].id
        analysis = workspace.analysis(id)
        page = workspace.canvas(id) if given.html and analysis is not None else None
    if analysis is None:
        raise rca.NotFoundError(f"investigation {id} has no answer yet")
    if given.report is not None:
        analysis.save(given.report)
        return None
    if given.json:
        _say(analysis.to_json())
    elif given.markdown:
        _say(analysis.to_markdown())
    elif page is not None:
        _say(page.html)
    else:
        _say(analysis.to_text(width=_width(), colour=sys.stdout.isatty()))
    return None


def _verify(given: argparse.Namespace) -> int | None:
    with rca.Workspace(given.workspace, read_only=not given.repair) as workspace:
        health = workspace.verify()
        if given.repair and health.damaged_index_files:
            workspace.rebuild_index()
            health = workspace.verify()
    if given.json:
        _say(json.dumps(plain_of(health), indent=2) + "\n")
    else:
        for problem in health.problems:
            _say(f"{problem.what}: {problem.reason}\n")
        for file in health.damaged_index_files:
            _say(f"{file}: damaged file of the search index; --repair builds it anew\n")
        _say(f"{health.events} events, {health.investigations} investigations, {health.links} links: "
             f"{'all is well' if health.is_well else 'damaged'}\n")
    return 0 if health.is_well else 5


def _dlq(given: argparse.Namespace) -> int | None:
    writes = given.action in ("replay", "discard")
    with rca.Workspace(given.workspace, read_only=not writes) as workspace:
        letters = workspace.dead_letters
        if given.action == "replay":
            done = letters.replay(source=given.source, format=given.format)
            _say(json.dumps(done.to_dict(), indent=2) + "\n" if given.json else
                 f"{len(done.settled)} read ({done.accepted} new events), {len(done.refused)} stay\n")
        elif given.action == "discard":
            _say(f"{letters.discard(given.ids)} discarded\n")
        elif given.action == "show":
            for id in given.ids:
                raw = letters.raw(id)
                if raw is None:
                    raise rca.NotFoundError(f"the bytes of dead letter {id} were not kept")
                sys.stdout.flush()
                sys.stdout.buffer.write(raw + b"\n")
        else:
            found = letters.list(source=given.source)
            if given.json:
                _say(json.dumps(plain_of(found), indent=2) + "\n")
                return None
            for letter in found:
                _say(f"{letter.id:>6}  {letter.last_at:%Y-%m-%d %H:%M}  {letter.source}  {letter.reason}\n")
            _say(f"{len(found)} dead letters\n")
    return None
