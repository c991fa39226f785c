//! The JSON form of expressions: written and read in one pass, it is the one that the tree gives.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use assent_core::digest::canonical;
use assent_core::expr::{Call, Expr};
use proptest::prelude::*;
use serde_json::Value;

fn expressions() -> impl Strategy<Value = Expr> {
    let text = || prop_oneof![Just("$ref".to_owned()), Just("$map".to_owned()), "[a-c]{0,2}"];
    let leaf = prop_oneof![
        Just(Expr::Null),
        any::<bool>().prop_map(Expr::Bool),
        any::<i64>().prop_map(|number| Expr::Number(number.into())),
        any::<u64>().prop_map(|number| Expr::Number(number.into())),
        (-1e300..1e300).prop_map(|number| Expr::Number(serde_json::Number::from_f64(number).unwrap())),
        text().prop_map(Expr::Str),
        text().prop_map(Expr::Ref),
        text().prop_map(Expr::Secret),
        text().prop_map(Expr::Import),
        (text(), text()).prop_map(|(id, attribute)| Expr::Att(id, attribute)),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let one = inner.clone();
        let key = prop_oneof![
            Just("$ref".to_owned()),
            Just("$att".to_owned()),
            Just("$fn".to_owned()),
            Just("$secret".to_owned()),
            Just("$import".to_owned()),
            Just("$map".to_owned()),
            "[a-d]{1,2}",
        ];
        let call =
            (0_usize..9, "[,a]", inner.clone(), inner.clone(), inner.clone()).prop_map(|(kind, text, a, b, c)| {
                match kind {
                    0 => Call::Join(text, a),
                    1 => Call::Concat(vec![a, b]),
                    2 => Call::Select(a, b),
                    3 => Call::Split(text, a),
                    4 => Call::Base64(a),
                    5 => Call::Cidr(a, b, c),
                    6 => Call::ToJsonString(a),
                    7 => Call::Length(a),
                    _ => Call::Dynamic(a),
                }
            });
        prop_oneof![
            proptest::collection::vec(one, 0..4).prop_map(Expr::List),
            proptest::collection::hash_map(key, inner, 0..4)
                .prop_map(|entries| Expr::Map(entries.into_iter().collect())),
            call.prop_map(|call| Expr::Call(Box::new(call))),
        ]
    })
}

/// Any JSON whose keys are often marks, sound or not.
fn texts() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null"),
        Just("1"),
        Just("-0"),
        Just("1.5"),
        Just("true"),
        Just("\"a\""),
        Just("[\"join\",\",\",[]]"),
        Just("[\"A\",\"B\"]"),
    ];
    leaf.prop_map(str::to_owned).prop_recursive(4, 30, 4, |inner| {
        let key =
            prop_oneof![Just("$ref"), Just("$att"), Just("$fn"), Just("$secret"), Just("$map"), Just("b"), Just("a")];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            // In any order.
            proptest::collection::hash_map(key, inner, 0..4).prop_map(|members| {
                let members: Vec<String> = members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn writing_in_one_pass_is_writing_the_tree(expr in expressions()) {
        let text = serde_json::to_string(&expr).unwrap();
        prop_assert_eq!(canonical(&serde_json::from_str::<Value>(&text).unwrap()), canonical(&expr.to_json()));
    }

    #[test]
    fn reading_in_one_pass_is_reading_the_tree(text in texts()) {
        let tree = Expr::from_json(serde_json::from_str(&text).unwrap());
        let read: Result<Expr, _> = serde_json::from_str(&text);
        prop_assert_eq!(read.ok(), tree.ok(), "{}", text);
    }
}
