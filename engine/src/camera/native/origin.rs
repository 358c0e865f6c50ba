//! What Linux knows of a camera, as its device tree (`/sys`) has it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::camera::Origin;
use crate::camera::entry::number;

/// Drivers of cameras that no light falls into. All of them lack a device as well; this says it once more.
const VIRTUAL: [&str; 5] = ["akvcam", "v4l2loopback", "vicodec", "vimc", "vivid"];

/// Controllers that are programs: of USB over a network, and of USB devices made by the kernel itself.
const NO_CONTROLLERS: [&str; 3] = ["vhci_hcd", "dummy_hcd", "usbip"];

/// The longest line that is believed, bytes: a USB string has 126 letters of at most three bytes.
const LONGEST: usize = 400;

/// What is known of the camera with this entry in `/sys/class/video4linux`.
///
/// A camera is a device only where a bus or the firmware told the kernel of it, or of what it is plugged into: PCI, ACPI, a
/// device tree. What a program has made (v4l2loopback, vivid, USB over a network) stands on nothing of the kind, whatever it
/// calls itself. What is not known is not believed.
pub(super) fn origin(class: &Path) -> Origin {
    let Ok(place) = fs::canonicalize(class) else { return Origin { is_virtual: true, ..Origin::default() } };
    let driver = link(&class.join("device/driver"));
    // The place itself, and what it is plugged into, up to the machine.
    let above: Vec<&Path> = place.ancestors().take_while(|place| !is_root(place)).collect();
    let usb = above.iter().find(|place| place.join("idVendor").is_file());
    let is_device =
        above.iter().any(|place| is_told_of(place)) && !above.iter().any(|place| is_no_controller(place));
    let is_virtual = !is_device || driver.as_deref().is_some_and(|driver| VIRTUAL.contains(&driver));
    let of_usb = |what: &str| usb.and_then(|usb| line(&usb.join(what)));
    Origin {
        vendor_id: of_usb("idVendor").as_deref().and_then(number),
        product_id: of_usb("idProduct").as_deref().and_then(number),
        serial: of_usb("serial").map(|serial| one_word(&serial)).filter(|serial| !serial.is_empty()),
        port: port(usb.copied(), &above).map(|port| one_word(&port)),
        driver,
        is_virtual,
    }
}

/// Where it is plugged in. USB numbers its buses anew at each start, so the controller is named instead.
fn port(usb: Option<&Path>, above: &[&Path]) -> Option<String> {
    let Some(usb) = usb else {
        // Beside it lie its class's folder and itself.
        return above.iter().find(|place| is_told_of(place)).and_then(|place| name(place));
    };
    let name_of_usb = name(usb)?;
    let (bus, ports) = name_of_usb.split_once('-')?;
    let root = usb.ancestors().find(|place| name(place).as_deref() == Some(&format!("usb{bus}")))?;
    Some(format!("{}-{ports}", name(root.parent()?)?))
}

/// Whether a bus or the firmware told of it.
fn is_told_of(place: &Path) -> bool {
    link(&place.join("subsystem")).as_deref() == Some("pci")
        || ["firmware_node", "of_node"].iter().any(|node| fs::symlink_metadata(place.join(node)).is_ok())
}

fn is_no_controller(place: &Path) -> bool {
    name(place).is_some_and(|name| NO_CONTROLLERS.iter().any(|controller| name.starts_with(controller)))
}

/// The folder that all devices lie in.
fn is_root(place: &Path) -> bool {
    place.ends_with("devices")
}

fn name(place: &Path) -> Option<String> {
    place.file_name()?.to_str().map(str::to_owned)
}

/// The name of what a link leads to.
fn link(path: &Path) -> Option<String> {
    let to: PathBuf = fs::read_link(path).ok()?;
    name(&to)
}

/// A file of one line.
pub(super) fn line(path: &Path) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    // A name that the kernel had to cut may end within a letter.
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]);
    Some(text.trim_end_matches('\u{FFFD}').trim().to_owned())
}

