//! What a webcam says of itself, by USB Video Class 1.0 (usb.org): its descriptors, and what it agrees to.

use super::redir::{Device, Setup};
use super::{Layout, Model, Size};

/// The endpoint of the stream, and bytes in one of its packets.
pub(super) const STREAM: u8 = 0x81;
const PACKET: u16 = 512;

/// The video control interface and the video streaming interface.
const INTERFACES: [[u8; 3]; 2] = [[0x0E, 1, 0], [0x0E, 2, 0]];

/// Begins every payload of the stream: its length, and the frame's parity; with the frame's last, its end.
pub(super) const HEADER: usize = 12;
const END_OF_FRAME: u8 = 0x02;
const END_OF_HEADER: u8 = 0x80;

/// Requests (table A-8) and controls of the stream (table A-16).
const SET_CUR: u8 = 0x01;
const GET_CUR: u8 = 0x81;
const GET_MIN: u8 = 0x82;
const GET_MAX: u8 = 0x83;
const GET_LEN: u8 = 0x85;
const GET_INFO: u8 = 0x86;
const GET_DEF: u8 = 0x87;
const PROBE: u8 = 1;
const COMMIT: u8 = 2;

/// Requests of every device (USB 2.0, table 9-4) and its descriptors.
const GET_STATUS: u8 = 0;
const CLEAR_FEATURE: u8 = 1;
const GET_DESCRIPTOR: u8 = 6;

/// How many bytes say what is agreed on.
const AGREEMENT: usize = 26;

/// 100 ns in a second: the unit of all intervals.
const SECOND: u32 = 10_000_000;

impl Layout {
    /// The four letters in the format's GUID, and bits of a pixel; none for MJPEG, which has a descriptor of its own.
    fn uncompressed(self) -> Option<([u8; 4], u8)> {
        match self {
            Layout::Yuyv => Some((*b"YUY2", 16)),
            Layout::Nv12 => Some((*b"NV12", 12)),
            Layout::Grey => Some((*b"Y800", 8)),
            Layout::Mjpeg => None,
        }
    }
}

impl Size {
    fn bytes(&self, layout: Layout) -> u32 {
        // Room for noise, which does not shrink.
        let bits = layout.uncompressed().map_or(24, |(_, bits)| u32::from(bits));
        u32::from(self.width) * u32::from(self.height) * bits / 8
    }
}

/// What QEMU is told of the camera before anything is asked.
pub(super) fn device(model: &Model) -> Device<'_> {
    Device {
        class: [0xEF, 2, 1],
        vendor: model.vendor,
        product: model.product,
        version: 0x0100,
        interfaces: &INTERFACES,
        bulk: (STREAM, 1, PACKET),
    }
}

/// What host and camera agree on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Agreed {
    /// Which of the formats, and which of its sizes, from 0.
    pub(super) format: usize,
    pub(super) size: usize,
    /// 100 ns.
    pub(super) interval: u32,
    /// The host has said that it wants frames now.
    pub(super) committed: bool,
}

impl Agreed {
    /// What the camera proposes.
    pub(super) fn at_first(model: &Model) -> Agreed {
        let interval = model.formats[0].sizes[0].intervals[0];
        Agreed { format: 0, size: 0, interval, committed: false }
    }

    /// How long a frame takes.
    pub(super) fn period(&self) -> std::time::Duration {
        std::time::Duration::from_nanos(u64::from(self.interval) * 100)
    }

    /// The answer to a control request, which may change what is agreed on. `None`: the camera does not know it.
    pub(super) fn answer(&mut self, model: &Model, setup: Setup, data: &[u8]) -> Option<Vec<u8>> {
        match (setup.kind, setup.request) {
            (0x80, GET_DESCRIPTOR) => descriptor(model, setup.value),
            // Asked of a device that wakes up: one that does not know is taken for gone.
            (0x80..=0x82, GET_STATUS) => Some(vec![0; 2]),
            (0x02, CLEAR_FEATURE) => {
                // What a host does when it has stopped reading.
                self.committed = false;
                Some(Vec::new())
            }
            (0x21, SET_CUR) if setup.index == 1 => {
                self.propose(model, data);
                self.committed = setup.value >> 8 == u16::from(COMMIT);
                Some(Vec::new())
            }
            (0xA1, GET_CUR | GET_MIN | GET_MAX | GET_DEF) if setup.index == 1 => {
                let control = (setup.value >> 8) as u8;
                matches!(control, PROBE | COMMIT).then(|| self.bytes(model))
            }
            (0xA1, GET_LEN) => Some((AGREEMENT as u16).to_le_bytes().to_vec()),
            (0xA1, GET_INFO) => Some(vec![3]),
            _ => None,
        }
    }

    /// The host proposes; the camera takes what it has, and of what it has not the first.
    fn propose(&mut self, model: &Model, data: &[u8]) {
        let Some(&[_, _, format, size, i0, i1, i2, i3]) = data.first_chunk() else { return };
        let within = |index: u8, count: usize| usize::from(index.max(1) - 1).min(count - 1);
        self.format = within(format, model.formats.len());
        let sizes = &model.formats[self.format].sizes;
        self.size = if model.refuses_sizes { 0 } else { within(size, sizes.len()) };
        let wanted = u32::from_le_bytes([i0, i1, i2, i3]);
        let nearest = sizes[self.size].intervals.iter().min_by_key(|interval| interval.abs_diff(wanted));
        self.interval = nearest.copied().unwrap_or(SECOND / 30);
    }

