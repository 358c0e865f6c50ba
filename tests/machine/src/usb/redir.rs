//! The messages in which QEMU and a device outside of it speak about USB: as much of the protocol usbredir 0.7
//! (gitlab.freedesktop.org/spice/usbredir, usb-redirection-protocol.md) as a camera takes. All numbers begin with their
//! lowest byte.

use std::io::{self, ErrorKind, Read, Write};

/// What both sides can: a device's version, sizes of packets, long numbers of messages, and long bulk transfers.
const CAPABILITIES: u32 = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 6;

const HELLO: u32 = 0;
const DEVICE_CONNECT: u32 = 1;
const RESET: u32 = 3;
const INTERFACE_INFO: u32 = 4;
const EP_INFO: u32 = 5;
const SET_CONFIGURATION: u32 = 6;
const GET_CONFIGURATION: u32 = 7;
const CONFIGURATION_STATUS: u32 = 8;
const SET_ALT_SETTING: u32 = 9;
const GET_ALT_SETTING: u32 = 10;
const ALT_SETTING_STATUS: u32 = 11;
const CANCEL: u32 = 21;
const CONTROL: u32 = 100;
const BULK: u32 = 101;

/// A high-speed device.
const HIGH_SPEED: u8 = 2;
/// Kinds of endpoints.
const CONTROL_ENDPOINT: u8 = 0;
const BULK_ENDPOINT: u8 = 2;
const NO_ENDPOINT: u8 = 255;
/// The answer to a request that the device does not know.
const STALL: u8 = 4;
const CANCELLED: u8 = 1;

/// Longer than anything that QEMU sends.
const LONGEST: usize = 1 << 20;

/// What QEMU says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A request to the control endpoint; what is sent with it is in `data`.
    Control { id: u64, setup: Setup, data: Vec<u8> },
    /// So many bytes are wanted from the streaming endpoint.
    Bulk { id: u64, length: usize },
    /// They are not wanted any more.
    Cancel { id: u64 },
    /// The device is to forget everything.
    Reset,
}

/// What a control request asks for (USB 2.0, 9.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Setup {
    pub(super) kind: u8,
    pub(super) request: u8,
    pub(super) value: u16,
    pub(super) index: u16,
    pub(super) length: u16,
}

/// What QEMU has to know of a device before it asks.
pub(super) struct Device<'a> {
    pub(super) class: [u8; 3],
    pub(super) vendor: u16,
    pub(super) product: u16,
    pub(super) version: u16,
    /// Class, subclass and protocol of each interface.
    pub(super) interfaces: &'a [[u8; 3]],
    /// Its only endpoint besides those for control: the address, its interface, and bytes in a packet.
    pub(super) bulk: (u8, u8, u16),
}

/// The line to QEMU.
pub(super) struct Line<S> {
    stream: S,
    read: Vec<u8>,
    greeted: bool,
}

impl<S: Read + Write> Line<S> {
    /// Says what is plugged in.
    pub(super) fn begin(stream: S, device: &Device<'_>) -> io::Result<Line<S>> {
        let mut line = Line { stream, read: Vec::new(), greeted: false };
        let mut hello = vec![0; 64];
        hello[..8].copy_from_slice(b"mabataki");
        hello.extend(CAPABILITIES.to_le_bytes());
        // Before both sides know what the other can, a message has a short number.
        line.stream.write_all(&[&HELLO.to_le_bytes()[..], &68u32.to_le_bytes(), &[0; 4], &hello].concat())?;
        line.describe(device)?;
        let [vendor, product, version] =
            [device.vendor, device.product, device.version].map(u16::to_le_bytes);
        let connect = [&[HIGH_SPEED][..], &device.class, &vendor, &product, &version].concat();
        line.send(DEVICE_CONNECT, 0, &connect)?;
        Ok(line)
    }

    /// Interfaces and endpoints, as they must be told whenever they may have changed.
    fn describe(&mut self, device: &Device<'_>) -> io::Result<()> {
        let mut interfaces = u32::try_from(device.interfaces.len()).unwrap_or(0).to_le_bytes().to_vec();
        let each = |what: &dyn Fn(usize) -> u8| (0..32).map(what).collect::<Vec<u8>>();
        interfaces.extend(each(&|at| if at < device.interfaces.len() { at as u8 } else { 0 }));
        for part in 0..3 {
            interfaces.extend(each(&|at| device.interfaces.get(at).map_or(0, |class| class[part])));
        }
        let (address, interface, packet) = device.bulk;
        let bulk = usize::from(address & 0x80 != 0) * 16 + usize::from(address & 0x0F);
        let mut endpoints = each(&|at| match at {
            0 | 16 => CONTROL_ENDPOINT,
            at if at == bulk => BULK_ENDPOINT,
            _ => NO_ENDPOINT,
        });
        endpoints.extend([0; 32]);
        endpoints.extend(each(&|at| if at == bulk { interface } else { 0 }));
        endpoints.extend((0..32).flat_map(|at| if at == bulk { packet } else { 64 }.to_le_bytes()));
        self.send(INTERFACE_INFO, 0, &interfaces)?;
        self.send(EP_INFO, 0, &endpoints)
    }