/// So that it can be one of several marks with spaces between them.
fn one_word(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A `/sys` with one camera in this place below `devices`.
    struct Sys(tempfile::TempDir);

    impl Sys {
        fn with(place: &str) -> Sys {
            let sys = Sys(tempfile::tempdir().unwrap());
            fs::create_dir_all(sys.device(place)).unwrap();
            fs::create_dir_all(sys.0.path().join("class")).unwrap();
            symlink(sys.device(place), sys.class()).unwrap();
            sys
        }

        fn device(&self, place: &str) -> PathBuf {
            self.0.path().join("devices").join(place)
        }

        fn class(&self) -> PathBuf {
            self.0.path().join("class/video0")
        }

        fn write(&self, place: &str, text: &str) -> &Sys {
            fs::write(self.device(place), text).unwrap();
            self
        }

        fn link(&self, place: &str, to: &str) -> &Sys {
            symlink(to, self.device(place)).unwrap();
            self
        }

        fn origin(&self) -> Origin {
            origin(&self.class())
        }
    }

    /// A webcam in a hub, below this controller.
    fn webcam(controller: &str) -> Sys {
        let usb = format!("{controller}/usb3/3-1/3-1.4");
        let sys = Sys::with(&format!("{usb}/3-1.4:1.0/video4linux/video0"));
        sys.write(&format!("{usb}/idVendor"), "046d\n").write(&format!("{usb}/idProduct"), "0825\n");
        sys.write(&format!("{usb}/serial"), "A 0001\n");
        sys.link(&format!("{usb}/3-1.4:1.0/driver"), "../../bus/usb/drivers/uvcvideo");
        sys.link(&format!("{usb}/3-1.4:1.0/video4linux/video0/device"), "../..");
        sys
    }

    #[test]
    fn a_webcam_is_told_by_make_serial_number_and_port() {
        let sys = webcam("pci0000:00/0000:00:14.0");
        sys.link("pci0000:00/0000:00:14.0/subsystem", "../../../bus/pci");
        let expected = Origin {
            driver: Some("uvcvideo".into()),
            vendor_id: Some(0x046d),
            product_id: Some(0x0825),
            serial: Some("A_0001".into()),
            port: Some("0000:00:14.0-1.4".into()),
            is_virtual: false,
        };
        assert_eq!(sys.origin(), expected);
    }

    #[test]
    fn a_camera_of_a_board_is_a_device_when_the_firmware_tells_of_it() {
        for node in ["of_node", "firmware_node"] {
            let sys = Sys::with("platform/soc/fe801000.csi/video4linux/video0");
            assert!(sys.origin().is_virtual);
            sys.link(
                &format!("platform/soc/fe801000.csi/{node}"),
                "../../../../firmware/devicetree/base/soc/csi",
            );
            let origin = sys.origin();
            assert_eq!((origin.is_virtual, origin.port.as_deref()), (false, Some("fe801000.csi")));
        }
    }

    #[test]
    fn what_programs_show_as_a_camera_is_virtual_whatever_it_calls_itself() {
        // v4l2loopback.
        assert!(Sys::with("virtual/video4linux/video0").origin().is_virtual);
        // vivid.
        let vivid = Sys::with("platform/vivid.0/video4linux/video0");
        vivid.link("platform/vivid.0/driver", "../../../bus/platform/drivers/vivid");
        vivid.link("platform/vivid.0/video4linux/video0/device", "../..");
        assert_eq!((vivid.origin().driver.as_deref(), vivid.origin().is_virtual), (Some("vivid"), true));
        // A webcam with make and serial number, which a program speaks for over USB/IP or as a gadget of this machine's.
        for controller in ["platform/vhci_hcd.0", "platform/dummy_hcd.0"] {
            let sys = webcam(controller);
            assert!(sys.origin().is_virtual);
            sys.link(&format!("{controller}/of_node"), "../../firmware");
            assert!(sys.origin().is_virtual, "not even where something claims to have told of it");
        }
    }

    #[test]
    fn one_of_which_the_system_says_nothing_is_not_believed() {
        let nothing = origin(Path::new("/no/such/camera"));
        assert_eq!(nothing, Origin { is_virtual: true, ..Origin::default() });
    }

    #[test]
    fn a_name_that_was_cut_within_a_letter_is_read_up_to_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("name");
        let name = "診察室のカメラ".as_bytes();
        fs::write(&path, &name[..name.len() - 1]).unwrap();
        assert_eq!(line(&path).as_deref(), Some("診察室のカメ"));
    }
}
