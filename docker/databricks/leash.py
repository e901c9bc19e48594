"""`python leash.py COMMAND ...`: runs a command that must not outlive its starter.

It ends the command when its standard input closes, which happens by itself when the process that
holds the other end is killed. Its exit status is the command's.
"""

import os
import subprocess
import sys
import threading


def main() -> None:
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)

    def end_with_starter() -> None:
        while os.read(0, 1):
            continue
        child.kill()

    threading.Thread(target=end_with_starter, daemon=True).start()
    sys.exit(child.wait())


if __name__ == "__main__":
    main()
