//! What a dynamic reference may say: the text between `{{resolve:` and `}}`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>

/// Checks what follows `ssm:` or `ssm-secure:`.
///
/// # Errors
/// A sentence, when it names none.
pub fn parameter(name: &str) -> Result<(), String> {
    let (name, version) = match name.split_once(':') {
        Some(_) if name.starts_with("arn:") => (name, None),
        Some((name, version)) => (name, Some(version)),
        None => (name, None),
    };
    let versioned = version.is_none_or(|version| version.parse::<u64>().is_ok_and(|version| version > 0));
    if name.is_empty() {
        return Err("A dynamic reference names no parameter".into());
    }
    if !versioned {
        return Err(format!("The version of parameter `{name}` in a dynamic reference is no positive number"));
    }
    Ok(())
}

/// Checks the text after `resolve:` of a reference to a secret.
///
/// # Errors
/// A sentence, when it names none.
pub fn secret(id: &str) -> Result<(), String> {
    let (service, rest) = id.split_once(':').unwrap_or((id, ""));
    match service {
        "ssm-secure" => parameter(rest),
        "secretsmanager" => {
            let name_fields = if rest.starts_with("arn:") { 7 } else { 1 };
            let mut fields = rest.split(':');
            let named = fields.by_ref().take(name_fields).filter(|field| !field.is_empty()).count() == name_fields;
            let mut field = || fields.next().unwrap_or("");
            let (kind, _key, stage, version) = (field(), field(), field(), field());
            if !named {
                Err("A dynamic reference names no secret".into())
            } else if !matches!(kind, "" | "SecretString") {
                Err("A dynamic reference to a secret has `SecretString` after the secret's name".into())
            } else if !stage.is_empty() && !version.is_empty() {
                Err("A dynamic reference names a version stage or a version id, not both".into())
            } else if fields.next().is_some() {
                Err("A dynamic reference to a secret has too many parts".into())
            } else {
                Ok(())
            }
        }
        other => Err(format!("Dynamic references have no service `{other}`")),
    }
}
