# ruff: noqa: E501  (programs are easier to read unbroken)
"""Programs that use what honest candidates use, by package: all of them must run behind every layer."""

from __future__ import annotations

from textwrap import dedent


def _mirror(head: str, code: str) -> str:
    """A program that does something, checks that it worked, and reverses the rows."""
    lines = dedent(code).strip("\n").splitlines()
    return "\n".join([head, "def solve(I):", *[f"    {line}" for line in lines], "    return [r[::-1] for r in I]", ""])


STANDARD_LIBRARY = {
    "files": _mirror(
        "import glob, os, pathlib, shutil",
        """
        path = pathlib.Path('one')
        path.write_text('1')
        with open('one', 'r+b') as f:
            f.seek(1); f.write(b'23'); f.flush(); os.fsync(f.fileno()); f.truncate(2)
        assert path.read_text() == '12' and os.stat('one').st_size == 2 and not os.path.islink('one')
        os.makedirs('a/b'); shutil.copyfile('one', 'a/b/two'); os.rename('a/b/two', 'a/b/three')
        assert glob.glob('**/three', recursive=True) == ['a/b/three'] and os.access('one', os.R_OK)
        assert sorted(e.name for e in os.scandir('.')) == ['a', 'one'] and shutil.disk_usage('.').total
        os.remove('one'); shutil.rmtree('a'); assert os.listdir('.') == [] and os.getcwd()
        fd = os.open('raw', os.O_RDWR | os.O_CREAT); os.pwrite(fd, b'abc', 1); assert os.pread(fd, 2, 2) == b'bc'
        os.writev(fd, [b'x', b'y']); os.lseek(fd, 0, 0); os.close(os.dup(fd)); os.close(fd); os.remove('raw')
        """,
    ),
    "temporary files": _mirror(
        "import tempfile",
        """
        with tempfile.TemporaryFile() as f: f.write(b'1')
        with tempfile.NamedTemporaryFile('w') as f: f.write('1')
        with tempfile.TemporaryDirectory() as d, open(d + '/x', 'w') as f: f.write('1')
        with tempfile.SpooledTemporaryFile(max_size=1) as f: f.write(b'123')
        fd, path = tempfile.mkstemp()
        import os; os.close(fd); os.unlink(path)
        """,
    ),
    "formats": _mirror(
        "import bz2, csv, gzip, io, json, lzma, marshal, pickle, sqlite3, zipfile, zlib",
        """
        with gzip.open('g', 'wt') as f: json.dump(I, f)
        assert json.load(gzip.open('g', 'rt')) == [list(r) for r in I]
        with zipfile.ZipFile('z', 'w') as z: z.write('g')
        assert pickle.loads(pickle.dumps(I)) == marshal.loads(marshal.dumps(I)) == I
        assert zlib.decompress(zlib.compress(b'1')) == bz2.decompress(bz2.compress(b'1')) == b'1'
        csv.writer(open('c', 'w')).writerows(I)
        lzma.decompress(lzma.compress(b'1'))
        db = sqlite3.connect(':memory:'); db.execute('create table t (a)')
        assert db.execute('select count(*) from t').fetchone() == (0,)
        import os
        for name in 'gzc': os.unlink(name)
        """,
    ),
    "chance": _mirror(
        "import hashlib, os, random, secrets, uuid",
        """
        assert len(os.urandom(8)) == 8 and len(secrets.token_hex(2)) == 4 and 0 <= random.SystemRandom().random() < 1
        assert random.Random(1).random() == random.Random(1).random() and uuid.uuid4() != uuid.uuid1()
        hashlib.sha256(b'1').hexdigest(); hashlib.md5(b'1'); hashlib.blake2b(b'1'); hashlib.scrypt(b'1', salt=b'1', n=2, r=1, p=1)
        """,
    ),
    "time": _mirror(
        "import calendar, datetime, signal, time, timeit, zoneinfo",
        """
        time.sleep(0.001); time.time(); time.perf_counter(); time.process_time(); time.thread_time(); time.localtime()
        for clock in (time.CLOCK_REALTIME, time.CLOCK_MONOTONIC, time.CLOCK_BOOTTIME): time.clock_getres(clock)
        datetime.datetime.now(zoneinfo.ZoneInfo('Europe/Berlin')); calendar.month(2024, 2); timeit.timeit('1', number=10)
        rang = []; signal.signal(signal.SIGALRM, lambda *a: rang.append(1)); signal.setitimer(signal.ITIMER_REAL, 0.01)
        signal.pause(); assert rang and signal.alarm(0) == 0; signal.raise_signal(signal.SIGALRM); assert len(rang) == 2
        signal.pthread_kill(__import__('threading').get_ident(), signal.SIGALRM); signal.sigpending(); time.sleep(0); len(rang)
        """,
    ),
    "threads": _mirror(
        "import concurrent.futures, queue, threading, _thread",
        """
        with concurrent.futures.ThreadPoolExecutor(4) as pool: assert sum(pool.map(len, I)) == sum(map(len, I))
        q, held = queue.Queue(), threading.Condition()
        ts = [threading.Thread(target=q.put, args=(n,), name=f't{n}') for n in range(4)]
        for t in ts: t.start()
        for t in ts: t.join(1)
        assert sorted(q.get(timeout=1) for _ in ts) == [0, 1, 2, 3]
        with held: held.wait(0.001)
        try: q.get(timeout=0.001)
        except queue.Empty: pass
        threading.Timer(0.001, print).start(); _thread.get_native_id(); threading.Event().wait(0.005)
        """,
    ),
    "asyncio": _mirror(
        "import asyncio, selectors, socket",
        """
        async def rows(): return await asyncio.gather(*[asyncio.to_thread(len, r) for r in I], asyncio.sleep(0.001))
        assert asyncio.run(rows())[-1] is None
        ours, theirs = socket.socketpair()
        for kind in (selectors.SelectSelector, selectors.PollSelector, selectors.EpollSelector):
            with kind() as s: s.register(ours, selectors.EVENT_READ); assert s.select(0) == []
        theirs.sendall(b'1'); theirs.shutdown(socket.SHUT_WR); assert ours.recv(2) == b'1' and ours.getpeername() == ''
        ours.settimeout(0.001); ours.close(); theirs.close()
        import os; a, b = os.pipe(); os.set_blocking(a, False); os.write(b, b'1'); assert os.read(a, 1) == b'1'
        """,
    ),
    "memory": _mirror(
        "import array, ctypes, gc, mmap, multiprocessing, sys, tracemalloc",
        """
        m = mmap.mmap(-1, 2**16); m[:2] = b'12'; m.madvise(mmap.MADV_DONTNEED); m.resize(2**17); m.flush(); m.close()
        with open('m', 'w+b') as f:
            f.truncate(4096)
            with mmap.mmap(f.fileno(), 4096) as m: m[:2] = b'12'
        import os; os.unlink('m')
        big = [bytearray(2**20) for _ in range(8)]; del big; gc.collect(); tracemalloc.start(); tracemalloc.stop()
        array.array('i', range(10**5)); ctypes.create_string_buffer(10); ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 1)()
        """,
    ),
    "this machine": _mirror(
        "import getpass, locale, logging, os, platform, resource, sys, sysconfig, warnings",
        """
        platform.platform(); platform.machine(); os.cpu_count(); os.sched_getaffinity(0); os.getpid(); os.getuid(); os.uname()
        os.times(); os.umask(0o22); os.getpgid(0); os.getgroups(); os.isatty(0); os.getpriority(0, 0)
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_CPU, (50, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        logging.basicConfig(); logging.info('x'); locale.setlocale(locale.LC_ALL, 'C'); os.sched_yield(); os.sched_getscheduler(0)
        print('to standard output'); sys.stdout.flush(); print('x', file=sys.stderr); os.statvfs('.'); os.path.expanduser('~')
        """,
    ),
    "processes that are refused": _mirror(
        "import multiprocessing, os, subprocess",
        """
        for start in (lambda: subprocess.run(['true']), lambda: subprocess.check_output('true', shell=True), os.fork,
                      lambda: multiprocessing.Pool(1), lambda: multiprocessing.get_context('fork').Process(target=print).start()):
            try: start()
            except OSError: continue
            raise AssertionError(start)
        os.system('true')
        """,
    ),
}
"""Programs that need Python alone, by subject."""

