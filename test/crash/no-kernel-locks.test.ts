import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cliHome } from "../rig/cli.ts";
import { isProgram } from "../rig/keyring.ts";
import { offLinux, skipReason } from "../rig/skip.ts";
import { CONFIG, flowOf, records, told, WAIT } from "./doomed.ts";

const noCompiler = skipReason(
  "a file system that refuses kernel locks",
  isProgram("gcc") ? undefined : "gcc is not installed",
);

/** Answers each lock on an open file (F_OFD_SETLK) as a file system does that has none: ENOLCK. */
const SHIM = `#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#define WRAP(name) int name(int fd, int cmd, ...) { \\
  va_list rest; va_start(rest, cmd); void *arg = va_arg(rest, void *); va_end(rest); \\
  if (cmd == 37) { errno = ENOLCK; return -1; } \\
  int (*real)(int, int, ...) = dlsym(RTLD_NEXT, #name); return real(fd, cmd, arg); }
WRAP(fcntl)
WRAP(fcntl64)
`;

it.skipIf(offLinux || noCompiler)(
  "a run on a disk without kernel locks goes on, keeps others of its flow out, and is told of when it dies",
  async () => {
    await using home = cliHome();
    const shim = join(home.directory, "shim.so");
    execFileSync("gcc", ["-shared", "-fPIC", "-o", shim, home.write("shim.c", SHIM), "-ldl"]);
    const env = { LD_PRELOAD: shim };
    home.write("flowctl.config.yaml", CONFIG);
    home.write("doomed.ts", flowOf(WAIT));
    const args = ["run", "doomed.ts", "--on-overlap", "skip", "--logs", "full"];
    const run = home.start(args, { env });
    await run.saw("last | reached");
    const other = await home.run(args, { env });
    expect([other.code, other.output]).toEqual([0, expect.stringContaining('another run of "doomed" goes on')]);
    await home.run(["reap"], { env });
    expect(readdirSync(join(home.state, "live"))).toHaveLength(1);
    run.child.kill("SIGKILL");
    await run.finished;
    expect(await told(home)).toHaveLength(1);
    expect(records(home).map(({ state }) => state)).toEqual(["Crashed", "Skipped"]);
  },
);
