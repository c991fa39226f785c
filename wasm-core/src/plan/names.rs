//! Names for resources that the template gives none, made as CloudFormation makes them: stack, logical id, suffix.
//!
//! Left to themselves, Cloud Control's handlers make a random one, which neither people nor policies can know and which
//! nobody finds again when the answer to its creation is lost. The suffix is a hash of the stack, the logical id and the
//! incarnation: the same in every plan until a run has begun, another for what is made after that. So two creations
//! never meet, and a retry of one meets its own. What has a name keeps it as long as it lives, and what was made without
//! one stays without.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html>

use crate::call::PlanCall;
use crate::digest::sha256_hex;
use crate::expr::Expr;
use crate::same::find;
use crate::schema::{Naming, ResourceType};

use super::patch::entries;

/// Characters of the suffix.
const SUFFIX: usize = 12;
/// Of the stack's name so many are kept where there is not room for all.
const LEAST_OF_STACK: usize = 8;

/// The naming property of a type, where the wanted properties do not speak of it; with the ending that they ask for. Where
/// it is not known yet whether they ask for one, the service makes the name.
#[must_use]
pub fn unnamed(kind: ResourceType, desired: &Expr) -> Option<Naming> {
    let naming = kind.naming()?;
    let wanted = |property: &str| find(entries(desired), property);
    // `BucketNamePrefix` and its like: the service makes the name.
    let names = |key: &str| key == naming.property || key.strip_suffix("Prefix") == Some(naming.property);
    let silent = !entries(desired).iter().any(|(key, _)| names(key));
    let ending = match naming.ending.map(|ending| (ending, wanted(ending.when))) {
        None | Some((_, None | Some(Expr::Bool(false)))) => None,
        Some((ending, Some(Expr::Bool(true)))) => Some(ending),
        Some(_) => return None,
    };
    silent.then_some(Naming { ending, ..naming })
}

/// A new name; `None`: the call gives none.
#[must_use]
pub fn fresh(call: &PlanCall, logical_id: &str, naming: Naming) -> Option<String> {
    let incarnation = call.incarnation?;
    let hash = sha256_hex(format!("{}\n{logical_id}\n{incarnation}", call.context.stack_id).as_bytes());
    Some(name(&call.stack, logical_id, &suffix(&hash), naming))
}

/// The properties with a name.
#[must_use]
pub fn with(desired: &Expr, naming: Naming, name: &str) -> Expr {
    let mut members = entries(desired).to_vec();
    members.push((naming.property.to_owned(), Expr::Str(name.to_owned())));
    Expr::Map(members)
}

fn name(stack: &str, logical_id: &str, suffix: &str, naming: Naming) -> String {
    let between = naming.separator;
    let clean = |text: &str| {
        let parts = text.split(|one: char| !one.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(between)
    };
    let (stack, logical_id) = (clean(stack), clean(logical_id));
    let ending = naming.ending.map_or("", |ending| ending.text);
    let room = naming.longest.saturating_sub(suffix.len() + 2 * between.len() + ending.len());
    // The logical id says more; of the stack a beginning is left.
    let of_stack = stack.len().min(room.saturating_sub(logical_id.len()).max(LEAST_OF_STACK.min(room / 2)));
    let (stack, logical_id) = (cut(&stack, of_stack, between), cut(&logical_id, room - of_stack, between));
    let parts = [stack, logical_id, suffix].into_iter().filter(|part| !part.is_empty());
    let name = parts.collect::<Vec<_>>().join(between);
    let name = if naming.small { name.to_ascii_lowercase() } else { name };
    let (reserved, begins) = (naming.never_first, name.get(..naming.never_first.len()));
    match begins.filter(|begins| !begins.is_empty() && begins.eq_ignore_ascii_case(reserved)) {
        // A stack called `sg`: its name and what follows are written together.
        Some(begins) => {
            let rest = name.get(begins.len()..).unwrap_or_default();
            format!("{}{rest}{ending}", begins.trim_end_matches(between))
        }
        None => format!("{name}{ending}"),
    }
}

/// A beginning that does not end in a separator. All of it is ASCII.
fn cut<'a>(text: &'a str, longest: usize, between: &str) -> &'a str {
    let kept = text.get(..longest.min(text.len())).unwrap_or(text);
    if between.is_empty() { kept } else { kept.trim_end_matches(between) }
}

/// A hash (hex) in base 36.
fn suffix(hash: &str) -> String {
    const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut rest = hash.get(..32).and_then(|digits| u128::from_str_radix(digits, 16).ok()).unwrap_or(0);
    let mut text = String::with_capacity(SUFFIX);
    for _ in 0..SUFFIX {
        let digit = usize::try_from(rest % 36).unwrap_or(0);
        text.push(DIGITS.get(digit).copied().map_or('0', char::from));
        rest /= 36;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Ending;

    const NAMING: Naming =
        Naming { property: "Name", longest: 64, separator: "-", small: false, ending: None, never_first: "" };

    const FIFO: Option<Ending> = Some(Ending { when: "FifoQueue", text: ".fifo" });

    #[test]
    fn a_name_is_made_of_stack_logical_id_and_suffix_within_the_types_bounds() {
        let suffix = "A1B2C3D4E5F6";
        let long = "x".repeat(300);
        for (what, stack, id, naming, expected) in [
            ("whole", "shop", "Table", NAMING, "shop-Table-A1B2C3D4E5F6".to_owned()),
            ("small", "Shop", "Table", Naming { small: true, ..NAMING }, "shop-table-a1b2c3d4e5f6".to_owned()),
            ("underscores", "my-shop", "Rule", Naming { separator: "_", ..NAMING }, "my_shop_Rule_A1B2C3D4E5F6".into()),
            ("nothing between", "my-shop", "W", Naming { separator: "", ..NAMING }, "myshopWA1B2C3D4E5F6".into()),
            ("doubled and trailing", "a--b-", "C", NAMING, "a-b-C-A1B2C3D4E5F6".into()),
            ("a long id", "shop", &long, NAMING, format!("shop-{}-A1B2C3D4E5F6", "x".repeat(46))),
            ("a long stack", &long, "Table", NAMING, format!("{}-Table-A1B2C3D4E5F6", "x".repeat(45))),
            ("both", &long, &long, NAMING, format!("{}-{}-A1B2C3D4E5F6", "x".repeat(8), "x".repeat(42))),
            ("reserved", "SG", "Group", Naming { never_first: "sg-", ..NAMING }, "SGGroup-A1B2C3D4E5F6".into()),
            ("only begins so", "sgx", "G", Naming { never_first: "sg-", ..NAMING }, "sgx-G-A1B2C3D4E5F6".into()),
            ("reserved before more", "tg-a", "G", Naming { never_first: "tg-", ..NAMING }, "tga-G-A1B2C3D4E5F6".into()),
            ("an ending", "shop", "Q", Naming { ending: FIFO, ..NAMING }, "shop-Q-A1B2C3D4E5F6.fifo".into()),
            (
                "an ending takes room",
                "shop",
                &long,
                Naming { ending: FIFO, ..NAMING },
                format!("shop-{}-A1B2C3D4E5F6.fifo", "x".repeat(41)),
            ),
            ("short", "shop-of-mine", "Domain", Naming { longest: 28, ..NAMING }, "shop-of-Domain-A1B2C3D4E5F6".into()),
        ] {
            let made = name(stack, id, suffix, naming);
            assert_eq!(made, expected, "{what}");
            assert!(made.len() <= naming.longest, "{what}: {made}");
        }
    }
}