PACKAGES = {
    "numpy": _mirror(
        "import numpy as np",
        """
        a = np.array(I, float); square = np.random.default_rng(0).random((300, 300))
        assert np.allclose(square @ np.linalg.inv(square), np.eye(300), atol=1e-6)
        np.linalg.svd(square[:50]); np.fft.fft2(a); np.save('a.npy', a); assert (np.load('a.npy', mmap_mode='r') == a).all()
        np.savez('a.npz', a=a); np.load('a.npz')['a']; a.tofile('a.raw'); np.fromfile('a.raw'); np.memmap('m', dtype='u1', mode='w+', shape=9)
        np.random.seed(1); np.random.shuffle(a); np.unique(a, return_counts=True); np.rot90(a); np.kron(a, a); np.einsum('ij->j', a)
        import os
        for name in os.listdir('.'): os.unlink(name)
        """,
    ),
    "scipy": _mirror(
        "import numpy as np\nfrom scipy import fft, integrate, interpolate, linalg, ndimage, optimize, signal, sparse, spatial, stats\n"
        "from scipy.sparse import csgraph",
        """
        a = np.array(I); labels, count = ndimage.label(a); ndimage.find_objects(labels); ndimage.binary_fill_holes(a > 0)
        signal.convolve2d(a, np.ones((3, 3)), mode='same'); fft.fft2(a, workers=2); linalg.eigh(np.eye(200)); linalg.lu(np.eye(9))
        assert abs(optimize.minimize(lambda x: ((x - 2) ** 2).sum(), [0.0]).x[0] - 2) < 1e-3
        optimize.linear_sum_assignment(np.eye(4)); optimize.linprog([1, 1], A_ub=[[-1, 0]], b_ub=[-1]); optimize.milp([1.0])
        csgraph.shortest_path(sparse.eye(5).tocsr()); spatial.KDTree(np.eye(5)).query(np.eye(5), workers=2); spatial.ConvexHull([[0, 0], [0, 1], [1, 0]])
        sparse.linalg.spsolve(sparse.eye(5).tocsc(), np.ones(5)); stats.norm.rvs(size=3); interpolate.griddata([[0, 0], [0, 1], [1, 0]], [1, 2, 3], [[0, 0]])
        integrate.quad(lambda x: x, 0, 1); sparse.linalg.eigs(sparse.eye(20).tocsc(), k=2, v0=np.ones(20))
        """,
    ),
    "skimage": _mirror(
        "import numpy as np\nfrom skimage import color, draw, feature, filters, measure, morphology, segmentation, transform",
        """
        a = np.array(I); labels = measure.label(a, connectivity=1); [r.bbox for r in measure.regionprops(labels)]
        morphology.binary_dilation(a > 0); morphology.skeletonize(a > 0); morphology.remove_small_objects(labels > 0, 2)
        transform.resize(a.astype(float), (9, 9)); transform.rotate(a.astype(float), 90); segmentation.flood_fill(a, (0, 0), 5)
        filters.sobel(a.astype(float)); feature.peak_local_max(np.eye(9)); draw.line(0, 0, 3, 3); measure.find_contours(np.eye(9), 0.5)
        color.label2rgb(labels)
        """,
    ),
    "sklearn": _mirror(
        "import numpy as np\nfrom sklearn import cluster, decomposition, ensemble, linear_model, neighbors, neural_network, svm, tree",
        """
        x, y = np.random.RandomState(0).rand(60, 4), np.arange(60) % 2
        for model in (tree.DecisionTreeClassifier(), ensemble.RandomForestClassifier(5, n_jobs=2), linear_model.LogisticRegression(),
                      neighbors.KNeighborsClassifier(3, n_jobs=2), svm.SVC(), neural_network.MLPClassifier((4,), max_iter=3),
                      ensemble.HistGradientBoostingClassifier(max_iter=2)):
            import warnings
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                assert len(model.fit(x, y).predict(x)) == 60
        cluster.KMeans(2, n_init=1).fit(x); cluster.MiniBatchKMeans(2).fit(x); cluster.DBSCAN().fit(x); decomposition.PCA(2).fit_transform(x)
        """,
    ),
    "networkx": _mirror(
        "import networkx as nx",
        """
        g = nx.grid_2d_graph(6, 6); assert nx.shortest_path_length(g, (0, 0), (5, 5)) == 10
        list(nx.connected_components(g)); nx.minimum_spanning_tree(g); nx.max_weight_matching(g); nx.greedy_color(g)
        """,
    ),
    "sympy": _mirror(
        "import sympy",
        """
        x = sympy.Symbol('x'); assert sympy.solve(x**2 - 4, x) == [-2, 2]
        sympy.Matrix([[1, 2], [3, 4]]).inv(); sympy.factorint(360); sympy.integrate(sympy.sin(x), x); sympy.lambdify(x, x**2)(3)
        """,
    ),
    "mpmath": _mirror("import mpmath", "assert mpmath.mp.pi > 3"),
    "more_itertools": _mirror(
        "import more_itertools", "assert list(more_itertools.chunked('abc', 2)) == [['a', 'b'], ['c']]"
    ),
    "sortedcontainers": _mirror(
        "import sortedcontainers", "assert list(sortedcontainers.SortedList([2, 1])) == [1, 2]"
    ),
    "pandas": _mirror(
        "import pandas as pd",
        """
        frame = pd.DataFrame([list(r) for r in I]); frame.to_csv('f.csv'); assert len(pd.read_csv('f.csv')) == len(I)
        frame.groupby(0).sum(); frame.describe(); frame.T.corr(); pd.to_datetime('2024-01-01'); frame.astype(str).apply(''.join, axis=1)
        import os; os.unlink('f.csv')
        """,
    ),
    "PIL": _mirror(
        "from PIL import Image, ImageDraw, ImageFilter",
        """
        image = Image.new('RGB', (9, 9)); ImageDraw.Draw(image).line((0, 0, 8, 8), fill=(1, 2, 3)); image.save('i.png')
        assert Image.open('i.png').resize((3, 3)).filter(ImageFilter.BLUR).rotate(90).getpixel((1, 1)) is not None
        import os; os.unlink('i.png')
        """,
    ),
}
"""Programs by the package that they are for."""
