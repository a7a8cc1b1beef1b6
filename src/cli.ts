import { writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { projectCopy } from "./load/project-copy.ts";
import { VERSION } from "./version.ts";

/**
 * The executable's first file, and for `--version` its only one: everything
 * else costs more to start than this does.
 */
async function start(args: readonly string[]): Promise<void> {
  const directory = currentDirectory();
  const copy = directory === undefined ? undefined : projectCopy(args, directory);
  if (copy !== undefined) {
    process.argv[1] = fileURLToPath(copy);
    await import(copy);
  } else if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
    say(`${VERSION}\n`);
  } else if (directory === undefined) {
    process.stderr.write(
      "error[CWD]: the directory that you are in is not there any more\n  help: cd to one that is\n",
    );
    process.exitCode = 2;
  } else {
    const { openCodeCache } = await import("./host/code-cache.ts");
    openCodeCache(args, process.env);
    const { main } = await import("./main.ts");
    await main(args);
  }
}

/** `undefined` where somebody has removed it meanwhile. */
function currentDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** Straight to standard output: making the stream takes longer than all the rest. */
function say(text: string): void {
  try {
    writeSync(1, text);
  } catch (error) {
    // A pipe that does not wait needs the stream; where the reader has gone, nobody is to be told.
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") process.stdout.write(text);
  }
}

void start(process.argv.slice(2));