    fn bytes(&self, model: &Model) -> Vec<u8> {
        let format = &model.formats[self.format];
        let frame = format.sizes[self.size].bytes(format.layout);
        let mut bytes = vec![1, 0, self.format as u8 + 1, self.size as u8 + 1];
        bytes.extend(self.interval.to_le_bytes());
        bytes.extend([0; 10]);
        // A frame is one payload.
        bytes.extend([frame, frame + 2 * HEADER as u32].iter().flat_map(|length| length.to_le_bytes()));
        bytes
    }
}

/// A frame as it goes through the stream, in transfers of so many bytes: the last of them is a short one.
pub(super) fn payload(frame: &[u8], number: u64, transfer: usize) -> Vec<u8> {
    let fits = (frame.len() + HEADER).is_multiple_of(transfer.max(1));
    let header = if fits { 2 } else { HEADER };
    let mut payload = vec![0; header];
    payload[0] = header as u8;
    payload[1] = END_OF_HEADER | END_OF_FRAME | (number % 2) as u8;
    payload.extend(frame);
    payload
}

fn descriptor(model: &Model, value: u16) -> Option<Vec<u8>> {
    let [index, kind] = value.to_le_bytes();
    match (kind, index) {
        (1, _) => {
            let mut bytes = vec![18, 1, 0x00, 0x02, 0xEF, 2, 1, 64];
            bytes
                .extend([model.vendor, model.product, 0x0100].iter().flat_map(|number| number.to_le_bytes()));
            bytes.extend([1, 2, if model.serial.is_some() { 3 } else { 0 }, 1]);
            Some(bytes)
        }
        (2, _) => Some(configuration(model)),
        (3, 0) => Some(vec![4, 3, 0x09, 0x04]),
        (3, 1) => Some(text("Mabataki")),
        (3, 2) => Some(text(model.name)),
        (3, 3) => model.serial.map(text),
        _ => None,
    }
}

fn text(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [&[units.len() as u8 + 2, 3], &units[..]].concat()
}

fn configuration(model: &Model) -> Vec<u8> {
    let association = [8, 11, 0, 2, 0x0E, 3, 0, 0];
    let control = [9, 4, 0, 0, 0, 0x0E, 1, 0, 0];
    // A camera, and the end of the line from it to the stream.
    let camera = [18, 0x24, 2, 1, 0x01, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0];
    let output = [9, 0x24, 3, 2, 0x01, 0x01, 0, 1, 0];
    let head = [13, 0x24, 1, 0x00, 0x01, 13 + 18 + 9, 0, 0x80, 0x8D, 0x5B, 0, 1, 1];
    let streaming = [9, 4, 1, 0, 1, 0x0E, 2, 0, 0];
    let formats: Vec<u8> =
        (1..).zip(&model.formats).flat_map(|(index, format)| self::format(index, format)).collect();
    let count = model.formats.len() as u8;
    let [low, high] = (13 + u16::from(count) + formats.len() as u16).to_le_bytes();
    let mut input = vec![13 + count, 0x24, 1, count, low, high, STREAM, 0, 2, 0, 0, 0, 1];
    input.resize(13 + usize::from(count), 0);
    let [packet_low, packet_high] = PACKET.to_le_bytes();
    let endpoint = [7, 5, STREAM, 2, packet_low, packet_high, 0];
    let parts: [&[u8]; 9] =
        [&association, &control, &head, &camera, &output, &streaming, &input, &formats, &endpoint];
    let parts = parts.concat();
    let [low, high] = (9 + parts.len() as u16).to_le_bytes();
    [&[9, 2, low, high, 2, 1, 0, 0x80, 250], &parts[..]].concat()
}

fn format(index: u8, format: &super::Format) -> Vec<u8> {
    let count = format.sizes.len() as u8;
    let (mut bytes, kind) = match format.layout.uncompressed() {
        Some((letters, bits)) => {
            let mut bytes = vec![27, 0x24, 4, index, count];
            bytes.extend(letters);
            bytes.extend([0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71]);
            bytes.extend([bits, 1, 0, 0, 0, 0]);
            (bytes, 5)
        }
        None => (vec![11, 0x24, 6, index, count, 1, 1, 0, 0, 0, 0], 7),
    };
    for (number, size) in (1..).zip(&format.sizes) {
        let intervals = size.intervals.len() as u8;
        bytes.extend([26 + 4 * intervals, 0x24, kind, number, 0]);
        bytes.extend([size.width, size.height].iter().flat_map(|side| side.to_le_bytes()));
        let frame = size.bytes(format.layout);
        let rate = frame.saturating_mul(8 * 30);
        bytes.extend([rate, rate, frame, size.intervals[0]].iter().flat_map(|number| number.to_le_bytes()));
        bytes.push(intervals);
        bytes.extend(size.intervals.iter().flat_map(|interval| interval.to_le_bytes()));
    }
    bytes
}
