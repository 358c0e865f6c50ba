use super::*;

#[test]
fn the_policies_that_come_with_the_product_have_no_fault() {
    for text in [STANDARD, TRIAL] {
        if let Err(faults) = Rulebook::parse(text) {
            panic!("{faults}");
        }
    }
}
