"""What battnb finds out about the machine, and how many workers it has because of that."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import battnb as bn
from battnb.machine.host import Host, nvidia_gpus
from battnb.machine.memory import Memory, memory_now, total_bytes
from battnb.machine.processors import quota_cores

GIB = 2**30


def host(usable: int = 4, quota: float | None = None, available: int = 29 * GIB) -> Host:
    return Host(
        logical_cores=4,
        physical_cores=2,
        usable_cores=usable,
        quota_cores=quota,
        memory=Memory(available, 30 * GIB),
        accelerators=("NVIDIA L4 x 4",),
    )


@pytest.mark.parametrize(
    ("found", "workers", "reason"),
    [
        (host(), 4, "one for each logical core"),
        (host(usable=3), 3, "this process may use 3 of 4 logical cores"),
        (host(quota=2.0), 2, "the control group's quota is 2 cores"),
        (host(quota=1.5), 2, "the control group's quota is 1.5 cores"),
        (host(quota=0.5), 1, "the control group's quota is 0.5 cores"),
        (host(quota=8.0), 4, "one for each logical core"),
        (host(available=GIB // 2), 2, "0.5 GiB of memory are available, and a worker should have 0.25 GiB"),
        (host(available=1), 1, "0.0 GiB of memory are available, and a worker should have 0.25 GiB"),
    ],
)
def test_workers_are_no_more_than_processors_and_memory_allow(found: Host, workers: int, reason: str) -> None:
    assert (found.workers, found.reason) == (workers, reason)
    assert f"workers       {workers}: {reason}" in found.lines()


def test_it_says_what_it_found() -> None:
    assert repr(host()) == (
        "<Host: 4 logical cores, 30.0 GiB of memory, NVIDIA L4 x 4; 4 workers: one for each logical core>"
    )


def test_this_machine_has_what_this_process_may_use() -> None:
    found = bn.this_host()
    assert found.usable_cores == len(os.sched_getaffinity(0)) <= found.logical_cores
    assert 0 < found.memory.available <= found.memory.total
    assert 1 <= found.workers <= found.usable_cores


def test_a_pool_has_that_many_workers_by_default_also_on_fewer_cores() -> None:
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); import battnb as bn\n"
    code += "with bn.Pool() as pool: print(pool.workers, bn.this_host().workers)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1 1\n"


# Control groups


def groups(folder: Path, membership: str, files: dict[str, str]) -> tuple[Path, Path]:
    """The folders /proc and /sys/fs/cgroup of a process in these groups."""
    proc, cgroup = folder / "proc", folder / "cgroup"
    (proc / "self").mkdir(parents=True)
    (proc / "self" / "cgroup").write_text(membership)
    for name, text in files.items():
        (cgroup / name).parent.mkdir(parents=True, exist_ok=True)
        (cgroup / name).write_text(text)
    return proc, cgroup


@pytest.mark.parametrize(
    ("membership", "files", "cores"),
    [
        ("0::/\n", {"cpu.max": "200000 100000\n"}, 2.0),
        ("0::/\n", {"cpu.max": "max 100000\n"}, None),
        ("0::/a/b\n", {"cpu.max": "max 100000", "a/cpu.max": "150000 100000", "a/b/cpu.max": "400000 100000"}, 1.5),
        ("0::/elsewhere\n", {"cpu.max": "100000 100000\n"}, 1.0),
        (
            "4:cpu,cpuacct:/x\n",
            {"cpu,cpuacct/x/cpu.cfs_quota_us": "300000", "cpu,cpuacct/x/cpu.cfs_period_us": "100000"},
            3.0,
        ),
        ("1:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ("3:memory:/\n", {"cpu.max": "100000 100000"}, None),
        ("0::/\n", {"cpu.max": "broken"}, None),
    ],
)
def test_the_quota_is_the_least_of_all_levels_in_both_versions(
    tmp_path: Path, membership: str, files: dict[str, str], cores: float | None
) -> None:
    assert quota_cores(*groups(tmp_path, membership, files)) == cores


MEBI = 2**20


@pytest.mark.parametrize(
    ("membership", "files", "available"),
    [
        ("0::/a/b\n", {"a/memory.max": f"{100 * MEBI}\n", "a/memory.current": f"{90 * MEBI}\n",
                       "a/memory.stat": f"anon 5\ninactive_file {30 * MEBI}\n",
                       "a/b/memory.max": "max\n", "a/b/memory.current": "0\n", "a/b/memory.stat": ""}, 40 * MEBI),
        ("0::/a\n", {"a/memory.max": f"{50 * MEBI}", "a/memory.current": "0", "a/memory.stat": "",
                     "memory.max": f"{99 * MEBI}", "memory.current": "0", "memory.stat": ""}, 50 * MEBI),
        ("0::/elsewhere\n", {"memory.max": f"{9 * MEBI}", "memory.current": "0", "memory.stat": ""}, 9 * MEBI),
        ("5:cpu:/\n4:memory:/x\n",
         {"memory/x/memory.limit_in_bytes": f"{8 * MEBI}", "memory/x/memory.usage_in_bytes": f"{6 * MEBI}",
          "memory/x/memory.stat": f"inactive_file 0\ntotal_inactive_file {MEBI}\n"}, 3 * MEBI),
        ("0::/a\n", {"other/memory.max": "1", "other/memory.current": "0", "other/memory.stat": ""}, 200 * MEBI),
    ],
    ids=["the parent's", "its own", "the root of a container", "version 1", "another group's"],
)  # fmt: skip
def test_memory_is_the_least_of_the_machine_and_of_all_levels_in_both_versions(
    tmp_path: Path, membership: str, files: dict[str, str], available: int
) -> None:
    proc, cgroup = groups(tmp_path, membership, files)
    (proc / "meminfo").write_text(f"MemTotal: {400 * 1024} kB\nMemAvailable: {200 * 1024} kB\n")
    assert memory_now(proc, cgroup).available == available


def test_the_memory_in_all_is_the_least_limit_even_if_more_of_it_is_available(tmp_path: Path) -> None:
    files = {"memory.max": f"{300 * MEBI}", "memory.current": "0", "memory.stat": ""}
    proc, cgroup = groups(tmp_path, "0::/\n", files)
    (proc / "meminfo").write_text(f"MemTotal: {400 * 1024} kB\nMemAvailable: {200 * 1024} kB\n")
    assert memory_now(proc, cgroup).available == 200 * MEBI
    assert total_bytes(proc, cgroup) == 300 * MEBI


# GPUs


def test_gpus_are_taken_from_their_drivers_list(tmp_path: Path) -> None:
    for place in ("0000:00:04.0", "0000:00:05.0"):
        folder = tmp_path / "driver" / "nvidia" / "gpus" / place
        folder.mkdir(parents=True)
        (folder / "information").write_text("Model: \t\t NVIDIA L4\nIRQ:   \t\t 41\nBus Type: \t PCIe\n")
    assert nvidia_gpus(tmp_path, tmp_path) == ["NVIDIA L4 x 2"]


def test_gpus_that_no_driver_names_are_counted(tmp_path: Path) -> None:
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    assert nvidia_gpus(tmp_path, tmp_path) == ["NVIDIA GPU x 2"]
    assert nvidia_gpus(tmp_path, tmp_path / "driver") == []


# battnb doctor


def test_the_doctor_prints_what_a_bug_report_needs(tmp_path: Path) -> None:
    own = {"KAGGLE_KERNEL_RUN_TYPE": "Batch", "BATTNB_KAGGLE_ROOT": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "battnb", "doctor"], env=os.environ | own, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert lines[0] == f"battnb        {bn.__version__}"
    heads = [line.split()[0] for line in lines]
    assert heads[:9] == [
        "battnb", "python", "system", "cores", "memory", "accelerators", "workers", "kaggle", "packages",
    ]  # fmt: skip
    assert "kaggle        Batch; competitions with ARC tasks: none" in lines
    assert {"numpy", "msgspec", "ipykernel"} <= set(heads)
    assert [line for line in lines if line.endswith("(seccomp)")]
