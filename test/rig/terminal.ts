import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { BIN, type CliHome } from "./cli.ts";

/** Runs a command on a pseudo-terminal; each answer is typed when its question shows. */
export async function onTerminal(
  home: CliHome,
  args: readonly string[],
  answers: readonly (readonly [question: string, answer: string])[],
  { columns = 100, env = {} }: { readonly columns?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<{ code: number | null; output: string }> {
  const command = `stty cols ${columns} rows 30; ${[process.execPath, BIN, ...args].join(" ")}`;
  const child: ChildProcess = spawn("script", ["-qefc", command, "/dev/null"], {
    cwd: home.directory,
    env: {
      PATH: process.env["PATH"],
      HOME: join(home.directory, "../home"),
      FLOWCTL_STATE_DIR: home.state,
      TERM: "xterm",
      ...env,
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  let output = "";
  const left = [...answers];
  let from = 0;
  child.stdout!.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
    const next = left[0];
    if (next === undefined || !output.slice(from).includes(next[0])) return;
    from = output.length;
    left.shift();
    child.stdin!.write(next[1]);
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, output };
}
