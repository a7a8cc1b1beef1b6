import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TaskContext } from "../../src/model/task.ts";
import { runShell, type ShellInputs } from "../../src/tasks/run-shell.ts";
import { onWindows } from "../rig/skip.ts";

let directory: string;
let lines: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "flowctl-shell-"));
  lines = [];
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function context(more: Partial<TaskContext> = {}): TaskContext {
  const log = (stream: string) => (text: string) => void lines.push(`${stream}: ${text}`);
  return {
    signal: new AbortController().signal,
    logger: {
      debug: log("debug"),
      info: log("info"),
      warn: log("warn"),
      error: log("error"),
      output: (stream, text) => void lines.push(`${stream}: ${text}`),
    },
    params: {},
    attempt: 2,
    mapIndex: undefined,
    loopCount: 1,
    loopResult: null,
    resumed: false,
    runId: "r1",
    flowName: "f",
    taskName: "t",
    tags: [],
    secret: async (name) => `value of ${name}`,
    notify: async () => ({ ids: [], outcome: "queued" }),
    service: () => undefined,
    ...more,
  };
}

const run = (inputs: ShellInputs, more?: Partial<TaskContext>) => runShell(inputs, context(more));

/** Whether a process runs; one that is dead and not yet buried does not. */
function runs(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    return status.slice(status.lastIndexOf(")") + 2, status.lastIndexOf(")") + 3) !== "Z";
  } catch {
    return false;
  }
}

