//! On what file system a key file lies: one that comes over the network gives the key away on its way.

use std::fs;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{fstat, fstatfs, major, minor};

use super::KeyError;
use crate::store::StoreError;

/// File systems of the network by their magic numbers: `linux/magic.h` (v6.12) and each one's own source there.
const NETWORK: [(u32, &str); 14] = [
    (0x0000_6969, "NFS"),
    (0x0000_517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB 2"),
    (0x0102_1997, "9P"),
    (0x00c3_6400, "Ceph"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x0000_564c, "NCP"),
    (0x0bd0_0bd0, "Lustre"),
    (0x0116_1970, "GFS2"),
    (0x7461_636f, "OCFS2"),
    (0x786f_4256, "VirtualBox shared folder"),
];

/// `FUSE_SUPER_MAGIC`: programs that play a file system, some over the network.
const FUSE: u32 = 0x6573_5546;

/// File systems in programs that lie on a disk of this machine, as `/proc/self/mountinfo` names them.
const LOCAL_FUSE: [&str; 3] = ["fuseblk", "fuse.gocryptfs", "fuse.cryfs"];

/// Refuses a file or folder that is open here and lies on a share of the network.
pub(super) fn refuse_network(open: impl AsFd, path: &Path) -> Result<(), KeyError> {
    let failed = |error: rustix::io::Errno| StoreError::io("look at", path)(error.into());
    let magic = u32::try_from(fstatfs(&open).map_err(failed)?.f_type).unwrap_or(0);
    let kind = || -> Result<Option<String>, KeyError> {
        let device = fstat(&open).map_err(failed)?.st_dev;
        let mounts = fs::read_to_string("/proc/self/mountinfo").map_err(StoreError::io("look at", path))?;
        Ok(kind_of_mount(&mounts, &format!("{}:{}", major(device), minor(device))).map(str::to_owned))
    };
    let kind = if magic == FUSE { kind()? } else { None };
    match network_name(magic, kind.as_deref()) {
        Some(found) => Err(KeyError::NetworkShare { path: path.to_owned(), found }),
        None => Ok(()),
    }
}

/// What the network's file system is called that this is, if it is one. A program that nobody knows may be one.
fn network_name(magic: u32, fuse: Option<&str>) -> Option<String> {
    if magic == FUSE {
        let kind = fuse.unwrap_or("fuse");
        return (!LOCAL_FUSE.contains(&kind)).then(|| kind.to_owned());
    }
    NETWORK.iter().find(|(known, _)| *known == magic).map(|(_, name)| (*name).to_owned())
}

/// The kind of the file system mounted with this device number: proc_pid_mountinfo(5), fields 3 and 9.
fn kind_of_mount<'m>(mounts: &'m str, device: &str) -> Option<&'m str> {
    let line = mounts.lines().find(|line| line.split(' ').nth(2) == Some(device))?;
    line.split_once(" - ")?.1.split(' ').next()
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn shares_of_the_network_are_known_and_disks_are_none() {
        for (magic, name) in
            [(0x6969, "NFS"), (0xff53_4d42, "CIFS"), (0xfe53_4d42, "SMB 2"), (0x0102_1997, "9P")]
        {
            assert_eq!(network_name(magic, None).as_deref(), Some(name));
        }
        // ext4, XFS, Btrfs, tmpfs, overlay.
        for magic in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630] {
            assert_eq!(network_name(magic, None), None);
        }
    }

    #[test]
    fn a_program_that_plays_a_file_system_counts_as_one_of_the_network_unless_it_is_known_not_to_be() {
        assert_eq!(network_name(FUSE, Some("fuse.sshfs")).as_deref(), Some("fuse.sshfs"));
        assert_eq!(network_name(FUSE, None).as_deref(), Some("fuse"));
        assert_eq!(network_name(FUSE, Some("fuseblk")), None);
    }

    #[test]
    fn the_kind_of_a_mount_is_found_by_its_device() {
        let mounts = "22 1 254:0 / / rw shared:1 - ext4 /dev/vda rw\n\
                      98 22 0:53 / /mnt/my\\040share rw,nosuid shared:9 master:2 - fuse.sshfs host:/ rw,user_id=0\n";
        assert_eq!(kind_of_mount(mounts, "0:53"), Some("fuse.sshfs"));
        assert_eq!(kind_of_mount(mounts, "254:0"), Some("ext4"));
        assert_eq!(kind_of_mount(mounts, "8:1"), None);
        assert_eq!(kind_of_mount("nonsense", "8:1"), None);
    }

    #[test]
    fn the_disk_that_this_is_built_on_is_none() {
        let folder = tempfile::tempdir().unwrap();
        refuse_network(File::open(folder.path()).unwrap(), folder.path()).unwrap();
    }
}
