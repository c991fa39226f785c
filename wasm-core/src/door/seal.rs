//! The exports for sealing: keys and values are wiped here once they were used.

use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::seal::{self, KEY_BYTES, NONCE_BYTES};

/// Seals bytes; the nonce may be used once with the key.
///
/// # Errors
/// When key or nonce have another length.
#[wasm_bindgen]
pub fn seal(key: Vec<u8>, nonce: &[u8], context: &[u8], plain: Vec<u8>) -> Result<Vec<u8>, JsError> {
    let (key, plain) = (Zeroizing::new(key), Zeroizing::new(plain));
    let nonce = nonce.try_into().map_err(|_| JsError::new(&format!("a nonce has {NONCE_BYTES} bytes")))?;
    seal::seal(key_of(&key)?, nonce, context, plain).ok_or_else(|| JsError::new("this is too long to be sealed"))
}

/// The text that was sealed, made straight into a string of the caller's; `undefined` where this is not it.
///
/// # Errors
/// When the key has another length.
#[wasm_bindgen(unchecked_return_type = "string | undefined")]
pub fn unsealed(key: Vec<u8>, context: &[u8], sealed: &[u8]) -> Result<JsValue, JsError> {
    let key = Zeroizing::new(key);
    let plain = seal::open(key_of(&key)?, context, sealed);
    let text = plain.as_ref().and_then(|bytes| std::str::from_utf8(bytes).ok());
    Ok(text.map_or(JsValue::UNDEFINED, JsValue::from_str))
}

fn key_of(key: &[u8]) -> Result<&[u8; KEY_BYTES], JsError> {
    key.try_into().map_err(|_| JsError::new(&format!("a key has {KEY_BYTES} bytes")))
}
