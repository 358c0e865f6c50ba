//! Of the service.

use std::path::Path;

use mabataki_engine::text::Lang;

pub(crate) fn ready(lang: Lang, socket: &Path) -> String {
    let socket = socket.display();
    match lang {
        Lang::En => format!("ready at {socket}"),
        Lang::Ja => format!("{socket} で待機しています"),
    }
}