async function appears(path: string): Promise<string> {
  for (;;) {
    if (existsSync(path)) {
      const text = readFileSync(path, "utf8").trim();
      if (text !== "") return text;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("a script", () => {
  it("gives what it printed, and logs it line by line with its stream", async () => {
    const result = await run({ script: "echo one; echo two >&2; printf three" });
    expect(result).toEqual({ stdout: "one\nthree" });
    expect(lines.filter((line) => line.startsWith("stdout"))).toEqual(["stdout: one", "stdout: three"]);
    expect(lines).toContain("stderr: two");
  });

  it("ends at the first command that fails, also inside a pipe, and says the exit code and the last lines", async () => {
    const failed = run({ script: "echo before; (echo oops >&2; exit 7) | cat; echo after" });
    await expect(failed).rejects.toMatchObject({ message: "exit code 7", exitCode: 7 });
    await expect(failed).rejects.toHaveProperty("stack", expect.stringContaining("| oops"));
    expect(lines).not.toContain("stdout: after");
  });

  it("runs with sh -e where there is no bash", async () => {
    symlinkSync("/bin/sh", join(directory, "sh"));
    const failed = run({ script: "echo $0; false; echo after", env: { PATH: directory } });
    await expect(failed).rejects.toThrow("exit code 1");
    expect(lines).toEqual(["stdout: sh"]);
    await expect(run({ script: "true", env: { PATH: join(directory, "none") } })).rejects.toThrow(
      '"sh" was not found on the PATH',
    );
  });

  it("says what kinds of shell there are when it is given another", async () => {
    await expect(run({ script: "true", shell: "fish" as never })).rejects.toThrow(/bash, sh, zsh/);
  });

  it("takes any program as its shell when it is given as a list", async () => {
    const result = await run({ script: "process.stdout.write(String(6 * 7))", shell: [process.execPath, "-e"] });
    expect(result.stdout).toBe("42");
  });

  it("is given standard input, and none where there is none", async () => {
    expect((await run({ script: "cat", stdin: "hello" })).stdout).toBe("hello");
    expect((await run({ script: "cat" })).stdout).toBe("");
    expect((await run({ script: "true", stdin: "x".repeat(1_000_000) })).stdout).toBe("");
  });

  it("works in the directory it is told, and says so when it does not exist", async () => {
    expect((await run({ script: "pwd -P", cwd: directory })).stdout).toBe(realpathSync(directory));
    await expect(run({ script: "pwd", cwd: join(directory, "none") })).rejects.toThrow(/none does not exist/);
  });
});

describe("a list of words", () => {
  it("is run without a shell", async () => {
    expect((await run({ argv: ["printf", "%s", "$HOME; *"] })).stdout).toBe("$HOME; *");
    await expect(run({ argv: ["no-such-program"] })).rejects.toThrow('"no-such-program" was not found on the PATH');
    await expect(run({ argv: [] })).rejects.toThrow(/needs a program/);
    await expect(run({})).rejects.toThrow(/nothing to run/);
  });
});

describe("outputs", () => {
  it("are the keys written to $FLOWCTL_OUTPUT, in one line or several", async () => {
    const result = await run({
      script:
        'echo "rows=12" >> "$FLOWCTL_OUTPUT"; printf "text<<END\\na=b\\n\\nc\\nEND\\nrows=13\\n" >> "$FLOWCTL_OUTPUT"',
    });
    expect(result).toEqual({ stdout: "", rows: "13", text: "a=b\n\nc" });
  });

  it("that cannot be read fail the task and say where", async () => {
    await expect(run({ script: 'echo nonsense > "$FLOWCTL_OUTPUT"' })).rejects.toThrow(/line 1 is not key=value/);
    await expect(run({ script: 'echo "a<<E" > "$FLOWCTL_OUTPUT"' })).rejects.toThrow(/no closing "E"/);
  });

  it("leave no file behind", async () => {
    const result = await run({ script: 'echo "path=$FLOWCTL_OUTPUT" > "$FLOWCTL_OUTPUT"' });
    expect(existsSync(String(result["path"]))).toBe(false);
  });

  it("are captured as JSON, as lines, or not at all", async () => {
    expect((await run({ script: "echo '{\"a\":[1]}'", capture: "json" })).stdout).toEqual({ a: [1] });
    expect((await run({ script: "printf 'a\\nb\\n'", capture: "lines" })).stdout).toEqual(["a", "b"]);
    expect((await run({ script: "echo a", capture: "none" })).stdout).toBe(null);
    await expect(run({ script: "echo '{'", capture: "json" })).rejects.toThrow(/standard output is not JSON/);
  });

  it("are kept up to the cap, while the log gets all", async () => {
    const result = await run({ script: "for i in 1 2 3 4 5; do echo 12345678; done", maxOutput: 20 });
    expect(result.stdout).toBe("12345678\n12345678");
    expect(lines.filter((line) => line === "stdout: 12345678")).toHaveLength(5);
    expect(lines.at(-1)).toMatch(/^warn: standard output is longer than maxOutput \(20 bytes\)/);
  });
});

describe("the environment", () => {
  it("tells the run, task and attempt, and takes additions and removals", async () => {
    const script = 'echo "$FLOWCTL_RUN_ID $FLOWCTL_FLOW $FLOWCTL_TASK $FLOWCTL_ATTEMPT $A ${HOME-none}"';
    expect((await run({ script, env: { A: 1, HOME: null } })).stdout).toBe("r1 f t 2 1 none");
  });

  it("holds the secrets that the task declares, and no other", async () => {
    const environment = { PATH: process.env["PATH"], FLOWCTL_SECRET_A: "a", FLOWCTL_SECRET_B: "b", OTHER: "o" };
    const result = await run(
      { script: "env | grep -E '^(A|B|FLOWCTL_SECRET|OTHER)' | sort", secrets: ["A"] },
      { service: (name) => (name === "environment" ? environment : undefined) },
    );
    expect(result.stdout).toBe("A=value of A\nOTHER=o");
  });
});

describe.skipIf(onWindows)("a task that is stopped", () => {
  it("ends its whole process group, and says why", async () => {
    const controller = new AbortController();
    const pidFile = join(directory, "pid");
    const stopped = run({ script: `sleep 100 & echo $! > ${pidFile}; wait` }, { signal: controller.signal });
    const grandchild = Number(await appears(pidFile));
    controller.abort(new Error("timed out"));
    await expect(stopped).rejects.toThrow("timed out");
    expect(runs(grandchild)).toBe(false);
  });

  it("kills what does not listen, after the grace", async () => {
    const controller = new AbortController();
    const pidFile = join(directory, "pid");
    const stopped = run(
      { script: `trap '' TERM; echo $$ > ${pidFile}; while :; do sleep 0.05; done` },
      { signal: controller.signal, stopPolicy: { stopSignal: "SIGTERM", graceMs: 30 } },
    );
    const pid = Number(await appears(pidFile));
    controller.abort(new Error("cancelled"));
    await expect(stopped).rejects.toThrow("cancelled");
    expect(runs(pid)).toBe(false);
  });

  it("does not start when it was stopped before", async () => {
    await expect(
      run({ script: `touch ${directory}/ran` }, { signal: AbortSignal.abort(new Error("no")) }),
    ).rejects.toThrow("no");
    expect(existsSync(join(directory, "ran"))).toBe(false);
  });

  it("tells the ledger of its group while it runs, and of where its outputs are", async () => {
    const seen: string[] = [];
    const ledger = {
      started: (pid: number) => seen.push(`+${pid}`),
      ended: (pid: number) => seen.push(`-${pid}`),
      uses: (directory: string) => seen.push(directory),
    };
    const service = (name: string) => (name === "processes" ? ledger : undefined);
    const result = await run({ script: 'echo "$$ ${FLOWCTL_OUTPUT%/*}"' }, { service });
    const [pid = "", directory = ""] = String(result.stdout).split(" ");
    expect(seen).toEqual([directory, `+${pid}`, `-${pid}`]);
  });
});

it.skipIf(onWindows)("what a script leaves running in the background ends with the task", async () => {
  const result = await run({ script: "sleep 100 >/dev/null 2>&1 & echo $!" });
  expect(runs(Number(result.stdout))).toBe(false);
});

it("a program that is killed says by what", async () => {
  await expect(run({ script: "kill -KILL $$" })).rejects.toThrow("killed by SIGKILL");
});

it("of a line written over with carriage returns the last version is logged, and letters are never torn", async () => {
  await run({ script: "printf '10%%\\r50%%\\r100%%\\n'; printf '\\303'; sleep 0.01; printf '\\251\\n'" });
  expect(lines).toEqual(["stdout: 100%", "stdout: é"]);
});
