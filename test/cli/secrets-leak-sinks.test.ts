import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CANARY, filesBelow, leaksIn, writtenForms } from "../rig/canary.ts";
import { cliHome, type CliHome } from "../rig/cli.ts";
import { offLinux } from "../rig/skip.ts";
import { onTerminal } from "../rig/terminal.ts";

/** A flow with the secret in every text that code can give to flowctl. */
const FLOW = `import { readFileSync } from "node:fs";
import { flow, task, shell, http, notifyTask, webhookTask, parameter, slackNotifier, triggers, Skip, Fail } from "flowctl";
const forms: string[] = JSON.parse(readFileSync(new URL("forms.json", import.meta.url), "utf8"));
const [s = ""] = forms;
const address = process.env["ADDRESS"] ?? "";
const bad = (text: string) => Object.assign(new Error(text, { cause: new Error(text) }), { stack: text + "\\n    at " + text, name: text });

const print = task("print " + s, { tags: [s] }, (_: {}, { logger }) => {
  for (const form of forms) { console.log("out", form); console.error("err", form); logger.info("log " + form); logger.debug(form); }
  return forms;
});
const fail = task("fail", { stateHandlers: [slackNotifier({ onlyStates: ["Failed"], channel: "service" })] }, () => { throw bad(forms.join("\\n")); });
const retried = task("retried", { retry: { max: 1, delay: "1ms" } }, () => { throw bad(s); });
const each = task("each", ({ of }: { of: string }) => { if (of.length > 3) throw new Fail(of); return of; });
const bytes = task("bytes", () => ({ of: Buffer.from(s), map: new Map([[s, s]]), date: new Date(0) }));
const kept = task("kept " + s, { cacheFor: "1h", cacheKey: "kept" }, () => ({ [s]: 1 }));
const harmless = task("harmless", { cacheFor: "1h" }, () => 1);
const unkeepable = task("unkeepable", () => ({ [s]: () => 1 }));
const skip = task("skip", () => { throw new Skip(s); });
const handled = task("handled", { stateHandlers: [() => { throw bad(s); }] }, () => 1);
const fetched = task("parts of a reply", ({ reply }: { reply: { text: string } }) => reply.text);
const cutOff = task("cut off", ({ error }: { error: unknown }) => { console.log("end of the text:", String((error as { text?: string }).text).slice(-60)); });
const outputs = shell({ name: "outputs", script: "cat forms.json; cat forms.json >&2; printf 'a=%s\\\\n' \\"$(head -c 40 forms.json)\\" >> $FLOWCTL_OUTPUT; env | grep -v ^FLOWCTL_FLOW= > task.env" });
const ends = shell({ name: "ends", script: "cat forms.json >&2; exit 3" });

export default flow("sinks of " + s, { stateHandlers: [(_flow, _from, to) => (to.type === "Failed" ? { ...to, message: "because of " + s } : undefined)] }, () => {
  const p = parameter("p", { default: s });
  const value = print();
  fail(); retried(); each.map({ of: ["a", s, s + "x"] }); bytes(); kept(); harmless(); unkeepable(); skip(); handled();
  fetched({ reply: http({ url: address + "/echo", json: { p }, accept: [200, 403] }) });
  cutOff({ error: http({ url: address + "/refused", json: { a: 1 } }, { name: "refused" }) }, { trigger: triggers.allFinished });
  outputs(); ends();
  notifyTask({ channel: "service", message: value }, { name: "tell" });
  notifyTask({ channel: "program", message: "words " + s }, { name: "tell program" });
  webhookTask({ url: address + "/own/" + encodeURIComponent(s) + "/T0KEN-0F-ITS-0WN", message: "x" }, { name: "own address" });
  notifyTask({ channel: "inbox", message: s }, { name: "late", trigger: triggers.anyFailed });
});
`;
/** Results that are shown and kept, of a run that succeeds. */
const GOOD = `import { readFileSync } from "node:fs";
import { flow, task } from "flowctl";
const forms: string[] = JSON.parse(readFileSync(new URL("forms.json", import.meta.url), "utf8"));
const made = task("made", { cacheFor: "1h" }, () => ({ forms, [forms[0] ?? ""]: forms }));
const told = task("told", () => forms[0]);
export default flow("good", () => { made(); told(); });
`;
const GOOD_SPEC = `flow: good-spec
tasks:
  made: { run: cat forms.json, capture: json }
result: "\${{ tasks.made.outputs.stdout }}"
`;
const DIES = `import { readFileSync } from "node:fs";
import { flow, task } from "flowctl";
const forms: string[] = JSON.parse(readFileSync(new URL("forms.json", import.meta.url), "utf8"));
const dies = task("dies of " + forms[0], () => { for (const form of forms) console.log(form); return new Promise(() => setTimeout(() => process.kill(process.pid, "SIGKILL"), 300)); });
export default flow("dies", () => { dies(); });
`;
const PAUSES = `import { readFileSync } from "node:fs";
import { flow, task, Pause } from "flowctl";
const forms: string[] = JSON.parse(readFileSync(new URL("forms.json", import.meta.url), "utf8"));
const made = task("made", () => forms[0]);
const waits = task("waits", () => { throw new Pause("for " + forms.join(" ")); });
export default flow("pauses", () => { made(); waits(); });
`;
/** Wrong in several places, and long enough that the line with the secret is cut within it. */
const SPEC = `flow: wrong
tasks:
  a: { run: "true", nedds: [x], env: { A: "${"x".repeat(60)}${JSON.stringify(CANARY).slice(1, -1)}" } }
  c: { uses: ${JSON.stringify(CANARY)} }
`;
const config = (directory: string): string => `channels:
  service: { type: webhook, url: { secret: SERVICE }, fallback: program }
  program: { type: command, run: ["sh", "-c", "cd '${directory}'; env > hook.env; cat >> hook.json; cat forms.json >&2; exit 78"] }
hooks:
  - name: ${JSON.stringify(`hook ${CANARY}`)}
    states: [Failed, Success, Paused]
    to: [service, program, inbox]
    message: ${JSON.stringify(`\${{ run.state }}: ${CANARY}`)}
`;

