import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { BIN, type CliHome } from "./cli.ts";

const random = (): string => randomBytes(4).toString("hex");

/**
 * A secret to look for. It has a character that each of the encodings treats in its own way, no ordinary text
 * has any of it, and no other test process on the machine has the same.
 */
export const CANARY = `k${random()}/+"&<k>'é-${random()}k`;

/** Every form in which it may show up, made here by other means than those of the redactor, and what is left of it when it is cut. */
const FORMS: Readonly<Record<string, string>> = {
  raw: CANARY,
  json: JSON.stringify(CANARY).slice(1, -1),
  "json twice": JSON.stringify(JSON.stringify(CANARY)).slice(3, -3),
  "json of Go": JSON.stringify(CANARY)
    .slice(1, -1)
    .replace("&", "\\u0026")
    .replace("<", "\\u003c")
    .replace(">", "\\u003e"),
  "json in ASCII": JSON.stringify(CANARY).slice(1, -1).replace("é", "\\u00e9"),
  url: encodeURIComponent(CANARY),
  form: new URLSearchParams({ a: CANARY }).toString().slice(2),
  base64: Buffer.from(CANARY).toString("base64").slice(0, -4),
  "base64 after 1": Buffer.from(`x${CANARY}`).toString("base64").slice(4, -4),
  "base64 after 2": Buffer.from(`xx${CANARY}`).toString("base64").slice(4, -4),
  base64url: Buffer.from(CANARY).toString("base64url").slice(0, -4),
  hex: Buffer.from(CANARY).toString("hex"),
  HEX: Buffer.from(CANARY).toString("hex").toUpperCase(),
  html: CANARY.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
  shell: CANARY.replaceAll("'", "'\\''"),
  decomposed: CANARY.normalize("NFD"),
  "url twice": encodeURIComponent(encodeURIComponent(CANARY)),
  "url in part": CANARY.replaceAll("+", "%2B").replaceAll("é", "%C3%A9"),
  "html in part": CANARY.replaceAll("&", "&amp;").replaceAll("'", "&#39;"),
  "quoted-printable": quotedPrintable(CANARY),
  "hex in pairs": hexPairs(CANARY).join(" "),
  "hex with colons": hexPairs(CANARY).join(":"),
  "bytes of decimal numbers": [...Buffer.from(CANARY)].join(","),
  "lines of decimal numbers": [...Buffer.from(CANARY)].join(",\n    "),
  "UTF-16 as base64": Buffer.from(CANARY, "utf16le").toString("base64").slice(0, -4),
  "UTF-16 as hex": Buffer.from(CANARY, "utf16le").toString("hex"),
  "its beginning": CANARY.slice(0, 9),
  "its end": CANARY.slice(-9),
};

function quotedPrintable(text: string): string {
  return text.replaceAll(/[^ -<>-~]/gu, (each) =>
    [...Buffer.from(each)].map((byte) => `=${hexOf(byte).toUpperCase()}`).join(""),
  );
}

function hexPairs(text: string): readonly string[] {
  return Array.from(Buffer.from(text), hexOf);
}

function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

/** The canary as programs write it, whole: to be put into texts of theirs. */
export function writtenForms(): readonly string[] {
  const whole = Object.entries(FORMS).flatMap(([name, form]) => (/base64|^its /.test(name) ? [] : [form]));
  const behind = ["", "x", "xx"].map((before) => Buffer.from(`${before}${CANARY} and more`).toString("base64"));
  return [
    ...whole,
    ...behind,
    behind.join("").replaceAll(/.{19}/g, "$&\n"),
    Buffer.from(CANARY).toString("base64url"),
    Buffer.from(CANARY, "utf16le").toString("base64"),
    inspect(Buffer.from(CANARY)),
    JSON.stringify(Buffer.from(CANARY)),
    JSON.stringify([...Buffer.from(CANARY)], undefined, 2),
  ];
}

/** In which forms a text shows the canary. */
export function leaksIn(text: string): readonly string[] {
  return Object.entries(FORMS)
    .filter(([, form]) => text.includes(form))
    .map(([name]) => name);
}

/** Where the canary showed: nowhere. */
export const NONE = { output: [], state: [], argv: [], environ: [] };

/** How a command is started that is watched. */
export interface Watch {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** The program. @default the real one */
  readonly cli?: string;
  /** Variables that other programs are given on purpose. */
  readonly given?: readonly string[];
}

