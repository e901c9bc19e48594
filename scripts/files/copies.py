"""Which copy of its contents a row of a file is, in bounded memory: a file may hold millions."""

from collections import Counter

BITS = 1 << 28  # 32 MiB
STEP = 4  # bytes of a hash that choose a bit


class Copies:
    """A Bloom filter of what was met, and the exact number of what was met again.

    Of five million rows a hundred are taken for a second copy, in the same file always the same.
    """

    def __init__(self) -> None:
        self._met = bytearray()
        self._again: Counter[bytes] = Counter()

    def number(self, contents: bytes) -> int:
        """1 for a hash of 16 bytes that was not met before."""
        if not self._met:
            self._met = bytearray(BITS // 8)
        new = False
        for start in range(0, len(contents), STEP):
            place, bit = divmod(int.from_bytes(contents[start : start + STEP], "big") % BITS, 8)
            if not self._met[place] >> bit & 1:
                self._met[place] |= 1 << bit
                new = True
        if new:
            return 1
        self._again[contents] += 1
        return self._again[contents] + 1
