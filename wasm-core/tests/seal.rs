//! Sealed values open where they belong, and nowhere else.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use assent_core::seal::{open, seal};
use proptest::prelude::*;
use zeroize::Zeroizing;

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn sealed(key: &[u8; 32], nonce: &[u8; 12], context: &[u8], plain: &[u8]) -> Vec<u8> {
    seal(key, nonce, context, Zeroizing::new(plain.to_vec())).unwrap()
}

fn opened(key: &[u8; 32], context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    open(key, context, sealed).map(|plain| plain.to_vec())
}

/// "The Galois/Counter Mode of Operation" (`McGrew`, Viega, 2005), appendix B, test cases 13, 14 and 16: AES-256.
#[test]
fn the_published_vectors() {
    let zero = [0; 32];
    assert_eq!(sealed(&zero, &[0; 12], b"", b""), [vec![0; 12], hex("530f8afbc74536b9a963b4f1c4cb738b")].concat());
    assert_eq!(
        sealed(&zero, &[0; 12], b"", &[0; 16]),
        [vec![0; 12], hex("d0d1c8a799996bf0265b98b5d48ab919"), hex("cea7403d4d606b6e074ec5d3baf39d18")].concat()
    );
    let key = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308").try_into().unwrap();
    let nonce = hex("cafebabefacedbaddecaf888").try_into().unwrap();
    let context = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    let plain = hex(concat!(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    ));
    let ciphertext = hex(concat!(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa",
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
    ));
    let all = sealed(&key, &nonce, &context, &plain);
    assert_eq!(all, [nonce.to_vec(), hex("76fc6ece0f4e1768cddf8853bb2d551b"), ciphertext].concat());
    assert_eq!(opened(&key, &context, &all), Some(plain));
}

#[test]
fn what_is_too_short_opens_as_nothing() {
    let whole = sealed(&[7; 32], &[9; 12], b"place", b"");
    assert_eq!(opened(&[7; 32], b"place", &whole), Some(Vec::new()));
    for length in 0..whole.len() {
        assert_eq!(opened(&[7; 32], b"place", &whole[..length]), None);
    }
}

proptest! {
    #[test]
    fn any_other_bit_key_or_context_is_refused(
        key: [u8; 32],
        nonce: [u8; 12],
        context in proptest::collection::vec(any::<u8>(), 0..40),
        plain in proptest::collection::vec(any::<u8>(), 0..200),
        flipped: prop::sample::Index,
        bit in 0..8_u32,
    ) {
        let whole = sealed(&key, &nonce, &context, &plain);
        prop_assert_eq!(opened(&key, &context, &whole), Some(plain));
        let flip = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            let at = flipped.index(bytes.len());
            bytes[at] ^= 1 << bit;
            bytes
        };
        prop_assert_eq!(opened(&key, &context, &flip(&whole)), None);
        prop_assert_eq!(opened(&flip(&key).try_into().unwrap(), &context, &whole), None);
        prop_assert_eq!(opened(&key, &[context.as_slice(), b"x"].concat(), &whole), None);
        if !context.is_empty() {
            prop_assert_eq!(opened(&key, &flip(&context), &whole), None);
        }
        prop_assert_eq!(opened(&key, &context, &whole[..whole.len() - 1]), None);
    }
}
