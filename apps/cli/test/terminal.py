"""Runs a program on a pseudo terminal of its own, and types what a person would: answers are given in their order, each when its text appears.

Arguments: seconds after which it is killed, a JSON list of [text to wait for, file to write or null, its content, what to type], the program.
Prints a JSON object with the exit code, the signal and what was on the terminal.
"""

import json
import os
import pty
import select
import signal
import sys
import time

limit, steps, argv = float(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(argv[0], argv)
output, seen, end = b"", 0, time.monotonic() + limit
while True:
    ready, _, _ = select.select([terminal], [], [], max(0.0, end - time.monotonic()))
    if not ready:
        os.kill(pid, signal.SIGKILL)
        break
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    output += piece
    if steps:
        text, path, content, keys = steps[0]
        at = output.find(text.encode(), seen)
        if at >= 0:
            seen = at + len(text)
            steps.pop(0)
            if path is not None:
                with open(path, "w") as file:
                    file.write(content)
            # A person takes a moment.
            time.sleep(0.3)
            os.write(terminal, keys.encode())
_, status = os.waitpid(pid, 0)
code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
print(json.dumps({"code": code, "signal": killed, "output": output.decode(errors="replace"), "left": len(steps)}))
