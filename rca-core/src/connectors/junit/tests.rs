use super::super::{Batch, Limits, read, unobserved};
use super::*;
use crate::ErrorKind;
use crate::model::{Event, Severity};

fn of(text: &str) -> Result<Batch> {
    let format = Format::named("junit")?;
    read("report.xml", &mut text.as_bytes(), Some(format), &Limits::default(), &unobserved)
}

fn find<'b>(batch: &'b Batch, kind: &str) -> Vec<&'b Event> {
    batch.events.iter().filter(|event| event.event_type() == kind).collect()
}

const REPORT: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<testsuites name="all" timestamp="2026-05-04T11:00:00+02:00">
 <testsuite name="till" time="1,002.5" hostname="runner7">
  <properties>
   <property name="commit" value="4f2a9c1be0d3"/>
   <property name="service">till-api</property>
  </properties>
  <testcase name="adds" classname="shop.Till" time="0.1"/>
  <testcase name="skips" classname="shop.Till"><skipped message="later"/></testcase>
  <testcase name="pays" classname="shop.Till" time="2" file="src/till.py" line="7" timestamp="2026-05-04T09:01:00Z">
   <failure message="expected &lt;3&gt;" type="AssertionError"><![CDATA[at shop.Till.pay(Till.java:12)]]> &amp; more&#10;end</failure>
   <rerunFailure message="again"><stackTrace>x</stackTrace><system-out>noise</system-out></rerunFailure>
   <system-out>paying</system-out>
  </testcase>
  <testsuite name="inner" timestamp="2026-05-04T09:02:00">
   <testcase name="wobbles"><flakyFailure message="timeout" type="T"><stackTrace>at a.rs:3</stackTrace></flakyFailure></testcase>
   <testcase name="breaks"><error/></testcase>
   <testcase/>
  </testsuite>
 </testsuite>
</testsuites>"#;

#[test]
fn failures_flaky_tests_and_suites_are_events_and_the_rest_is_counted() {
    let batch = of(REPORT).unwrap();
    let report = &batch.report.inputs[0];
    assert_eq!((report.refused, report.described[0].reason.as_str()), (1, "a test without a name"));
    assert_eq!(report.notes["times without an offset were taken as UTC"], 1);
    let [pays, breaks] = find(&batch, "test_failure")[..] else { panic!() };
    assert_eq!(pays.title(), "test failed: shop.Till.pays: expected <3>");
    assert_eq!(pays.body(), "expected <3>\nat shop.Till.pay(Till.java:12) & more\nend\npaying");
    assert_eq!(pays.timestamp().to_rfc3339(), "2026-05-04T09:01:00+00:00");
    assert_eq!(pays.entity().unwrap().name, "till-api");
    assert_eq!(pays.attribute("vcs.ref.head.revision"), Some("4f2a9c1be0d3"));
    assert_eq!(pays.attribute("code.file.path"), Some("src/till.py"));
    assert_eq!(
        (pays.data()["test.tries"].as_u64(), pays.data()["duration_s"].as_f64()),
        (Some(2), Some(2.0))
    );
    assert_eq!(breaks.attribute("test.case.result.status"), Some("error"));
    assert_eq!(breaks.timestamp().to_rfc3339(), "2026-05-04T09:02:00+00:00");
    let [flaky] = find(&batch, "test_flaky")[..] else { panic!() };
    assert_eq!(
        (flaky.severity(), flaky.attribute("exception.stacktrace")),
        (Severity::Low, Some("at a.rs:3"))
    );
    let suites = find(&batch, "test_suite");
    let titles: Vec<&str> = suites.iter().map(|suite| suite.title()).collect();
    assert_eq!(titles, ["suite inner: 1 of 2 tests failed", "suite till: 1 of 3 tests failed"]);
    assert_eq!(suites[1].data()["duration_s"].as_f64(), Some(1002.5));
    assert_eq!(
        suites[1].timestamp().to_rfc3339(),
        "2026-05-04T09:00:00+00:00",
        "from the outer one"
    );
}

#[test]
fn tests_of_the_same_name_are_told_apart() {
    let case = "<testcase name='a'><failure/></testcase>";
    let batch =
        of(&format!("<testsuite timestamp='2026-05-04T09:00:00Z'>{case}{case}</testsuite>"))
            .unwrap();
    assert_eq!(find(&batch, "test_failure").len(), 2);
}

#[test]
fn growth_by_entities_and_depth_are_errors_before_they_cost_anything() {
    let laughs =
        "<!DOCTYPE a [<!ENTITY b \"ha\"><!ENTITY c \"&b;&b;&b;\">]><testsuite>&c;</testsuite>";
    let deep = format!("{}<testcase/>", "<testsuite>".repeat(100_000));
    for (text, reason) in [(laughs, "document type"), (deep.as_str(), "deeper than 64")] {
        let error = of(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn what_stands_before_a_break_is_kept() {
    let good = "<testsuite name='s' timestamp='2026-05-04T09:00:00Z'><testcase name='a'><failure/></testcase>";
    for broken in [
        "",
        "<testcase name=",
        "<testcase name='b'>&unknown;",
        "</testcase>",
        "<testcase name='&x;'/>",
    ] {
        let batch = of(&format!("{good}{broken}")).unwrap();
        assert_eq!(find(&batch, "test_failure").len(), 1, "{broken}");
        assert_eq!(find(&batch, "test_suite").len(), 1, "{broken}");
        assert_eq!(batch.report.refused(), 1, "{broken}");
    }
}

#[test]
fn a_report_without_a_time_is_refused_and_says_so() {
    let batch =
        of("<testsuite name='s'><testcase name='a'><failure/></testcase></testsuite>").unwrap();
    assert_eq!((batch.events.len(), batch.report.refused()), (0, 2));
    assert!(batch.report.to_string().contains("no time in it"), "{}", batch.report);
}

#[test]
fn reports_are_recognised_by_their_content() {
    assert_eq!(Format::of("x", REPORT.as_bytes()).map(|format| format.name), Some("junit"));
    assert_eq!(Format::of("x.xml", b"<html><testcase").map(|format| format.name), Some("junit"));
    assert_eq!(Format::of("x.xml", b"<html>").map(|format| format.name), None);
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(
        bytes: Vec<u8>,
        parts in proptest::collection::vec(proptest::sample::select(vec![
            "<testsuites>", "<testsuite name='s' timestamp='2026-05-04T09:00:00Z'>", "</testsuite>", "<testcase name='a'>",
            "<testcase", "</testcase>", "<failure message='m'>", "</failure>", "<error/>", "<property name='n'>",
            "</property>", "&lt;", "&#0;", "&x;", "<![CDATA[", "]]>", "<!--", "-->", "text", "<?xml", "?>", ">", "'",
        ]), 0..40),
    ) {
        let _ = of(&String::from_utf8_lossy(&bytes));
        let _ = of(&parts.concat());
    }
}
