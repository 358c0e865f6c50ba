//! Which cameras there are, what each is, and which of them is meant.

/// A camera the system knows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CameraEntry {
    /// The system's number for it. The next one that is plugged in may get it.
    pub index: u32,
    /// Its name, as it says it itself.
    pub name: String,
    /// What else is known of it.
    pub origin: Origin,
}

/// What the system knows of where a camera's pictures come from. Only Linux tells more than whether it is virtual.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Origin {
    /// The driver, such as `uvcvideo`.
    pub driver: Option<String>,
    /// Who made it: the USB vendor's number.
    pub vendor_id: Option<u16>,
    /// Which of the vendor's products it is.
    pub product_id: Option<u16>,
    /// Which one of these. Many cameras have none, or all of a make the same.
    pub serial: Option<String>,
    /// Where it is plugged in: the controller, and the ports on the way from it (`0000:00:14.0-1.4`). The same after a restart.
    pub port: Option<String>,
    /// A program's pictures, and no device's: never opened.
    pub is_virtual: bool,
}

/// Parts of the names of programs that show pictures of their own as a camera's: all that is known of them where the system
/// tells no more than a name. On Linux they are told by what they are.
const PROGRAMS: [&str; 14] = [
    "akvcam",
    "camo camera",
    "dummy video device",
    "droidcam",
    "e2esoft",
    "epoccam",
    "iriun",
    "manycam",
    "mmhmm",
    "obs virtual",
    "obs-camera",
    "snap camera",
    "virtual camera",
    "xsplit vcam",
];

impl CameraEntry {
    pub(super) fn new(index: u32, name: String, mut origin: Origin) -> CameraEntry {
        let lower = name.to_lowercase();
        origin.is_virtual |= PROGRAMS.iter().any(|program| lower.contains(program));
        CameraEntry { index, name, origin }
    }

    /// Whether it is the one that is meant: by its number; by marks with spaces between them, all of which it must have
    /// (`046d:0825`, `serial:…`, `port:…`, `driver:…`); or else by a part of its name.
    pub(super) fn is(&self, which: &str) -> bool {
        if let Ok(index) = which.parse::<u32>() {
            return self.index == index;
        }
        let marks: Option<Vec<Mark<'_>>> = which.split_whitespace().map(Mark::parse).collect();
        match marks.filter(|marks| !marks.is_empty()) {
            Some(marks) => marks.iter().all(|mark| self.has(mark)),
            None => self.name.contains(which),
        }
    }

    fn has(&self, mark: &Mark<'_>) -> bool {
        let origin = &self.origin;
        match *mark {
            Mark::Product(vendor, product) => {
                (origin.vendor_id, origin.product_id) == (Some(vendor), Some(product))
            }
            Mark::Serial(serial) => origin.serial.as_deref() == Some(serial),
            Mark::Port(port) => origin.port.as_deref() == Some(port),
            Mark::Driver(driver) => origin.driver.as_deref() == Some(driver),
        }
    }

    /// Its marks, as a policy names them: no other camera has the same.
    #[must_use]
    pub fn marks(&self) -> String {
        let origin = &self.origin;
        let product = origin.vendor_id.zip(origin.product_id);
        [
            product.map(|(vendor, product)| format!("{vendor:04x}:{product:04x}")),
            origin.serial.as_ref().map(|serial| format!("serial:{serial}")),
            origin.port.as_ref().map(|port| format!("port:{port}")),
            origin.driver.as_ref().map(|driver| format!("driver:{driver}")),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
    }
}

/// What a camera is known by besides its name.
enum Mark<'a> {
    Product(u16, u16),
    Serial(&'a str),
    Port(&'a str),
    Driver(&'a str),
}

impl Mark<'_> {
    fn parse(word: &str) -> Option<Mark<'_>> {
        let (kind, value) = word.split_once(':')?;
        if value.is_empty() {
            return None;
        }
        match kind {
            "serial" => Some(Mark::Serial(value)),
            "port" => Some(Mark::Port(value)),
            "driver" => Some(Mark::Driver(value)),
            _ => Some(Mark::Product(number(kind)?, number(value)?)),
        }
    }
}

/// Four hexadecimal digits, as USB's numbers are written.
pub(super) fn number(digits: &str) -> Option<u16> {
    let is_number = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_number.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ward_camera() -> CameraEntry {
        let origin = Origin {
            driver: Some("uvcvideo".into()),
            vendor_id: Some(0x046d),
            product_id: Some(0x0825),
            serial: Some("A0001".into()),
            port: Some("0000:00:14.0-1.4".into()),
            is_virtual: false,
        };
        CameraEntry::new(2, "Front Camera 10".into(), origin)
    }

    #[test]
    fn a_camera_is_chosen_by_its_number_or_by_a_part_of_its_name() {
        let entry = CameraEntry::new(2, "Front Camera 10".into(), Origin::default());
        assert!(entry.is("2") && entry.is("Front") && entry.is("Camera 10"));
        assert!(!entry.is("10") && !entry.is("Rear"));
    }

    #[test]
    fn a_camera_is_chosen_by_its_make_its_serial_number_its_port_and_its_driver_and_must_have_all_that_are_named()
     {
        let entry = ward_camera();
        for which in [
            "046d:0825",
            "046D:0825",
            "serial:A0001",
            "port:0000:00:14.0-1.4",
            "driver:uvcvideo",
            &entry.marks(),
        ] {
            assert!(entry.is(which), "{which}");
        }
        for which in
            ["046d:0826", "serial:A000", "serial:A0001 port:0000:00:14.0-1", "046d:0825 serial:", "46d:825"]
        {
            assert!(!entry.is(which), "{which}");
        }
        let other = CameraEntry::new(2, "Front Camera 10".into(), Origin::default());
        for which in ["046d:0825", "serial:A0001", "port:0000:00:14.0-1.4", "driver:uvcvideo"] {
            assert!(!other.is(which), "a camera of which nothing is known, and {which}");
        }
    }

    #[test]
    fn a_camera_is_what_its_marks_say() {
        let marks = "046d:0825 serial:A0001 port:0000:00:14.0-1.4 driver:uvcvideo";
        assert_eq!(ward_camera().marks(), marks);
        assert_eq!(CameraEntry::new(0, "Front".into(), Origin::default()).marks(), "");
    }

    #[test]
    fn cameras_that_programs_are_known_to_make_are_virtual_by_their_names() {
        for name in
            ["OBS Virtual Camera", "OBS-Camera", "ManyCam Virtual Webcam", "Dummy video device (0x0000)"]
        {
            assert!(CameraEntry::new(0, name.into(), Origin::default()).origin.is_virtual, "{name}");
        }
        assert!(!ward_camera().origin.is_virtual);
    }
}
