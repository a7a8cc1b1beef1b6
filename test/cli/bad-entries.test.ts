import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { cliHome, type CliHome, type Start } from "../rig/cli.ts";
import { cannotStartAs, onWindows } from "../rig/skip.ts";

/** What can be in the place of a file or a directory. */
const KINDS = {
  pipe: (path) => execFileSync("mkfifo", [path]),
  directory: (path) => {
    mkdirSync(path);
    writeFileSync(join(path, "x"), "");
  },
  loop: (path) => {
    symlinkSync(basename(path), path);
  },
  // The server is killed: one that closes removes its socket. A relative path, as a socket's is short.
  socket: (path) => {
    const serve = `require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", serve, basename(path)], { cwd: dirname(path) });
    if (!lstatSync(path).isSocket()) throw new Error(`no socket at ${path}`);
  },
  unreadable: (path) => {
    writeFileSync(path, "{}");
    chmodSync(path, 0);
  },
  "unreadable directory": (path) => {
    mkdirSync(path);
    chmodSync(path, 0);
  },
  "file of 1 GB": (path) => {
    writeFileSync(path, "");
    truncateSync(path, 2 ** 30);
  },
} satisfies Record<string, (path: string) => unknown>;

/** Nothing is unreadable for root: its commands run as another user, who owns the home. */
const USER = process.getuid?.() === 0 ? 65_534 : undefined;
const AS_USER: Start = USER === undefined ? {} : { uid: USER };

/** Gives all below a path to the user. */
function give(path: string): void {
  if (USER !== undefined) execFileSync("chown", ["-hR", `${String(USER)}:${String(USER)}`, path]);
}

/** `npm run chaos` tries each kind in each place; else each third place has one kind, in turn. */
const isFull = process.env["FLOWCTL_CHAOS"] === "full";

/** A project whose run fails, writes to each file of the state directory, and notifies three channels. */
async function project(home: CliHome): Promise<void> {
  home.write(
    "nightly.yaml",
    `flow: nightly
tasks:
  load: { run: echo 7 rows, cache: 1h }
  check: { run: exit 3 }
`,
  );
  home.write(
    "flowctl.config.yaml",
    `channels:
  team: { type: command, run: "cat >> \\"$HOME/delivered\\"; echo >> \\"$HOME/delivered\\"" }
  down: { type: command, run: "exit 9" }
  here: { type: inbox }
hooks:
  - { name: ends, states: [Failed], to: [team, down, here], notifyOn: always }
delivery: { waitAtEnd: 1s }
`,
  );
  give(dirname(home.directory));
  expect((await home.run(["run", "nightly.yaml"], AS_USER)).code).toBe(1);
  // A run that never came to its end, for the reaper.
  const runs = readdirSync(join(home.state, "runs"));
  const [id = ""] = runs;
  const crashed = `0${id.slice(1)}`;
  cpSync(join(home.state, "runs", id), join(home.state, "runs", crashed), { recursive: true });
  const manifest = join(home.state, "runs", crashed, "will.json");
  writeFileSync(
    manifest,
    readFileSync(manifest, "utf8")
      .replaceAll(id, crashed)
      .replace(/"hooks":\[.*?\}\],/, '"hooks":[],'),
  );
  rmSync(join(home.state, "runs", crashed, "end.json"));
  writeFileSync(join(home.state, "live", crashed), "");
}

function placesIn(state: string, below = ""): readonly string[] {
  return readdirSync(join(state, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    return entry.isDirectory() ? [path, ...placesIn(state, path)] : [path];
  });
}

test.skipIf(onWindows || cannotStartAs(USER))(
  "a bad entry anywhere in the state directory is set aside: the run keeps its exit code, everybody is notified",
  async () => {
    await using home = cliHome();
    await project(home);
    const delivered = join(home.directory, "..", "home", "delivered");
    const kinds = Object.keys(KINDS) as (keyof typeof KINDS)[];
    const places = placesIn(home.state);
    expect(places.length).toBeGreaterThan(20);
    const all = places.flatMap((place, at) =>
      (isFull ? kinds : at % 3 === 0 ? [kinds[at % kinds.length]!] : [])
        // With a directory there nothing is written: see the state directory that cannot be written to.
        .filter((kind) => place !== ".writable" || !kind.endsWith("directory"))
        .map((kind) => ({ place, kind })),
    );
    for (const { place, kind } of all) {
      const state = join(home.directory, "..", "damaged");
      rmSync(state, { recursive: true, force: true });
      rmSync(delivered, { force: true });
      cpSync(home.state, state, { recursive: true });
      rmSync(join(state, place), { recursive: true });
      KINDS[kind](join(state, place));
      give(dirname(state));
      const start = { ...AS_USER, env: { FLOWCTL_STATE_DIR: state } };
      const { code, stderr } = await home.run(["run", "nightly.yaml"], start);
      const what = `a ${kind} at ${place}:\n${stderr}`;
      expect(code, what).toBe(1);
      expect(existsSync(delivered) ? readFileSync(delivered, "utf8").trim().split("\n") : [], what).toHaveLength(1);
      // Each is said once.
      const warnings = stderr.split("\n").filter((line) => line.includes(`${state}/${place} `));
      expect(warnings.length, what).toBeLessThanOrEqual(1);
      expect((await home.run(["runs", "list"], start)).code, what).toBe(0);
    }
  },
  600_000,
);

test.skipIf(onWindows)(
  "what is in a message's place is moved, with one warning, and the other messages are sent",
  async () => {
    await using home = cliHome();
    home.write("flowctl.config.yaml", `channels: { here: { type: inbox } }\n`);
    expect((await home.run(["runs", "list"])).code).toBe(0);
    mkdirSync(join(home.state, "outbox", "new"), { recursive: true });
    KINDS.pipe(join(home.state, "outbox", "new", "n_0.json"));
    KINDS.loop(join(home.state, "outbox", "new", "n_1.json"));
    home.write("note.yaml", `flow: note\ntasks:\n  say: { uses: notify, with: { channel: here, message: hello } }\n`);
    const { code, stderr } = await home.run(["run", "note.yaml"]);
    expect(code).toBe(0);
    expect(stderr.match(/^warning: .*n_[01]\.json cannot be used/gm)).toHaveLength(2);
    expect(readdirSync(join(home.state, "inbox"))).toHaveLength(1);
    const again = await home.run(["run", "note.yaml"]);
    expect(again.stderr).not.toContain("warning");
  },
);

test.skipIf(onWindows || cannotStartAs(USER)).each(["unreadable", "loop", "socket"] as const)(
  "the file that shows whether the state directory can be written to is made anew in the place of a(n) %s",
  async (kind) => {
    await using home = cliHome();
    mkdirSync(home.state, { mode: 0o700 });
    KINDS[kind](join(home.state, ".writable"));
    home.write("note.yaml", `flow: note\ntasks: { say: { run: echo hello } }\n`);
    give(dirname(home.directory));
    const { code, stderr } = await home.run(["run", "note.yaml"], AS_USER);
    expect(code, stderr).toBe(0);
    expect(lstatSync(join(home.state, ".writable")).isFile()).toBe(true);
  },
);
