# ruff: noqa: E501  (programs are easier to read unbroken)
"""Programs that change what the next candidate would find, and a witness that checks whether they could."""

from __future__ import annotations

from sandbox.zoo.cage import solver
from sandbox.zoo.forging import BOARD

VANDALS = {
    "DSL replaced": "import battnb.dsl\nbattnb.dsl.vmirror = vmirror.__globals__['vmirror'] = None",
    "DSL's code": "vmirror.__code__ = hmirror.__code__",
    "DSL's defaults": "vmirror.__defaults__ = (1, 2)",
    "builtins": "import builtins\nbuiltins.sorted = builtins.range = builtins.len = None",
    "builtins gained": "import builtins\nbuiltins.planted = 1",
    "random": "import random\nrandom.random = lambda: 1\nrandom.seed(5)",
    "numpy": "import numpy as np\nnp.flip = np.array = None\nnp.random.seed(9)\nnp.seterr(all='raise')",
    "math": "import math\nmath.pi = 3\nmath.floor = None",
    "recursion limit": "import sys\nsys.setrecursionlimit(60)",
    "signal handlers": "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))",
    "alarm": "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.05)",
    "environment": "import os\nos.environ['PLANTED'] = '1'\nos.environ.pop('HOME')\nos.putenv('PLANTED', '1')",
    "working directory": "import os\nos.chdir('/usr')",
    "private folder removed": "import os, shutil\nshutil.rmtree(os.getcwd())",
    "private folder renamed": "import os\nos.rename(os.getcwd(), os.getcwd() + 'x')",
    "closed folder": "import os\nos.mkdir('closed', 0)",
    "link for a folder": "import os\nhere = os.getcwd()\nos.rmdir(here)\nos.symlink('/work', here)",
    "private files": "import os\nos.mkdir('d')\nfor n in range(300): open(f'd/{n}', 'w').write('x')\nos.symlink('/', 'l')\nos.mkfifo('f')",
    "deep folders": "import os\nfor _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')",
    "umask": "import os\nos.umask(0o777)",
    "descriptors": "import os\nx = [os.dup(0) for _ in range(20)]",
    "standard output closed": "import os, sys\nos.close(1)\nos.close(2)\nsys.stdout = sys.stderr = None",
    "offset of the output": "import os\nos.lseek(1, 2**40, 0)",
    "length of the output": "import os\nos.ftruncate(1, 2**23)",
    "flags of the output": "import fcntl, os\nfcntl.fcntl(1, fcntl.F_SETFL, os.O_APPEND | os.O_NONBLOCK)",
    "lock on the output": "import fcntl\nfcntl.flock(1, fcntl.LOCK_EX)",
    "modules": "import sys\nsys.modules['math'] = sys.modules['json'] = None\nsys.modules['planted'] = sys",
    "path": "import sys\nsys.path.insert(0, '/planted')\nsys.path_hooks.clear()\nsys.meta_path.clear()",
    "at exit": "import atexit\natexit.register(print, 'planted')",
    "trace": "import sys, threading\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)\nthreading.settrace(lambda *a: None)",
    "gc": "import gc\ngc.callbacks.append(lambda *a: None)\ngc.disable()\ngc.set_threshold(1)",
    "a thread left": "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
    "a thread that must end": "import threading, time\nthreading.Thread(target=time.sleep, args=(9,)).start()",
    "limits": "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nresource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))",
    "digits": "import sys\nsys.set_int_max_str_digits(640)\nsys.setswitchinterval(9)",
    "decimal and locale": "import decimal, locale\ndecimal.getcontext().prec = 2\nlocale.setlocale(locale.LC_ALL, 'C')",
    "warnings": "import warnings\nwarnings.simplefilter('error')",
    "sandbox": "import battnb.sandbox.inside.trial as t, battnb.sandbox.inside.output as o\nt.encode_output = o.encode_output = t.run_solo = t.seed = None",
    "nice": "import os\nos.nice(19)",
    "affinity": "import os\nos.sched_setaffinity(0, {0})",
    "idle policy": "import os\nos.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))",
    "frames": "import sys\nf = sys._getframe()\nwhile f.f_back:\n    f = f.f_back\n    f.f_globals.clear()",
    "the board's end": "exec(BOARD)\nboard._results[9_000_000:9_000_007] = b'PLANTED'",
    "board closed": "exec(BOARD)\nboard._results.release()",
    "memory of the interpreter": "import ctypes\nctypes.memset(id(5) + 16, 1, 4)",
    "small int in C": "import ctypes\nctypes.c_int32.from_address(id(7) + 24).value = 8",
}
"""Each changes one thing. Its own status does not matter."""

VANDALS = {name: solver(code, "return I", top=f"BOARD = {BOARD!r}") for name, code in VANDALS.items()}

WITNESS = f"""
BOARD = {BOARD!r}
import builtins, gc, json, math, os, random, resource, signal, sys, threading, warnings
print('here')
def solve(I):
    facts = dict(
        dsl=vmirror(((1, 2),)) == ((2, 1),), builtins=sorted(range(len('ab'))) == [0, 1] and not hasattr(builtins, 'planted'),
        seed=random.Random(0).random() == random_now, random=random.random() != 1, recursion=sys.getrecursionlimit() == 1000,
        handler=signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, mask=not signal.pthread_sigmask(0, []) - {{signal.SIGCHLD}},
        alarm=signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0), environment='PLANTED' not in os.environ, home=os.environ['HOME'] == os.getcwd(),
        folder=os.listdir('.') == [], writable=open('w', 'w').write('x') == 1 and os.unlink('w') is None, umask=os.umask(0o22) == 0o22,
        descriptors=len(descriptors()) <= DESCRIPTORS, modules='planted' not in sys.modules, json=json.loads('[1]') == [1], path='/planted' not in sys.path and bool(sys.meta_path),
        trace=sys.gettrace() is None and sys.getprofile() is None, gc=gc.isenabled() and not gc.callbacks, threads=threading.active_count() == 1, cpu=resource.getrlimit(resource.RLIMIT_CPU)[0] == -1,
        files=resource.getrlimit(resource.RLIMIT_FSIZE)[0] > 2**20, digits=sys.get_int_max_str_digits() == 4300, nice=os.getpriority(os.PRIO_PROCESS, 0) == NICE, policy=os.sched_getscheduler(0) == POLICY, math=math.floor(math.pi) == 3 and math.pi > 3.1, ints=2 + 3 == 5 and 3 + 4 != 8,
        board=not any(tail),
    )
    assert all(facts.values()), [name for name, fact in facts.items() if not fact]
    return vmirror(I)
def descriptors():
    found = []
    for fd in range(64):
        try: os.fstat(fd)
        except OSError: continue
        found.append(fd)
    return found
random_now = random.random()
exec(BOARD)
tail = bytes(board._results[9_000_000:9_000_007])
"""
"""It is right only if nothing that the vandals change has changed. It prints, too."""
