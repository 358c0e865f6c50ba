//! What Python has to know of the header: every struct and every function, as ctypes lays them out and calls them.

use std::fmt::Write as _;

/// The module for Python that says it.
pub(super) fn of(header: &str) -> String {
    let structs = structs(header);
    let mut made = String::from(
        "\"\"\"Structs and functions of mabataki.h. Made from it: MABATAKI_BLESS=1 cargo test -p mabataki-ffi --test python\"\"\"\n\n\
         from __future__ import annotations\n\n\
         import ctypes\n\
         from ctypes import POINTER, c_char, c_char_p, c_double, c_int32, c_int64, c_size_t, c_ssize_t, c_uint32, c_uint64, c_void_p\n\n\
         from mabataki._sized import Sized\n",
    );
    for (name, fields) in &structs {
        let sized = fields.first().is_some_and(|(field, _)| field == "size");
        let base = if sized { "Sized" } else { "ctypes.Structure" };
        writeln!(made, "\n\nclass {}({base}):\n    _fields_ = [", class(name)).unwrap();
        for (field, kind) in fields {
            writeln!(made, "        (\"{field}\", {kind}),").unwrap();
        }
        made.push_str("    ]\n");
    }
    made.push_str("\n\nSTRUCTS: dict[str, type[Sized]] = {\n");
    for (name, _) in structs.iter().filter(|(_, fields)| fields[0].0 == "size") {
        writeln!(made, "    \"mbt_{name}\": {},", class(name)).unwrap();
    }
    made.push_str("}\n\n# Name: what it answers with, and what it takes.\nFUNCTIONS: dict[str, tuple[object, list[object]]] = {\n");
    for (name, answer, takes) in functions(header) {
        let takes: Vec<String> = takes.iter().map(|kind| argument(kind, &structs)).collect();
        writeln!(made, "    \"{name}\": ({}, [{}]),", plain(&answer), takes.join(", ")).unwrap();
    }
    made + "}\n"
}

/// A struct's name without its `mbt_`, and its fields with their kinds.
type Struct = (String, Vec<(String, String)>);

fn structs(header: &str) -> Vec<Struct> {
    let mut found = Vec::new();
    for part in header.split("typedef struct mbt_").skip(1) {
        let Some((name, rest)) = part.split_once(" {\n") else { continue };
        // What is only named has no fields.
        if name.contains(';') {
            continue;
        }
        let (body, _) = rest.split_once("\n}").unwrap();
        let lines = body.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
        found.push((name.to_owned(), lines.map(|line| field(line, header)).collect()));
    }
    found
}

fn field(line: &str, header: &str) -> (String, String) {
    let (kind, name) = split(line.trim_end_matches(';'));
    match name.split_once('[') {
        None => (name.to_owned(), plain(kind)),
        Some((name, length)) => {
            let length = length.trim_end_matches(']');
            let named = || header.lines().find_map(|line| line.strip_prefix(&format!("#define {length} ")));
            let length = length.parse::<u32>().unwrap_or_else(|_| named().unwrap().parse().unwrap());
            let kind = if kind == "char" { "c_char".to_owned() } else { plain(kind) };
            (name.to_owned(), format!("{kind} * {length}"))
        }
    }
}

fn functions(header: &str) -> Vec<(String, String, Vec<String>)> {
    let mut found = Vec::new();
    for part in header.split("\nMBT_API ").skip(1) {
        let (declared, _) = part.split_once(';').unwrap();
        let (start, takes) = declared.trim_end_matches(')').split_once('(').unwrap();
        let (answer, name) = split(start);
        let takes = takes.split(',').map(|take| take.split_whitespace().collect::<Vec<_>>().join(" "));
        let takes = takes.filter(|take| take != "void").map(|take| split(&take).0.to_owned());
        found.push((name.to_owned(), answer.to_owned(), takes.collect()));
    }
    found
}

/// What stands before a name, and the name.
fn split(declared: &str) -> (&str, &str) {
    let at = declared.rfind([' ', '*']).unwrap() + 1;
    (declared[..at].trim(), &declared[at..])
}

/// How ctypes calls what is passed by value, and whatever it need not look into.
fn plain(kind: &str) -> String {
    let kind = kind.replace("const ", "").replace("struct ", "");
    match kind.as_str() {
        "void" => "None".to_owned(),
        "mbt_status" => "c_int32".to_owned(),
        "ptrdiff_t" => "c_ssize_t".to_owned(),
        "char *" | "char*" => "c_char_p".to_owned(),
        pointer if pointer.ends_with('*') => "c_void_p".to_owned(),
        "size_t" | "double" => format!("c_{kind}"),
        "int32_t" | "int64_t" | "uint32_t" | "uint64_t" => format!("c_{}", kind.trim_end_matches("_t")),
        name => class(name.strip_prefix("mbt_").unwrap()),
    }
}

/// How ctypes calls an argument: pointers to what it lays out are such, those to handles and bytes are bare.
fn argument(kind: &str, structs: &[Struct]) -> String {
    let bare = kind.replace("const ", "").replace("struct ", "");
    let Some(target) = bare.strip_suffix('*').map(str::trim) else { return plain(kind) };
    let is_struct =
        target.strip_prefix("mbt_").is_some_and(|name| structs.iter().any(|(known, _)| known == name));
    match target {
        _ if is_struct => format!("POINTER({})", plain(target)),
        "char" | "uint8_t" => plain(kind),
        out if out.ends_with('*') => "POINTER(c_void_p)".to_owned(),
        handle if handle.starts_with("mbt_") && handle != "mbt_status" => "c_void_p".to_owned(),
        out => format!("POINTER({})", plain(out)),
    }
}

/// `auth_params` is `AuthParams`.
fn class(name: &str) -> String {
    let parts = name.split('_').map(|part| {
        let (first, rest) = part.split_at(1);
        first.to_uppercase() + rest
    });
    parts.collect()
}
