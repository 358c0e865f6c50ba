"""Plays a USB bus to which card readers are plugged: `umockdev-wrapper python3 usb.py`.

Says in which folder the bus is, then takes lines, `plug PORT` or `unplug PORT`, and says of each when it is done. Whoever has
that folder in UMOCKDEV_DIR, and umockdev's library loaded before all others, finds through libudev what is plugged in.
"""

import ctypes
import os
import sys

UMOCKDEV = ctypes.CDLL("libumockdev.so.0")
TEXT = ctypes.c_char_p
BUS = ctypes.c_void_p
for name, gives, takes in [
    ("new", BUS, []),
    ("get_root_dir", TEXT, [BUS]),
    ("add_from_string", ctypes.c_int, [BUS, TEXT, ctypes.c_void_p]),
    ("remove_device", None, [BUS, TEXT]),
    ("uevent", None, [BUS, TEXT, TEXT]),
]:
    function = getattr(UMOCKDEV, "umockdev_testbed_" + name)
    function.restype, function.argtypes = gives, takes

# The device and its one interface, of the class of card readers, as `umockdev-record` would write them.
READER = """P: {device}
N: bus/usb/001/{port:03d}
E: SUBSYSTEM=usb
E: DEVTYPE=usb_device
E: DEVNAME=/dev/bus/usb/001/{port:03d}
E: BUSNUM=001
E: DEVNUM={port:03d}
E: PRODUCT=1d50/6ffe/100
A: idVendor=1d50
A: idProduct=6ffe
A: busnum=1
A: devnum={port}
A: serial=SN{port:04d}

P: {interface}
E: SUBSYSTEM=usb
E: DEVTYPE=usb_interface
E: PRODUCT=1d50/6ffe/100
E: INTERFACE=11/0/0
A: bInterfaceClass=0b
A: bInterfaceNumber=00

"""

bus = UMOCKDEV.umockdev_testbed_new()
print(os.fsdecode(UMOCKDEV.umockdev_testbed_get_root_dir(bus)), flush=True)
for line in sys.stdin:
    action, port = line.split()
    device = "/devices/pci0000:00/0000:00:14.0/usb1/1-" + port
    interface = device + "/1-" + port + ":1.0"
    both = [("/sys" + path).encode() for path in (device, interface)]
    if action == "plug":
        reader = READER.format(port=int(port), device=device, interface=interface)
        if not UMOCKDEV.umockdev_testbed_add_from_string(bus, reader.encode(), None):
            sys.exit("umockdev takes no reader at port " + port)
        for path in both:
            UMOCKDEV.umockdev_testbed_uevent(bus, path, b"add")
    else:
        for path in reversed(both):
            UMOCKDEV.umockdev_testbed_uevent(bus, path, b"remove")
            UMOCKDEV.umockdev_testbed_remove_device(bus, path)
    print("done", flush=True)
