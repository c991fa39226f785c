//! Where in an expression a resource's attribute is used.

use crate::expr::Expr;

/// Calls `found(path, logical id, attribute)` for every `Fn::GetAtt` that is still symbolic.
pub fn attributes(expr: &Expr, found: &mut dyn FnMut(&str, &str, &str)) {
    walk(expr, &mut String::new(), found);
}

fn walk(expr: &Expr, path: &mut String, found: &mut dyn FnMut(&str, &str, &str)) {
    match expr {
        Expr::Att(id, attribute) => found(path, id, attribute),
        Expr::List(items) => {
            for (index, item) in items.iter().enumerate() {
                within(&index.to_string(), item, path, found);
            }
        }
        Expr::Map(entries) => {
            for (key, item) in entries {
                within(key, item, path, found);
            }
        }
        Expr::Call(call) => {
            for argument in call.parts() {
                walk(argument, path, found);
            }
        }
        Expr::Null
        | Expr::Bool(_)
        | Expr::Number(_)
        | Expr::Str(_)
        | Expr::Ref(_)
        | Expr::Secret(_)
        | Expr::Import(_) => {}
    }
}

fn within(key: &str, item: &Expr, path: &mut String, found: &mut dyn FnMut(&str, &str, &str)) {
    let length = path.len();
    if length > 0 {
        path.push('/');
    }
    path.push_str(key);
    walk(item, path, found);
    path.truncate(length);
}
