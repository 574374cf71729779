"""Only machines on the public internet: whatever way an address is written or wrapped."""

import pytest

from core.hosts import is_public

PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "2606:4700:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
]
PRIVATE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",
    "169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "192.0.2.1", "192.88.99.1",
    "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "2002:7f00:1::", "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "3fff::1", "100::1", "fc00::1", "fd00:ec2::254",
    "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "5f00::1",
]  # fmt: skip
NONE = ["", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "example.com", "1.2.3.4.5", "::g"]


@pytest.mark.parametrize("text", PUBLIC)
def test_a_machine_that_everybody_can_reach(text: str) -> None:
    assert is_public(text)


@pytest.mark.parametrize("text", PRIVATE)
def test_a_machine_that_only_some_can_reach(text: str) -> None:
    assert not is_public(text)


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)
