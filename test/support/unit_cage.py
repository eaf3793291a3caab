# Owns: running a program as systemd would run a unit, as far as that goes without systemd: unit_cage.py STATE UNIT[,DROPIN] PROGRAM...
# user, capabilities, system calls, address families, namespaces, /proc, devices, and which folders can be written.
# Knows nothing of: the program. Needs root, systemd-analyze for the names of groups, and the kernel's headers for numbers.
import ctypes, functools, os, re, struct, subprocess, sys

libc = ctypes.CDLL(None, use_errno=True)
UID = 61999
CAPS = "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE \
NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN \
SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE \
MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE".split()
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16, "AF_PACKET": 17}
NAMESPACES = {"net": 0x40000000}
ALL_NAMESPACES = 0x7E020080
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18


def check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), what)


def mount(source, target, kind, flags=0, data=None):
    words = [None if word is None else word.encode() for word in (source, target, kind, data)]
    check(libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]), f"mount {target}")


def settings(paths):
    found = {}
    for path in paths:
        for line in open(path):
            name, sign, value = line.strip().partition("=")
            if sign and not line.startswith("#"):
                found.setdefault(name, []).append(value)
    return found


@functools.lru_cache(None)
def group(name):
    out = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", name], capture_output=True, text=True, check=True)
    words = [re.sub("\x1b\\[[0-9;]*m", "", line).strip() for line in out.stdout.splitlines()[1:]]
    return frozenset(call for word in words if word and word[0] != "#" for call in (group(word) if word[0] == "@" else [word]))


def allowed_calls(lines):
    calls = set()
    for line in lines:
        named = {call for word in line.lstrip("~").split() for call in (group(word) if word[0] == "@" else [word])}
        calls = calls - named if line.startswith("~") else calls | named
    return calls


def numbers():
    text = open("/usr/include/x86_64-linux-gnu/asm/unistd_64.h").read()
    return {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)", text)}


def seccomp_filter(unit):
    number = numbers()
    program = []
    add = lambda code, k, yes=0, no=0: program.append(struct.pack("HBBI", code, yes, no, k))
    load = lambda offset: add(0x20, offset)
    answer = lambda value: add(0x06, value)
    namespaces = ALL_NAMESPACES
    for word in " ".join(unit["RestrictNamespaces"]).split():
        namespaces &= ~NAMESPACES.get(word, 0)
    load(0)
    for name, place in (("clone", 16), ("unshare", 16), ("setns", 24)):
        add(0x15, number[name], 0, 4)
        load(place)
        add(0x45, namespaces, 0, 1)
        answer(ERRNO | EPERM)
        load(0)
    add(0x15, number["clone3"], 0, 1)
    answer(ERRNO | ENOSYS)
    families = [FAMILIES[name] for name in " ".join(unit["RestrictAddressFamilies"]).split()]
    add(0x15, number["socket"], 0, 3 + len(families))
    load(16)
    for left, family in enumerate(reversed(families)):
        add(0x15, family, len(families) - left, 0)
    answer(ERRNO | EAFNOSUPPORT)
    load(0)
    load(0)
    for call in sorted(allowed_calls(unit["SystemCallFilter"])):
        if call in number:
            add(0x15, number[call], 0, 1)
            answer(ALLOW)
    answer(ERRNO | EPERM)
    return b"".join(program), len(program)


def private_mounts(unit, state):
    check(libc.unshare(0x00020000), "unshare")
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    for folder in ("/sys", "/sys/fs/cgroup"):
        mount(folder, folder, None, MS_BIND | MS_REC)
        mount(None, folder, None, MS_REMOUNT | MS_BIND | MS_RDONLY)
    os.makedirs(state, exist_ok=True)
    os.chown(state, UID, UID)
    mount(state, state, None, MS_BIND)
    mount("proc", "/proc", "proc", 0, f"hidepid={unit['ProtectProc'][0]}")
    mount("/proc/sys", "/proc/sys", None, MS_BIND)
    mount(None, "/proc/sys", None, MS_REMOUNT | MS_BIND | MS_RDONLY)
    mount(None, "/", None, MS_REMOUNT | MS_BIND | MS_RDONLY)


def drop_rights(unit):
    held = {CAPS.index(word[4:]) for word in " ".join(unit["CapabilityBoundingSet"]).split()}
    for capability in range(len(CAPS)):
        if capability not in held:
            check(libc.prctl(24, capability, 0, 0, 0), "PR_CAPBSET_DROP")
    check(libc.prctl(8, 1, 0, 0, 0), "PR_SET_KEEPCAPS")
    os.setgroups([])
    os.setresgid(UID, UID, UID)
    os.setresuid(UID, UID, UID)
    halves = [sum(1 << (capability - 32 * half) for capability in held if capability // 32 == half) for half in (0, 1)]
    header = struct.pack("Ii", 0x20080522, 0)
    data = b"".join(struct.pack("III", bits, bits, bits) for bits in halves)
    check(libc.capset(header, data), "capset")
    for word in " ".join(unit["AmbientCapabilities"]).split():
        check(libc.prctl(47, 2, CAPS.index(word[4:]), 0, 0), "PR_CAP_AMBIENT_RAISE")


def main():
    state, files, *program = sys.argv[1:]
    unit = settings(files.split(","))
    code, length = seccomp_filter(unit)
    private_mounts(unit, state)
    drop_rights(unit)
    os.umask(int(unit["UMask"][0], 8))
    check(libc.prctl(38, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS")
    buffer = ctypes.create_string_buffer(code)
    fprog = struct.pack("HxxxxxxQ", length, ctypes.addressof(buffer))
    check(libc.prctl(22, 2, fprog, 0, 0), "PR_SET_SECCOMP")
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "STATE_DIRECTORY": state, "LANG": "C.UTF-8"}
    environment["CONFIGURATION_DIRECTORY"] = os.path.join(os.path.dirname(state), "config")
    if "NOTIFY_SOCKET" in os.environ:
        environment["NOTIFY_SOCKET"] = os.environ["NOTIFY_SOCKET"]
    os.execve(program[0], program, environment)


main()
