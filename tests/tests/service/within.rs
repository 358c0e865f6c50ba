//! The engine in the host's own process: the same client, and the log says so.

use mabataki_engine::engine::Config;
use mabataki_engine::service::Client;
use mabataki_test_support::installed;

use super::support::{TIMEOUT, Terminal};

#[test]
fn the_engine_in_the_hosts_own_process_answers_the_same_client_and_the_log_says_where_it_runs() {
    let terminal = Terminal::new();
    let config = Config {
        state: terminal.command.state(),
        key: terminal.command.folder().join("state.key").into(),
        witness: terminal.command.witness(),
        pack: installed::pack(),
        runtime: installed::runtime(),
    };
    let client = Client::in_process(config, Some("enrolment-desk"), TIMEOUT).unwrap();
    let info = client.info().unwrap();
    assert_eq!((info.terminal.as_str(), info.in_process), ("ward3-a", true));
    drop(client);
    assert_eq!(terminal.log(&["start", "stop"]), ["start done in_process", "stop done"]);
    let log = terminal.done(&["audit", "list"]);
    let start = log.lines.iter().find(|line| line["operation"] == "start").unwrap();
    assert_eq!(start["host"], "enrolment-desk");
}
