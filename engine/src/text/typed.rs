//! What people copy from paper by hand: groups of letters and digits, as keyboards and input methods make them.

/// Crockford's base 32: no I, L, O or U, so nothing looks like a digit or spells a word.
const BASE_32: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Spaces, and whatever a keyboard or an input method makes of a hyphen: dashes, the minus, the long vowel mark, the
/// full-width form.
pub(crate) fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}' | '\u{ff0d}')
}

/// The ASCII letter or digit that was meant, in upper case: full-width forms stand in the order of ASCII.
pub(crate) fn narrow(c: char) -> Option<u8> {
    let narrow = match u32::from(c) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xff01 + 0x21)?,
        _ => c,
    };
    u8::try_from(narrow).ok().filter(u8::is_ascii).map(|letter| letter.to_ascii_uppercase())
}

/// The value 0..=31 of a character in Crockford's base 32, which takes O for 0, and I and L for 1.
pub(crate) fn base_32_value(c: char) -> Option<u8> {
    let letter = match narrow(c)? {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    BASE_32.iter().position(|known| *known == letter).and_then(|value| u8::try_from(value).ok())
}

/// The character for the lowest five bits of a value in Crockford's base 32.
pub(crate) fn base_32_letter(value: u8) -> char {
    char::from(BASE_32.get(usize::from(value & 31)).copied().unwrap_or(b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_a_letter_that_is_read_back_in_any_form() {
        for value in 0..32 {
            let letter = base_32_letter(value);
            let wide = char::from_u32(u32::from(letter) - 0x21 + 0xff01).unwrap();
            for form in [letter, letter.to_ascii_lowercase(), wide] {
                assert_eq!(base_32_value(form), Some(value), "{form}");
            }
        }
    }

    #[test]
    fn letters_that_look_like_digits_are_taken_for_them_and_no_other_character_for_anything() {
        let read: Vec<_> = "oOiIlL".chars().map(base_32_value).collect();
        assert_eq!(read, [Some(0), Some(0), Some(1), Some(1), Some(1), Some(1)]);
        assert!("uU!é漢-".chars().all(|c| base_32_value(c).is_none()));
    }
}
