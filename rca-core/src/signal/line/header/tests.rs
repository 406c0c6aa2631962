//! Headers of the common layouts.

use super::*;
use proptest::prelude::*;

#[test]
fn headers_of_the_common_layouts_are_cut_off() {
    let mut wrong = Vec::new();
    for line in [
        "2024-01-31 12:30:11,250 INFO [worker 7] org.shop.Cart: item added",
        "2024-01-31 12:30:11.250  INFO 17 --- [main] o.shop.Cart : item added",
        "2024-01-31T12:30:11Z INFO item added",
        "24/01/31 12:30:11 INFO cart.Cart: item added",
        "240131 123011 17 INFO cart.Cart: item added",
        "Jan 31 12:30:11 shop1 cart[17]: item added",
        "Jan 31 12:30:11 shop1 cart(pam)[17]: item added",
        "[Wed Jan 31 12:30:11 2024] [notice] item added",
        "[2024-01-31 12:30:11] item added",
        "2024-01-31 12:30:11,250 - INFO  [main:Cart@12] - item added",
        "01-31 12:30:11.250  1702  2395 I Cart: item added",
        "20240131-12:30:11:250|Cart_LSC|30002312|item added",
        "2024-01-31 12:30:11, Info                  CBS    item added",
        "I0131 12:30:11.250000      17 cart.go:3] item added",
        "2024-01-31T12:30:11.25Z stdout F 2024-01-31 12:30:11 INFO item added",
        "{\"ts\":1.5,\"level\":\"info\",\"msg\":\"item added\"}",
        "time=2024-01-31T12:30:11Z level=info msg=\"item added\" cart=7",
        "{\"log\":\"item added\\n\",\"stream\":\"stdout\",\"time\":\"2024-01-31T12:30:11Z\"}",
        "[INFO] item added",
        "<134>1 2024-01-31T12:30:11.003Z shop1 cart 17 ID47 - item added",
        "<165>1 2024-01-31T12:30:11.003Z shop1 cart - - [meta@1 seq=\"7\" env=\"a b\"] item added",
        "<34>Jan 31 12:30:11 shop1 cart: item added",
        "<30>2024-01-31T12:30:11+01:00 shop1 cart[17]: item added",
        "2024-01-31T12:30:11.250000+01:00 shop1 cart[17]: item added",
        "2024-01-31 12:30:11.250 UTC [17] LOG:  item added",
        "2024-01-31 12:30:11 CET [17-1] ann@shop WARNING:  item added",
        "2024/01/31 12:30:11 [error] 17#17: *3 item added",
        "2024/01/31 12:30:11 item added",
        "2024/01/31 12:30:11 cart.go:17: item added",
        "2024-01-31T12:30:11.250Z  INFO shop::cart: item added",
        "2024-01-31T12:30:11.250Z  INFO request{id=7}: shop::cart: item added",
        "INFO:shop.cart:item added",
        "WARNING:root:item added",
        "17:M 31 Jan 2024 12:30:11.250 * item added",
        "31-Jan-2024 12:30:11.250 INFO [main] org.shop.Cart item added",
        "E0131 12:30:11.250000       7 cart.go:3] item added",
        "2024-01-31T12:30:11Z stderr F E0131 12:30:11.250000       7 cart.go:3] item added",
        "2024-01-31T12:30:11.250Z stdout P item added",
        "{\"level\":30,\"time\":1706704211250,\"pid\":17,\"msg\":\"item added\"}",
        "{\"timestamp\":\"2024-01-31T12:30:11Z\",\"severity\":\"INFO\",\"message\":\"item added\"}",
        "level=info ts=2024-01-31T12:30:11Z caller=cart.go:3 msg=\"item added\"",
        "ts=2024-01-31T12:30:11Z level=info component=cart msg=\"item added\" id=7",
        "[2024-01-31T12:30:11.250] [INFO] cart - item added",
        "[12:30:11] item added",
        "12:30:11.250 [main] INFO  org.shop.Cart -- item added",
        "12:30:11.250 INFO  item added",
        "[I 2024-01-31 12:30:11.250 Cart] item added",
        "[2024-01-31 12:30:11,250: INFO/MainProcess] item added",
        "[2024-01-31 12:30:11 +0100] [17] [INFO] item added",
        "unit-3 cart.core state_up 7 x-1 1706704211 item added",
        "2024-01-31 12:30:11 | INFO     | shop.cart:add:17 - item added",
        "Jan 31 12:30:11.250 INFO item added",
        "I/Cart(17): item added",
        "I/Cart    (  17): item added",
    ] {
        let message = split_header(line).message.trim_end_matches("\\n");
        if message != "item added" {
            wrong.push((line, message));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn levels_are_read() {
    for (line, severity) in [
        ("2024-01-31 12:30:11 ERROR broke", Some(Severity::High)),
        ("2024-01-31 12:30:11 [warn] odd", Some(Severity::Medium)),
        ("level=fatal msg=\"gone\"", Some(Severity::Critical)),
        ("no error here", None),
    ] {
        assert_eq!(split_header(line).severity, severity, "{line}");
    }
}

#[test]
fn a_line_without_a_header_is_all_message() {
    for line in ["", "item 7 added", "error in item 7", "\tat shop.Cart.add(Cart.java:3)"] {
        assert_eq!(split_header(line).message, line);
    }
}

proptest! {
    #[test]
    fn any_line_is_split_without_a_panic(line in "\\PC{0,60}", head in "[0-9:. \\-\\[\\]|{}\"=TZ]{0,30}") {
        for text in [line.clone(), format!("{head}{line}"), format!("{{\"msg\":{line}")] {
            let header = split_header(&text);
            prop_assert!(text.contains(header.message));
        }
    }
}
