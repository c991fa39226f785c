//! A damaged table gives wrong or empty answers; it never panics, hangs or exhausts the stack.

use std::hint::black_box;

use assent_core::expr::Expr;
use assent_core::model::Operation;
use assent_core::schema::{Handler, Registry, ResourceType, check, coerce};
use proptest::prelude::*;
use serde_json::json;

const TABLE: &[u8] = include_bytes!("../schema/table.bin");

/// Everything that reads the table, on one type.
fn ask(found: ResourceType) {
    black_box(found.primary_identifier());
    black_box(found.additional_identifiers());
    black_box(found.conditional_create_only());
    black_box(found.property_transforms());
    black_box(found.attributes());
    black_box(found.tagging());
    black_box(found.timeout_minutes(Handler::Create));
    black_box(found.duration_s(Operation::Create));
    black_box(found.reference_value("a|b", &json!({})));
    black_box(found.attribute_value("A.B", "a|b", &json!({"A": {"B": 1}})));
    for handler in Handler::ALL {
        black_box(found.permissions(handler));
    }
    black_box(found.property(&["Tags", "*", "Key"]));
    let mut bag = Expr::known(json!({"Tags": [{"Key": 1, "Value": true}], "Code": {"ZipFile": 1}, "Other": [[["x"]]]}));
    coerce(found, &mut bag);
    black_box(check(found, &bag));
    for property in found.properties().into_iter().take(50) {
        black_box(property.allowed());
        black_box(format!("{property:?}"));
    }
}

fn ask_some(registry: Registry) {
    black_box(registry.meta());
    let familiar = ["AWS::SQS::Queue", "AWS::Lambda::Function"];
    familiar.into_iter().filter_map(|name| registry.lookup(name)).for_each(ask);
    registry.types().step_by(97).take(24).for_each(ask);
}

#[test]
fn a_truncated_table_is_survived_at_any_length() {
    for length in (0..64).chain((64..TABLE.len()).step_by(TABLE.len() / 60)) {
        ask_some(Registry::from_bytes(&TABLE[..length]));
    }
}

#[test]
fn what_is_no_table_is_an_empty_one() {
    for bytes in [&b""[..], b"ARST", b"something else entirely, long enough to hold a header", &[0; 4096]] {
        let registry = Registry::from_bytes(bytes);
        assert_eq!(registry.types().count(), 0);
        assert!(registry.lookup("AWS::SQS::Queue").is_none());
        assert_eq!(registry.meta().types, 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_table_with_bytes_overwritten_is_survived(
        places in prop::collection::vec((0..TABLE.len(), any::<u8>()), 1..4000),
        header in prop::collection::vec((4..40usize, any::<u8>()), 0..3),
    ) {
        let mut bytes = TABLE.to_vec();
        for (place, byte) in places.into_iter().chain(header) {
            bytes[place] = byte;
        }
        ask_some(Registry::from_bytes(bytes.leak()));
    }
}

#[test]
fn a_table_of_one_repeated_byte_is_survived() {
    for byte in [0x00, 0x01, 0x08, 0x0b, 0x0c, 0x0d, 0x0e, 0x7f, 0x80, 0xff] {
        let mut bytes = TABLE.to_vec();
        bytes.iter_mut().skip(4096).for_each(|place| *place = byte);
        ask_some(Registry::from_bytes(bytes.leak()));
    }
}
