"""The pipes between xsim and the process of a script."""

import os
import threading
import time

import pytest

from xsim.simulate import channel
from xsim.simulate.channel import Channel, ChannelClosedError


@pytest.fixture
def ends():
    """The two ends of a pipe of messages: what the one sends the other receives."""
    incoming, outgoing = os.pipe()
    nothing = os.open(os.devnull, os.O_RDWR)
    receiver, sender = Channel(incoming, nothing, b"k" * 8), Channel(nothing, outgoing, b"k" * 8)
    yield receiver, sender
    for descriptor in (incoming, outgoing, nothing):
        try:
            os.close(descriptor)
        except OSError:
            continue


def test_messages_come_whole_and_in_order_however_they_are_cut(ends):
    receiver, sender = ends
    sent = [b"", b"a" * 70_000, *(b"%d" % n for n in range(2_000))]
    threading.Thread(target=lambda: [sender.send(each) for each in sent]).start()
    assert [receiver.receive_within(5) for _ in sent[:500]] == sent[:500]
    assert [receiver.receive_within(5, in_a_row=True) for _ in sent[500:]] == sent[500:]
    assert receiver.receive_within(0.01, in_a_row=True) is None
    assert receiver.receive_within(0.01) is None


def test_messages_that_come_one_after_the_other_are_left_to_gather(ends, monkeypatch):
    receiver, sender = ends
    monkeypatch.setattr(channel, "SHORTLY", 5)
    naps = []
    monkeypatch.setattr(channel, "_nap", (naps.append,))
    for count in (1, 5, 5, 2, 1):
        for number in range(count):
            sender.send(b"%d" % number)
        assert [receiver.receive_within(1, in_a_row=True) for _ in range(count)] == [b"%d" % n for n in range(count)]
    # The first came at once. So many gathered in the naps before the third and the fourth, too few before the fifth.
    assert naps == [channel.NAP] * 4


def test_nobody_waits_for_what_comes_slowly(ends, monkeypatch):
    receiver, sender = ends
    monkeypatch.setattr(channel, "SHORTLY", 0)
    monkeypatch.setattr(channel, "_nap", (lambda seconds: pytest.fail("a nap"),))
    for _ in range(4):
        sender.send(b"x")
        assert receiver.receive_within(1, in_a_row=True) == b"x"


def test_what_was_sent_before_the_other_side_died_is_received(ends):
    receiver, sender = ends
    for _ in range(3):
        sender.send(b"x")
    os.close(sender.outgoing)
    assert [receiver.receive_within(1, in_a_row=True) for _ in range(3)] == [b"x"] * 3
    with pytest.raises(ChannelClosedError):
        receiver.receive_within(1, in_a_row=True)


def test_a_silence_is_told_in_its_time(ends):
    receiver, sender = ends
    sender.send(b"x")
    receiver.receive_within(1, in_a_row=True)
    began = time.monotonic()
    assert receiver.receive_within(0.05, in_a_row=True) is None
    assert 0.04 < time.monotonic() - began < 2


def test_what_is_no_message_is_refused(ends):
    receiver, sender = ends
    os.write(sender.outgoing, b"rubbish" * 9)
    with pytest.raises(ChannelClosedError):
        receiver.receive_within(1)