    /// What QEMU says next, as far as it concerns the device; `None` when nothing has come in time.
    pub(super) fn next(&mut self, device: &Device<'_>) -> io::Result<Option<Asked>> {
        loop {
            while let Some((kind, id, body)) = self.message()? {
                if let Some(asked) = self.understand(kind, id, &body, device)? {
                    return Ok(Some(asked));
                }
            }
            let mut some = [0; 4096];
            match self.stream.read(&mut some) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.read.extend(&some[..count]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Answers a control request, with what was asked for; `None` says that the device does not know it.
    pub(super) fn answer(&mut self, id: u64, setup: Setup, data: Option<&[u8]>) -> io::Result<()> {
        let is_in = setup.kind & 0x80 != 0;
        let (status, data) = data.map_or((STALL, &[][..]), |data| (0, data));
        let data = &data[..data.len().min(setup.length.into())];
        // What was sent is told by its length.
        let length = if status == 0 && !is_in { setup.length } else { data.len() as u16 };
        let mut body = vec![setup.kind & 0x80, setup.request, setup.kind, status];
        body.extend([setup.value, setup.index, length].iter().flat_map(|number| number.to_le_bytes()));
        if is_in {
            body.extend(data);
        }
        self.send(CONTROL, id, &body)
    }

    /// Hands in bytes of the stream that were wanted.
    pub(super) fn deliver(&mut self, id: u64, endpoint: u8, data: &[u8]) -> io::Result<()> {
        self.bulk(id, endpoint, 0, data)
    }

    /// Confirms that they are not wanted any more.
    pub(super) fn cancelled(&mut self, id: u64, endpoint: u8) -> io::Result<()> {
        self.bulk(id, endpoint, CANCELLED, &[])
    }

    fn bulk(&mut self, id: u64, endpoint: u8, status: u8, data: &[u8]) -> io::Result<()> {
        let [low0, low1, high0, high1] = (data.len() as u32).to_le_bytes();
        let head = [endpoint, status, low0, low1, 0, 0, 0, 0, high0, high1];
        self.send(BULK, id, &[&head, data].concat())
    }

    fn send(&mut self, kind: u32, id: u64, body: &[u8]) -> io::Result<()> {
        let length = body.len() as u32;
        self.stream
            .write_all(&[&kind.to_le_bytes()[..], &length.to_le_bytes(), &id.to_le_bytes(), body].concat())
    }

    /// The next whole message of those that were read.
    fn message(&mut self) -> io::Result<Option<(u32, u64, Vec<u8>)>> {
        let head = if self.greeted { 16 } else { 12 };
        if self.read.len() < head {
            return Ok(None);
        }
        let (kind, length) = (number(&self.read[..4]) as u32, number(&self.read[4..8]) as usize);
        let id = number(&self.read[8..head]);
        if length > LONGEST {
            return Err(ErrorKind::InvalidData.into());
        }
        if self.read.len() < head + length {
            return Ok(None);
        }
        let body = self.read[head..head + length].to_vec();
        self.read.drain(..head + length);
        Ok(Some((kind, id, body)))
    }

    fn understand(
        &mut self,
        kind: u32,
        id: u64,
        body: &[u8],
        device: &Device<'_>,
    ) -> io::Result<Option<Asked>> {
        let short = || io::Error::from(ErrorKind::InvalidData);
        match (kind, body) {
            (HELLO, _) => self.greeted = true,
            (RESET, _) => return Ok(Some(Asked::Reset)),
            (SET_CONFIGURATION, [configuration, ..]) => {
                self.describe(device)?;
                self.send(CONFIGURATION_STATUS, id, &[0, *configuration])?;
            }
            (GET_CONFIGURATION, _) => self.send(CONFIGURATION_STATUS, id, &[0, 1])?,
            (SET_ALT_SETTING, [interface, alternative, ..]) => {
                self.describe(device)?;
                self.send(ALT_SETTING_STATUS, id, &[0, *interface, *alternative])?;
            }
            (GET_ALT_SETTING, [interface, ..]) => self.send(ALT_SETTING_STATUS, id, &[0, *interface, 0])?,
            (CANCEL, _) => return Ok(Some(Asked::Cancel { id })),
            (CONTROL, body) => {
                let (head, data) = body.split_first_chunk::<10>().ok_or_else(short)?;
                let [_, request, kind, _, rest @ ..] = *head;
                let [value, index, length] = [0, 2, 4].map(|at| number(&rest[at..at + 2]) as u16);
                let setup = Setup { kind, request, value, index, length };
                return Ok(Some(Asked::Control { id, setup, data: data.to_vec() }));
            }
            (BULK, body) => {
                let head = body.first_chunk::<10>().ok_or_else(short)?;
                let length = number(&[head[2], head[3], head[8], head[9]]) as usize;
                return Ok(Some(Asked::Bulk { id, length }));
            }
            // Filters, and what the device has no endpoints for.
            _ => {}
        }
        Ok(None)
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
