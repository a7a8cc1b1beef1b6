import { fileURLToPath } from "node:url";
import { projectCopy } from "./load/project-copy.ts";
import { VERSION } from "./version.ts";

/**
 * The executable's first file, and for `--version` its only one: everything
 * else costs more to start than this does.
 */
async function start(args: readonly string[]): Promise<void> {
  const copy = projectCopy(args, process.cwd());
  if (copy !== undefined) {
    process.argv[1] = fileURLToPath(copy);
    await import(copy);
  } else if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
    process.stdout.write(`${VERSION}\n`);
  } else {
    const { main } = await import("./main.ts");
    await main(args);
  }
}

void start(process.argv.slice(2));
