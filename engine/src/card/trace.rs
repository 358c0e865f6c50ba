//! What went to a card and what came back, for whoever looks for a fault: without PINs, keys and what names a person.
