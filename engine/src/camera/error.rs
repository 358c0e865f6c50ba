//! What keeps a camera from being used.

/// Why there are no frames from a camera.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CameraError {
    /// The system knows no camera.
    #[error("no camera is connected")]
    NoCamera,
    /// None of the cameras is the one asked for.
    #[error("there is no camera {wanted:?}; connected: {}", found.join(", "))]
    Unknown {
        /// The number or the part of a name that was asked for.
        wanted: String,
        /// The names there are.
        found: Vec<String>,
    },
    /// The camera was there and is gone.
    #[error("the camera {name:?} was disconnected")]
    Gone {
        /// Its name.
        name: String,
    },
    /// Another program uses the camera.
    #[error("another program uses the camera {name:?}")]
    Busy {
        /// Its name.
        name: String,
    },
    /// The system does not let this account use the camera.
    #[error("this account may not use the camera {name:?}")]
    NotPermitted {
        /// Its name.
        name: String,
    },
    /// It is no camera: a program shows pictures of its own as one's.
    #[error("the camera {name:?} is virtual: what it shows comes from a program, and from no device")]
    Virtual {
        /// Its name.
        name: String,
    },
    /// The camera sends nothing that can be used.
    #[error(
        "the camera {name:?} offers no picture in MJPEG, YUYV, NV12, RGB or BGR at a whole number of frames a second"
    )]
    NoMode {
        /// Its name.
        name: String,
    },
    /// The camera films in infrared.
    #[error(
        "the camera {name:?} offers gray pictures only, as infrared cameras do: expected one that films in colour"
    )]
    Infrared {
        /// Its name.
        name: String,
    },
    /// The camera does not film as it says it can.
    #[error("the camera {name:?} offers {mode} and refuses it")]
    ModeRefused {
        /// Its name.
        name: String,
        /// What was asked for.
        mode: String,
    },
    /// The camera's driver does not answer in time.
    #[error("the camera {name:?} sent nothing for {seconds} s")]
    Stalled {
        /// Its name.
        name: String,
        /// How long was waited.
        seconds: u64,
    },
    /// The driver hangs, and holds the camera until it comes back.
    #[error("the driver of the camera {name:?} does not answer, and holds the camera")]
    Unresponsive {
        /// Its name.
        name: String,
    },
    /// The camera sends something else than it says.
    #[error("the camera {name:?} sends pictures of {found} bytes, expected {expected}")]
    WrongSize {
        /// Its name.
        name: String,
        /// How many bytes a picture of its mode has; at the most, where it is compressed.
        expected: usize,
        /// How many there were.
        found: usize,
    },
    /// The camera sends pictures that break off.
    #[error("the camera {name:?} sends JPEG pictures without an end")]
    CutOff {
        /// Its name.
        name: String,
    },
    /// The camera shows nothing.
    #[error("the camera {name:?} shows nothing but black: its lens is covered, or the room is dark")]
    Black {
        /// Its name.
        name: String,
    },
    /// The camera shows the same picture again and again.
    #[error(
        "the camera {name:?} shows one and the same picture again and again, as no camera that films does"
    )]
    Frozen {
        /// Its name.
        name: String,
    },
    /// The driver said something else.
    #[error("the camera {name:?} failed: {cause}")]
    Failed {
        /// Its name.
        name: String,
        /// What the driver said.
        cause: String,
    },
}

impl CameraError {
    /// The stable word for it, in JSON.
    pub fn code(&self) -> &'static str {
        match self {
            CameraError::NoCamera | CameraError::Unknown { .. } | CameraError::Gone { .. } => "no_camera",
            CameraError::Busy { .. } => "camera_busy",
            CameraError::NotPermitted { .. } => "not_permitted",
            CameraError::Virtual { .. } => "camera_virtual",
            CameraError::NoMode { .. }
            | CameraError::Infrared { .. }
            | CameraError::ModeRefused { .. }
            | CameraError::WrongSize { .. }
            | CameraError::CutOff { .. } => "camera_unsupported",
            CameraError::Black { .. } => "camera_black",
            CameraError::Frozen { .. } => "camera_frozen",
            CameraError::Stalled { .. } | CameraError::Unresponsive { .. } => "camera_stalled",
            CameraError::Failed { .. } => "camera_failed",
        }
    }

    /// What a person can do about it.
    pub fn fix(&self) -> &'static str {
        match self {
            CameraError::NoCamera | CameraError::Gone { .. } => "connect the camera",
            CameraError::Unknown { .. } => "name one of the cameras listed, or none to take the first",
            CameraError::Busy { .. } => "close the other program that uses the camera",
            CameraError::NotPermitted { .. } => {
                "allow the use of the camera: in the system's privacy settings, on Linux by the group `video`"
            }
            CameraError::Virtual { .. } => "use a camera that is a device, plugged into this computer",
            CameraError::NoMode { .. }
            | CameraError::Infrared { .. }
            | CameraError::ModeRefused { .. }
            | CameraError::WrongSize { .. }
            | CameraError::CutOff { .. } => "use another camera",
            CameraError::Black { .. } => "open the shutter over the lens, or turn on the light",
            CameraError::Frozen { .. } => "unplug the camera and plug it in again, or use another one",
            CameraError::Unresponsive { .. } => "unplug the camera and plug it in again",
            CameraError::Stalled { .. } | CameraError::Failed { .. } => "reconnect the camera",
        }
    }

    /// The error a driver's text stands for; `nokhwa` passes on no numbers.
    pub(super) fn from_driver(name: &str, cause: &str) -> CameraError {
        let name = name.to_owned();
        match system_error(cause) {
            Some(EBUSY) => CameraError::Busy { name },
            Some(EACCES | EPERM) => CameraError::NotPermitted { name },
            Some(ENODEV | ENOENT | ENXIO) => CameraError::Gone { name },
            _ => CameraError::Failed { name, cause: cause.to_owned() },
        }
    }
}

const EPERM: u32 = 1;
const ENOENT: u32 = 2;
const ENXIO: u32 = 6;
const EACCES: u32 = 13;
const EBUSY: u32 = 16;
const ENODEV: u32 = 19;

/// The number in the text of a `std::io::Error`: `Device or resource busy (os error 16)`. Only Linux's numbers mean
/// what the constants say.
fn system_error(text: &str) -> Option<u32> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let (_, rest) = text.rsplit_once("(os error ")?;
    rest.split_once(')')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn what_the_driver_says_is_told_apart() {
        for (cause, code) in [
            ("Could not open device stream: Device or resource busy (os error 16)", "camera_busy"),
            ("Could not open device 0: V4L2 Error: Permission denied (os error 13)", "not_permitted"),
            ("Could not capture frame: No such device (os error 19)", "no_camera"),
            ("Could not capture frame: Input/output error (os error 5)", "camera_failed"),
            ("(os error 16", "camera_failed"),
            ("", "camera_failed"),
        ] {
            assert_eq!(CameraError::from_driver("Front", cause).code(), code, "{cause}");
        }
        // The texts are those of the standard library.
        let busy = std::io::Error::from_raw_os_error(16).to_string();
        assert_eq!(CameraError::from_driver("Front", &busy), CameraError::Busy { name: "Front".into() });
    }
}