/** All that a command left: what it printed, the files of the state directory, and what others could see meanwhile. */
export async function watched(
  home: CliHome,
  args: readonly string[],
  { env = {}, input = "", cli = BIN, given = ["CANARY"] }: Watch = {},
) {
  const started = home.start(args, { env, input, program: [process.execPath, cli] });
  const { child } = started;
  const seen = new Map<string, Seen>();
  while (child.exitCode === null && child.signalCode === null) {
    for (const each of processes(seen)) seen.set(each.key, each);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { code, output } = await started.finished;
  const files = filesBelow(home.state);
  // What it was given itself it has; so have the sentinel and the drainer, which are flowctl, too.
  const others = [...seen.values()].filter(({ commandLine }) => commandLine !== "" && !commandLine.includes(cli));
  return {
    code,
    output,
    leaks: {
      output: leaksIn(output),
      state: files.flatMap(([path, text]) =>
        leaksIn(text + path).map((form) => `${path.slice(home.state.length)}: ${form}`),
      ),
      argv: leaksIn([...seen.values()].map(({ commandLine }) => commandLine).join("\n")),
      environ: others
        .filter(({ environ }) => environ.split("\0").some((each) => leaksIn(each).length > 0 && !isGiven(each, given)))
        .map(({ commandLine }) => commandLine),
    },
  };
}

function isGiven(variable: string, given: readonly string[]): boolean {
  return given.some((name) => variable.startsWith(`${name}=`));
}

interface Seen {
  readonly key: string;
  readonly commandLine: string;
  readonly environ: string;
}

/** Processes that were not seen before, or are another program by now. */
function processes(seen: ReadonlyMap<string, Seen>): readonly Seen[] {
  return readdirSync("/proc")
    .filter((each) => /^\d+$/.test(each))
    .flatMap((pid) => {
      const commandLine = read(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
      const key = `${pid} ${commandLine}`;
      return seen.has(key) ? [] : [{ key, commandLine, environ: read(`/proc/${pid}/environ`) }];
    });
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // It has ended, or is another user's.
    return "";
  }
}

/** The files below a directory, with their texts. */
export function filesBelow(directory: string): readonly (readonly [path: string, text: string])[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name))
    .flatMap((path) => {
      try {
        return [[path, readFileSync(path, "utf8")] as const];
      } catch (error) {
        // A drainer of its own may be at work: what it has taken away meanwhile holds nothing.
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw error;
      }
    });
}

/** A flow that does all that a careless author could do with a secret, and fails. */
export const CARELESS = `
import { flow, task, shell, notifyTask, slackNotifier, triggers } from "flowctl";
import { execFileSync } from "node:child_process";

const forms = (s) => [s, JSON.stringify({ s }), JSON.stringify(JSON.stringify({ s })), encodeURIComponent(s),
  JSON.stringify({ s }).replace("&", "\\\\u0026").replace("<", "\\\\u003c").replace(">", "\\\\u003e"), JSON.stringify({ s }).replace("é", "\\\\u00e9"),
  new URLSearchParams({ s }).toString(), ...[0, 1, 2].map((n) => Buffer.from("x".repeat(n) + s + "more").toString("base64")),
  Buffer.from(s).toString("base64url"), Buffer.from(s).toString("hex"), Buffer.from(s).toString("hex").toUpperCase(), s.normalize("NFD"),
  s.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"), "'" + s.replaceAll("'", "'\\\\''") + "'"];

const print = task("print", { secrets: ["CANARY"] }, async (_: {}, ctx) => {
  const s = await ctx.secret("CANARY");
  for (const form of forms(s)) { console.log("out", form); console.error("err", form); ctx.logger.info("log " + form); }
  for (const unit of s) process.stdout.write(unit);
  process.stdout.write("\\n");
  console.log(execFileSync("cat", { input: forms(s).join("\\n"), encoding: "utf8" }));
  execFileSync("sh", ["-c", "env > child.env"]);
  return forms(s);
});
const fail = task("fail", { secrets: ["CANARY"], stateHandlers: [slackNotifier({ onlyStates: ["Failed"], channel: "hook" })] }, async (_: {}, ctx) => {
  const s = await ctx.secret("CANARY");
  throw new Error("refused: " + forms(s).join("\\n"), { cause: new Error(s) });
});
// What later runs could take from the disk, as text and as bytes.
const keep = task("keep", { secrets: ["CANARY"], cacheFor: "1h" }, async (_: {}, ctx) => { const s = await ctx.secret("CANARY"); return { s, bytes: Buffer.from(s), of: new Map([[s, s]]) }; });
const reject = task("reject", { secrets: ["CANARY"] }, async (_: {}, ctx) => { throw { message: await ctx.secret("CANARY") }; });
const name = task("name", { secrets: ["CANARY"] }, async (_: {}, ctx) => { const s = await ctx.secret("CANARY"); const error = new TypeError(s); error.stack = s; throw error; });

// A line that is cut where the secret stands, from a program that is given it; another one that is not.
const cut = shell({ name: "cut", secrets: ["CANARY"], script: "head -c 65530 /dev/zero | tr '\\\\0' x; printf %s \\"$CANARY\\"; head -c 9 /dev/zero | tr '\\\\0' y; exit 3" });
const blind = shell({ name: "blind", script: "env > shell.env" });

export default flow("careless", () => {
  const printed = print();
  const failed = fail();
  reject();
  keep();
  name();
  cut();
  blind();
  notifyTask({ channel: "inbox", message: printed }, { name: "tell" });
  notifyTask({ channel: "inbox", message: failed }, { name: "tell-failure", trigger: triggers.anyFailed });
});
`;
