import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const TSX = fileURLToPath(new URL("../../node_modules/tsx/dist/loader.mjs", import.meta.url));
const TERMINAL = new URL("../../src/host/terminal.ts", import.meta.url).href;

function program(body: string): string[] {
  const text = `import { systemTerminal } from ${JSON.stringify(TERMINAL)}; const terminal = systemTerminal(); ${body}`;
  return ["--import", TSX, "--input-type=module", "--eval", text];
}

test("what is written to a pipe arrives whole and in order, more than a pipe holds, too", () => {
  const { stdout, status } = spawnSync(
    process.execPath,
    program(`for (let i = 0; i < 40_000; i += 1) terminal.stdout.write(i + " ø\\n"); await terminal.drain();`),
    { encoding: "utf8" },
  );
  expect(status).toBe(0);
  expect(stdout).toBe(Array.from({ length: 40_000 }, (_, i) => `${String(i)} ø\n`).join(""));
});

test("what others write is taken, and what goes through the screens is not", () => {
  const { stdout } = spawnSync(
    process.execPath,
    program(
      `const taken = []; const giveBack = terminal.intercept((name, text) => taken.push(name + ":" + text));
       console.log("one"); process.stderr.write("two"); terminal.stdout.write("shown ");
       giveBack(); console.log("after"); terminal.stdout.write(JSON.stringify(taken)); await terminal.drain();`,
    ),
    { encoding: "utf8" },
  );
  expect(stdout).toBe('shown after\n["stdout:one\\n","stderr:two"]');
});

test("a reader that goes away ends the output in silence", async () => {
  const child = spawn(
    process.execPath,
    program(
      `process.on("exit", (code) => process.exitCode = code);
       process.stdin.once("data", async () => {
         for (let i = 0; i < 1000; i += 1) terminal.stdout.write("x".repeat(1000));
         await terminal.drain(); terminal.stderr.write("done"); process.stdin.destroy();
       });
       terminal.stdout.write("ready");`,
    ),
  );
  let told = "";
  child.stderr.on("data", (chunk: Buffer) => (told += chunk.toString()));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  child.stdout.destroy();
  child.stdin.write("go\n");
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect([code, told]).toEqual([0, "done"]);
});

test("a pipe that does not wait gets everything, too", () => {
  // Python makes its end of the pipe one that does not wait, and reads slowly.
  const script = `
import fcntl, os, subprocess, sys
read, write = os.pipe()
fcntl.fcntl(write, fcntl.F_SETFL, fcntl.fcntl(write, fcntl.F_GETFL) | os.O_NONBLOCK)
child = subprocess.Popen(sys.argv[1:], stdout=write)
os.close(write)
total = 0
while True:
    chunk = os.read(read, 65536)
    if not chunk: break
    total += len(chunk)
print(total, child.wait())
`;
  const lines = `for (let i = 0; i < 3000; i += 1) terminal.stdout.write("x".repeat(999) + "\\n"); await terminal.drain();`;
  const { stdout, error } = spawnSync("python3", ["-c", script, process.execPath, ...program(lines)], {
    encoding: "utf8",
  });
  if (error !== undefined) return void process.stdout.write(`skipped: no python3 (${error.message})\n`);
  expect(stdout.trim()).toBe("3000000 0");
});
