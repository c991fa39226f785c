//! Canonical JSON against the vectors of RFC 8785, hashes against FIPS 180-4, and names that never collide or change.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use std::collections::BTreeSet;

use assent_core::digest::{
    canonical, canonical_apart, canonical_of, client_token, name_uuid, sha256_hex, sha256_hex_of,
};
use proptest::prelude::*;
use serde_json::{Number, Value, json};

#[test]
fn canonical_json_follows_the_vectors() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("../../tests/vectors/digest/canonical.json")).unwrap();
    for vector in vectors {
        let value: Value = serde_json::from_str(vector["text"].as_str().unwrap()).unwrap();
        assert_eq!(canonical(&value), vector["canonical"].as_str().unwrap(), "{}", vector["name"]);
    }
}

/// RFC 8785, appendix B: bits of a double and how it is written.
const NUMBERS: [(u64, &str); 26] = [
    (0x0000_0000_0000_0000, "0"),
    (0x8000_0000_0000_0000, "0"),
    (0x0000_0000_0000_0001, "5e-324"),
    (0x8000_0000_0000_0001, "-5e-324"),
    (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
    (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
    (0x4340_0000_0000_0000, "9007199254740992"),
    (0xc340_0000_0000_0000, "-9007199254740992"),
    (0x4430_0000_0000_0000, "295147905179352830000"),
    (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
    (0x44b5_2d02_c7e1_4af6, "1e+23"),
    (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
    (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
    (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
    (0x444b_1ae4_d6e2_ef50, "1e+21"),
    (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
    (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
    (0x41b3_de43_5555_5553, "333333333.3333332"),
    (0x41b3_de43_5555_5554, "333333333.33333325"),
    (0x41b3_de43_5555_5555, "333333333.3333333"),
    (0x41b3_de43_5555_5556, "333333333.3333334"),
    (0x41b3_de43_5555_5557, "333333333.33333343"),
    (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
    (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    (0x3ff0_0000_0000_0000, "1"),
    (0xbff8_0000_0000_0000, "-1.5"),
];

#[test]
fn doubles_are_written_as_ecmascript_writes_them() {
    for (bits, expected) in NUMBERS {
        let number = Number::from_f64(f64::from_bits(bits)).unwrap();
        assert_eq!(canonical(&Value::Number(number)), expected, "{bits:016x}");
    }
}

#[test]
fn hashes_follow_the_examples_of_fips_180_4() {
    let cases = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
    ];
    for (input, expected) in cases {
        assert_eq!(sha256_hex(input.as_bytes()), expected);
    }
}

#[test]
fn a_client_token_is_of_cloud_controls_alphabet_and_belongs_to_one_attempt() {
    let mut seen = BTreeSet::new();
    for (run, step) in
        [("run", "A/create"), ("ru", "nA/create"), ("runA/", "create"), ("", "runA/create"), ("run", "A")]
    {
        for attempt in [0, 1, 2, 11, u32::MAX] {
            let token = client_token(run, step, attempt);
            assert_eq!(token, client_token(run, step, attempt));
            assert_eq!(token.len(), 64);
            assert!(token.bytes().all(|byte| byte.is_ascii_hexdigit()));
            assert!(seen.insert(token), "{run} {step} {attempt}");
        }
    }
}

/// These stand in journals and in Cloud Control's memory: a change here breaks every unfinished run.
#[test]
fn names_do_not_change_between_versions() {
    assert_eq!(
        client_token("run-1", "create:Table", 1),
        "4f109173786daf1c92916720b6f4bb19d0ecd6c2e9cae5ac9f0995810de53351"
    );
    assert_eq!(
        name_uuid("arn:aws:cloudformation:eu-central-1:123456789012:stack/web"),
        "f115d0ff-e941-8987-a5df-ae5adcfd3529"
    );
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| Number::from_f64(number).map_or(Value::Null, Value::Number)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_value_that_went_through_text_has_the_same_canonical_form(value in value()) {
        let text = canonical(&value);
        let again: Value = serde_json::from_str(&serde_json::to_string_pretty(&value).unwrap()).unwrap();
        prop_assert_eq!(canonical(&again), text);
    }

    #[test]
    fn reading_the_canonical_form_and_writing_it_again_changes_nothing(value in value()) {
        let text = canonical(&json!({ "value": value }));
        let again: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(canonical(&again), text);
    }

    #[test]
    fn keys_are_in_the_order_of_their_utf_16_code_units(keys in prop::collection::btree_set(any::<String>(), 0..20)) {
        let object: Value = keys.iter().map(|key| (key.clone(), Value::Null)).collect::<serde_json::Map<_, _>>().into();
        let mut expected: Vec<Vec<u16>> = keys.iter().map(|key| key.encode_utf16().collect()).collect();
        expected.sort();
        let expected: Vec<String> =
            expected.iter().map(|units| format!("{}:null", canonical(&String::from_utf16(units).unwrap().into()))).collect();
        prop_assert_eq!(canonical(&object), format!("{{{}}}", expected.join(",")));
    }

    #[test]
    fn uuids_are_well_formed_and_differ(left in any::<String>(), right in any::<String>()) {
        let uuid = name_uuid(&left);
        let shape: String = uuid.chars().map(|char| if char == '-' { '-' } else { 'x' }).collect();
        prop_assert_eq!(shape, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
        prop_assert_eq!(uuid.chars().nth(14), Some('8'));
        prop_assert!(matches!(uuid.chars().nth(19), Some('8' | '9' | 'a' | 'b')));
        prop_assert_eq!(left == right, uuid == name_uuid(&right));
    }
}

fn json_values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let key = prop_oneof!["[a-c]{0,2}", "[\"\\\\\u{0}-\u{1f}a]{0,3}", "[é\u{ffff}\u{10000}z]{0,2}", any::<String>()];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
enum Shape {
    Unit,
    Newtype(Value),
    Tuple(u8, Value),
    Struct { zeta: Value, alpha: Option<char> },
}

/// Members out of order, variants of every form, a member at two depths.
#[derive(serde::Serialize)]
struct Sample {
    z: Value,
    inner: Vec<Inner>,
    a: Vec<Shape>,
    digest: f32,
}

#[derive(serde::Serialize)]
struct Inner {
    estimate: i8,
    digest: Value,
}

proptest! {
    #[test]
    fn streaming_writes_what_the_tree_would_give(value in json_values()) {
        prop_assert_eq!(canonical_of(&value, &[]), canonical(&value));
    }

    #[test]
    fn streaming_takes_every_form_of_data_and_omits_by_depth_and_name(
        z in json_values(), one in json_values(), other in json_values(), estimate in any::<i8>(), digest in any::<f32>(),
    ) {
        let a = vec![
            Shape::Unit,
            Shape::Newtype(one.clone()),
            Shape::Tuple(7, other.clone()),
            Shape::Struct { zeta: one.clone(), alpha: Some('"') },
            Shape::Struct { zeta: z.clone(), alpha: None },
        ];
        let sample = Sample { z, inner: vec![Inner { estimate, digest: other }], a, digest };
        let mut tree = serde_json::to_value(&sample).unwrap();
        prop_assert_eq!(canonical_of(&sample, &[]), canonical(&tree));
        for omitted in [
            &[(0, "digest"), (1, "estimate")][..],
            &[(0, "a"), (0, "digest"), (1, "digest")],
            &[(0, "z"), (0, "inner")],
            &[(0, "z"), (0, "inner"), (0, "digest"), (0, "a"), (1, "none")],
            &[(1, "estimate"), (1, "digest")],
        ] {
            let apart = canonical_apart(&sample, omitted);
            prop_assert_eq!(&apart.text, &canonical(&tree));
            prop_assert_eq!(apart.parts().collect::<String>(), canonical_of(&sample, omitted));
            prop_assert_eq!(sha256_hex_of(apart.parts()), sha256_hex(canonical_of(&sample, omitted).as_bytes()));
            if apart.is_exact {
                prop_assert_eq!(serde_json::from_str::<Value>(&apart.text).unwrap(), tree.clone());
            }
        }
        tree.as_object_mut().unwrap().remove("digest");
        tree["inner"][0].as_object_mut().unwrap().remove("estimate");
        prop_assert_eq!(canonical_of(&sample, &[(0, "digest"), (1, "estimate")]), canonical(&tree));
    }
}

#[test]
fn a_text_that_reads_as_another_value_is_not_exact() {
    for (value, is_exact) in [(1.0, false), (-0.0, false), (0.5, true), (1e21, true), (1e-7, true), (5e-324, true)] {
        let apart = canonical_apart(&value, &[]);
        assert_eq!(apart.is_exact, is_exact, "{value}");
        let read: Value = serde_json::from_str(&apart.text).unwrap();
        let tree = Value::from(value);
        assert_eq!(read == tree, is_exact, "{value} as {}", apart.text);
    }
}

#[test]
fn what_has_no_json_form_has_no_text() {
    assert_eq!(canonical_of(&std::collections::BTreeMap::from([(1, 2)]), &[]), "");
}

#[test]
fn keys_that_begin_alike_are_put_in_the_order_of_their_code_units() {
    let keys = ["a", "a ", "a!", "a\"", "a#", "a\\", "a\n", "a\t", "a\u{1}b", "ab", "aé", "a\u{e000}", "a😀", "", "b"];
    for one in keys {
        for other in keys.into_iter().filter(|other| *other != one) {
            let value = Value::Object(
                [(one, 1), (other, 2)].map(|(key, n)| (key.to_owned(), Value::from(n))).into_iter().collect(),
            );
            assert_eq!(canonical_of(&Unsorted([(one, 1), (other, 2)]), &[]), canonical(&value), "{one:?} {other:?}");
        }
    }
}

/// An object whose members come as they are given.
struct Unsorted<'a>([(&'a str, u32); 2]);

impl serde::Serialize for Unsorted<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0)
    }
}