/** Characters of a refusal's text that an error of the task `http` keeps. */
const CUT_AT = 2000;

let server: Server;
let home: CliHome;
let env: Readonly<Record<string, string>>;
const requests: string[] = [];

beforeAll(async () => {
  // It repeats the secret, whatever it is asked, before and behind the place where a quote of it is cut.
  server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      if (request.url !== "/echo") requests.push(`${JSON.stringify(request.headers)}\n${body}`);
      if (request.url === "/refused") return response.writeHead(403).end("x".repeat(CUT_AT - 20) + CANARY);
      const said = `${CANARY} ${"no ".repeat(42)}${CANARY} at ${request.url ?? ""} ${writtenForms().join(" ")}`;
      return response.writeHead(403, { "content-type": "text/plain" }).end(said);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  home = cliHome();
  home.write("forms.json", JSON.stringify(writtenForms()));
  home.write("sinks.ts", FLOW);
  home.write("good.ts", GOOD);
  home.write("good.yaml", GOOD_SPEC);
  home.write("dies.ts", DIES);
  home.write("pauses.ts", PAUSES);
  home.write("wrong.yaml", SPEC);
  home.write(
    "throws.ts",
    `import { readFileSync } from "node:fs"; throw new Error(readFileSync("forms.json", "utf8"));`,
  );
  home.write("flowctl.config.yaml", config(home.directory));
  env = { FLOWCTL_SECRET_CANARY: CANARY, FLOWCTL_SECRET_SERVICE: `${address}/hook`, ADDRESS: address };
});
afterAll(async () => {
  await home[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});

const NOTIFY = ["--notify"];
const GITHUB = { GITHUB_ACTIONS: "true", CI: "true", GITHUB_STEP_SUMMARY: "summary.md" };
const FILES = ["--report", "report.xml", "--events", "events.jsonl"];

/** In this order: later rows show what earlier ones left. */
const ROWS: readonly (readonly [args: readonly string[], env?: Readonly<Record<string, string>>])[] = [
  [["run", "sinks.ts", "--dry-run"]],
  [["run", "sinks.ts", "--dry-run", "--json"]],
  [["run", "sinks.ts", "--logs", "full", "-vv", ...FILES]],
  [["run", "sinks.ts", "--json"]],
  [["run", "sinks.ts", "--ui", "json"]],
  [["run", "sinks.ts", "--quiet", "--events", "-"]],
  [["run", "sinks.ts", ...FILES], GITHUB],
  [["run", "sinks.ts", "-p", `p=${CANARY}`, ...NOTIFY]],
  [["run", "good.ts"]],
  [["run", "good.ts", "--json"]],
  [["run", "good.ts", "--dry-run"]],
  [["run", "good.yaml"]],
  [["run", "good.yaml", "--json"]],
  [["runs", "show", "--json"]],
  [["run", "dies.ts"]],
  [["reap"]],
  [["run", "pauses.ts"]],
  [["runs", "resume", "last"]],
  [["run", "wrong.yaml", ...NOTIFY]],
  [["run", "wrong.yaml", ...NOTIFY], GITHUB],
  [["run", "throws.ts", ...NOTIFY]],
  [["run", "sinks.ts", "--config", `${CANARY}.yaml`]],
  [["graph", "wrong.yaml"]],
  [["validate", "sinks.ts", "wrong.yaml", "throws.ts"]],
  [["validate", "sinks.ts", "wrong.yaml", "throws.ts"], GITHUB],
  [["validate", "sinks.ts", "wrong.yaml", "throws.ts", "--json"]],
  ...["tree", "mermaid", "dot", "svg", "json"].map((format) => [["graph", "sinks.ts", "--format", format]] as const),
  ...["list", "show", "logs"].flatMap((verb) => [[["runs", verb]], [["runs", verb, "--json"]]] as const),
  [["runs", "logs", "last", CANARY]],
  [["notify", "list", "--all"]],
  [["notify", "list", "--all", "--json"]],
  [["notify", "show", "n_"]],
  [["notify", "show", "n_", "--json"]],
  [["notify", "test", "service", "program"]],
  [["notify", "test", "service", "program", "--json"]],
  [["notify", "retry", "--all"]],
  [["notify", "flush", "--json"]],
  [["inbox"]],
  [["inbox", "--json"]],
  [["config", "show"]],
  [["config", "show", "--json", "--origin"]],
  [["secrets", "test", "CANARY", `A${CANARY}`]],
  [["secrets", "list", "--json"]],
];

test.each(ROWS.map(([args, more = {}]) => ({ args, more, line: `${args.join(" ")} ${Object.keys(more).join(" ")}` })))(
  "flowctl $line shows the secret in no output, no file and no request",
  async ({ args, more }) => {
    const { stdout, stderr } = await home.run(args, { env: { ...env, ...more } });
    // GitHub's own masking is told the secret, which is how it learns what to hide.
    expect(leaksIn(stdout.replaceAll(/^::add-mask::.*$/gm, "")), stdout).toEqual([]);
    expect(leaksIn(stderr), stderr).toEqual([]);
  },
);

/** Names and paths identify a flow, a task, a hook or a config from run to run; a hook's message is a copy of the config. */
const AS_WRITTEN =
  /^(?:\.news|\.told\.\d+)?(?:\.fallback|\.before)*\.(?:flow|task|names\.\d+|heardBy\.\d+|hooks\.\d+\.(?:name|message)|chosen\.config)$/;

/** Where a file shows the secret, in values and keys of JSON by their paths. */
function leaksInFile(path: string, text: string): readonly string[] {
  if (!path.startsWith(home.state) || !/\.jsonl?$/.test(path))
    return leaksIn(text + path).map((form) => `${path}: ${form}`);
  const found: string[] = [];
  const look = (value: unknown, place: string): void => {
    if (typeof value === "object" && value !== null)
      for (const [key, each] of Object.entries(value)) {
        look(key, `${place}.key`);
        look(each, `${place}.${key}`);
      }
    else if (leaksIn(String(value)).length > 0 && !AS_WRITTEN.test(place)) found.push(`${path} ${place}`);
  };
  for (const line of path.endsWith("l") ? text.split("\n") : [text]) if (line !== "") look(JSON.parse(line), "");
  return found;
}

describe("after all of them", () => {
  test("no file of the state directory or of the project shows it", () => {
    const written = [
      ...filesBelow(home.state),
      ...filesBelow(home.directory).filter(([path]) =>
        /(?:report\.xml|events\.jsonl|summary\.md|hook\.(?:json|env)|task\.env)$/.test(path),
      ),
    ];
    const names = written.map(([path]) => path);
    for (const name of ["report.xml", "events.jsonl", "summary.md", "hook.json", "hook.env", "task.env"])
      expect(names).toContain(join(home.directory, name));
    for (const part of ["journal.jsonl", "results.jsonl", "will.json", "end.json", "/outbox/", "/cache/", "inbox"])
      expect(
        names.some((name) => name.includes(part)),
        part,
      ).toBe(true);
    expect(written.flatMap(([path, text]) => leaksInFile(path, text))).toEqual([]);
  });

  test("no request of flowctl's own to a service shows it", () => {
    expect(requests.length).toBeGreaterThan(5);
    expect(leaksIn(requests.join("\n"))).toEqual([]);
  });

  test.skipIf(offLinux)("the live view shows it in no picture", async () => {
    const { output } = await onTerminal(home, ["run", "sinks.ts", "--logs", "full"], [], { env });
    expect(output).toContain("sinks of");
    expect(leaksIn(output)).toEqual([]);
  });
});
