"""What the protocol of a sandbox says, asked of both: the machine in memory and the one in a container."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from agentalign_env.backends.docker.container import Script
from agentalign_env.backends.docker.options import ContainerOptions
from agentalign_env.backends.docker.pool import ContainerPool
from agentalign_env.backends.docker.sandbox import DockerSandbox, docker_sandbox
from agentalign_env.backends.docker.session import SessionEndedError
from agentalign_env.core.sandbox import ExecResult, Sandbox
from agentalign_env.errors import OperationError, SandboxFaultError, SandboxUnavailableError
from agentalign_env.services.shell.sandbox import memory_sandbox

Make = Callable[[Mapping[str, str], str], Sandbox]
FILES = {"/proj/a": "a\n", "/proj/d/x": "x", "/tmp/ä ö": "ü\n"}


class SandboxContract:
    """The tests; a class for each sandbox says with `make` how one is made."""

    @pytest.fixture
    def box(self, make: Make) -> Iterator[Sandbox]:
        box = make(FILES, "/proj")
        yield box
        box.close()

    def test_files_last_and_variables_and_the_directory_do_not(self, box: Sandbox) -> None:
        assert box.exec("x=1; cd d; echo two >>/proj/a; exit 3") == ExecResult("", "", 3)
        assert box.exec("echo [$x] $PWD; cat a; echo said >&2") == ExecResult("[] /proj\na\ntwo\n", "said\n", 0)

    def test_a_script_reads_its_input(self, box: Sandbox) -> None:
        assert box.exec("read x; echo [$x]; cat", stdin="one\ntwo\0ä").stdout == "[one]\ntwo\0ä"
        assert box.exec("cat; echo end").stdout == "end\n"

    def test_a_script_starts_where_it_is_told(self, box: Sandbox) -> None:
        assert [box.exec("pwd", cwd=cwd).stdout for cwd in ("d", "/tmp", "..", "d/../d", ".")] == [
            "/proj/d\n", "/tmp\n", "/\n", "/proj/d\n", "/proj\n",
        ]  # fmt: skip

    @pytest.mark.parametrize("cwd", ["none", "a", "/proj/a/b", "d\n"])
    def test_a_directory_that_is_none_is_not_found(self, box: Sandbox, cwd: str) -> None:
        with pytest.raises(OperationError, match="is no directory to start in") as told:
            box.exec("pwd", cwd=cwd)
        assert (told.value.code, told.value.field) == ("not_found", "cwd")
        assert box.exec("pwd").stdout == "/proj\n"

    def test_a_script_that_takes_too_long_is_stopped_and_keeps_what_it_did(self, box: Sandbox) -> None:
        result = box.exec("echo kept >f; echo said; sleep 100", timeout_s=0.5)
        assert result == ExecResult("said\n", "", 124, timed_out=True)
        assert box.read_file("f") == "kept\n"

    def test_output_is_cut_and_says_so(self, box: Sandbox) -> None:
        result = box.exec("seq 100000; echo said >&2; exit 3")
        assert (len(result.stdout), result.stderr, result.rc, result.truncated) == (65_536, "said\n", 3, True)

    @pytest.mark.parametrize("script", ["", "#", "\n\n", "true\r", "echo 'a", "cat <<X", "\ud800", "echo a\0b", "é=1"])
    def test_any_text_is_a_script(self, box: Sandbox, script: str) -> None:
        assert 0 <= box.exec(script).rc <= 255
        assert box.exec("echo alive") == ExecResult("alive\n", "", 0)

    def test_a_script_longer_than_the_limit_is_refused(self, box: Sandbox) -> None:
        assert box.exec("#" * ((1 << 20) + 1)).rc == 126

    @pytest.mark.parametrize(
        "content", ["", "no line end", "ä\0\x01\r\n", "\uef80\uefff", "x" * 300_000, "\n.\n'\"$a`"]
    )
    def test_what_is_written_is_read(self, box: Sandbox, content: str) -> None:
        box.write_file("f", content)
        assert box.read_file("f") == content
        assert box.read_file("/proj/d/../f") == content

    @pytest.mark.parametrize("path", ["new/deep/f", "-n", "a b", "$(x)", "d/é", "/tmp/x", "q'q", "l\nl", "*"])
    def test_a_file_is_where_it_was_put(self, box: Sandbox, path: str) -> None:
        box.write_file(path, "here\n")
        assert box.read_file(path) == "here\n"
        assert box.exec('cat -- "$(cat; echo x)"', stdin=path).rc == 1
        assert box.exec('IFS= read -rd "" p; cat -- "$p"', stdin=path) == ExecResult("here\n", "", 0)

    def test_writing_replaces_and_keeps_nothing(self, box: Sandbox) -> None:
        box.write_file("a", "long content\n")
        box.write_file("a", "b")
        assert box.exec("cat a; ls").stdout == "ba\nd\n"

    @pytest.mark.parametrize(
        ("path", "code"),
        [
            ("none", "not_found"),
            ("none/f", "not_found"),
            ("", "not_found"),
            ("d", "invalid_state"),
            ("a/f", "invalid_state"),
            ("loop", "invalid_state"),
            ("a\0b", "invalid_argument"),
            ("x" * 300, "limit_exceeded"),
        ],
    )
    def test_a_file_that_cannot_be_read_says_why(self, box: Sandbox, path: str, code: str) -> None:
        box.exec("ln -s loop loop")
        with pytest.raises(OperationError) as told:
            box.read_file(path)
        assert (told.value.code, told.value.field) == (code, "path")

    @pytest.mark.parametrize(
        ("path", "code"),
        [
            ("d", "invalid_state"),
            ("a/f", "invalid_state"),
            ("a/f/g", "invalid_state"),
            ("a\0b", "invalid_argument"),
            ("x" * 300, "limit_exceeded"),
        ],
    )
    def test_a_file_that_cannot_be_written_says_why_and_nothing_changed(
        self, box: Sandbox, path: str, code: str
    ) -> None:
        with pytest.raises(OperationError) as told:
            box.write_file(path, "x")
        assert (told.value.code, told.value.field) == (code, "path")
        assert box.exec("find . | sort; cat a d/x").stdout == ".\n./a\n./d\n./d/x\na\nx"

    def test_a_file_larger_than_the_disk_is_refused(self, box: Sandbox) -> None:
        for number in range(4):
            box.exec(f"head -c 15M /dev/zero >fill{number}")
        with pytest.raises(OperationError) as told:
            box.write_file("more", "x" * (6 << 20))
        assert told.value.code == "limit_exceeded"

    def test_a_reset_leads_back_to_the_beginning(self, box: Sandbox) -> None:
        first = box.exec("find /proj /tmp /home | sort; cat a d/x /tmp/*")
        for script in ("rm -r a d; echo b >/tmp/b; mkdir -p /home/x", "sleep 100 & chmod 000 a; ln -s / l", ""):
            box.exec(script)
            box.reset()
            assert box.exec("find /proj /tmp /home | sort; cat a d/x /tmp/*") == first

    def test_nothing_runs_after_closing_and_closing_twice_is_fine(self, make: Make) -> None:
        box = make({}, "/proj")
        box.close()
        box.close()
        with pytest.raises(OperationError, match="the sandbox is closed"):
            box.exec("true")

    def test_relative_files_lie_in_its_directory(self, make: Make) -> None:
        box = make({"f": "f\n", "s/../g": "g\n"}, "/proj/new")
        assert box.exec("pwd; cat f g; ls").stdout == "/proj/new\nf\ng\nf\ng\n"
        box.close()


class TestMemorySandbox(SandboxContract):
    @pytest.fixture
    def make(self) -> Make:
        return memory_sandbox


class TestDockerSandbox(SandboxContract):
    @pytest.fixture
    def make(self, pool: ContainerPool) -> Make:
        return lambda files, cwd: DockerSandbox(pool, files, cwd)

    def test_a_path_outside_of_its_directories_is_refused(self, make: Make) -> None:
        for files, cwd in (({"/usr/x": ""}, "/proj"), ({"../../etcetera": ""}, "/proj"), ({}, "/usr")):
            with pytest.raises(OperationError, match="expected a path below one of") as told:
                make(files, cwd)
            assert told.value.code == "invalid_argument"

    def test_what_is_no_regular_file_is_neither_opened_nor_written(self, make: Make) -> None:
        box = make({}, "/proj")
        box.exec("mkfifo p; ln -s /dev/zero z; truncate -s 1T big")
        for path, code in (("p", "invalid_state"), ("z", "invalid_state"), ("big", "limit_exceeded")):
            with pytest.raises(OperationError) as told:
                box.read_file(path)
            assert told.value.code == code
        for path, code in (("p", "invalid_state"), ("z", "invalid_state"), ("/usr/x", "permission_denied")):
            with pytest.raises(OperationError) as told:
                box.write_file(path, "x")
            assert told.value.code == code
        box.exec("chmod 000 .; echo a >/tmp/a; chmod 000 /tmp/a")
        with pytest.raises(OperationError, match="permission_denied"):
            box.read_file("/tmp/a")
        box.close()

    def test_it_has_its_variables_and_no_others(self, make: Make) -> None:
        box = make({}, "/proj")
        assert box.exec("env | sort; ls -l /proc/self/fd | wc -l; ulimit -c; umask").stdout == (
            "HOME=/home/user\nLANG=C.UTF-8\nLOGNAME=user\n"
            "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin\nPWD=/proj\nSHELL=/bin/bash\nSHLVL=1\nTERM=dumb\n"
            "USER=user\n_=/usr/bin/env\n5\n0\n0022\n"
        )
        box.close()

    def test_the_shared_pool_is_one_for_equal_options(self, options: ContainerOptions) -> None:
        boxes = [docker_sandbox({}, "/proj", ContainerOptions(image=options.image)) for _ in range(2)]
        assert boxes[0]._pool is boxes[1]._pool
        for box in boxes:
            box.close()
        assert boxes[0]._pool.idle == 1
        boxes[0]._pool.close()

    def test_a_command_of_its_own_that_hangs_is_a_fault(self, pool: ContainerPool) -> None:
        container = pool.take()
        with pytest.raises(SandboxFaultError, match=r"did not end within 0.1 s"):
            container.control.run("sleep 5", timeout_s=0.1)
        container.kill_all()
        assert container.control.run("echo alive").stdout == b"alive\n"
        output, stopped = container.run(Script("echo $A", "/", {"A": "a"}), timeout_s=5)
        assert (output.stdout, output.rc, stopped) == (b"a\n", 0, False)
        with pytest.raises(SessionEndedError):
            container._root.run("exit")
        pool.drop(container)


def test_without_an_engine_or_its_image_one_clear_error_says_what_to_do(engine: object) -> None:
    with pytest.raises(SandboxUnavailableError, match=r"expected an engine at tcp://127.0.0.1:9, got: .* Start one"):
        docker_sandbox({}, "/proj", ContainerOptions(url="tcp://127.0.0.1:9"))
    with pytest.raises(SandboxUnavailableError, match=r"the image 'nosuch', .* Make it: agentalign sandbox build"):
        docker_sandbox({}, "/proj", ContainerOptions(image="nosuch"))
