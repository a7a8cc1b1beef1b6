import { join, relative, resolve } from "node:path";
import { userError } from "../model/error.ts";
import type { CommandContext } from "../coordinator/context.ts";

/** The options of `flowctl init`. */
export interface InitOptions {
  /** The flow's language. Asked for on a terminal; elsewhere `ts`. */
  readonly template?: string;
}

const TEMPLATES = ["ts", "yaml"] as const;
type Template = (typeof TEMPLATES)[number];

const FLOWS: Readonly<Record<Template, string>> = {
  ts: `import { flow, notifyTask, task } from "flowctl";

const extract = task("extract", { retry: { max: 2, delay: "5s" } }, () => [1, 2, 3]);

const load = task("load", ({ rows }: { rows: readonly number[] }, { logger }) => {
  logger.info(\`\${rows.length} rows\`);
  return \`\${rows.length} rows loaded\`;
});

export default flow("first", () => {
  const message = load({ rows: extract() });
  notifyTask({ channel: "inbox", message });
});
`,
  yaml: `# yaml-language-server: $schema=./flow.schema.json
flow: first

tasks:
  extract:
    run: echo 3
    retry: { max: 2, delay: 5s }

  load:
    run: echo \${{ tasks.extract.outputs.stdout }} rows loaded

  told:
    uses: notify
    with: { channel: inbox, message: "\${{ tasks.load.outputs.stdout }}" }
`,
};

const CONFIG = `# yaml-language-server: $schema=./flowctl.schema.json
# Who is told of what. The channel "inbox" is always there: flowctl inbox
hooks:
  - { name: failures, states: [Failed], to: [inbox] }

# channels:
#   team: { type: slack, url: { secret: SLACK_WEBHOOK_URL } }
# then: flowctl secrets set SLACK_WEBHOOK_URL, and to: [team] above
`;

/**
 * `flowctl init [DIR]`: a first flow, a config, and the schemas that editors
 * read. A file that is there stays as it is.
 *
 * @throws UserError where there would be nothing to write
 */
export async function initCommand(
  [directory = "."]: readonly string[],
  options: InitOptions,
  context: CommandContext,
): Promise<number> {
  const { host, globals } = context;
  const template = await chosen(options.template, context);
  const root = resolve(globals.cwd, directory);
  const { jsonSchema } = await import("../config/json-schema.ts");
  const schema = (of: "flow" | "config"): string => `${JSON.stringify(jsonSchema(of), null, 2)}\n`;
  const plan: readonly (readonly [string, string])[] = [
    [`first.${template}`, FLOWS[template]],
    ["flowctl.config.yaml", CONFIG],
    ["flowctl.schema.json", schema("config")],
    ...(template === "yaml" ? [["flow.schema.json", schema("flow")] as const] : []),
  ];
  const written = write(plan, root, host);
  const kept = plan.filter((each) => !written.includes(each));
  const at = (name: string): string => {
    const path = relative(globals.cwd, join(root, name));
    return path.startsWith("..") ? join(root, name) : path;
  };
  if (written.length === 0)
    throw userError("usage", "INIT_EXISTS", "everything is there already, and nothing was overwritten", {
      help: `flowctl run ${at(`first.${template}`)}`,
    });
  const { stdout } = host.terminal;
  for (const [name] of written) stdout.write(`wrote ${at(name)}\n`);
  for (const [name] of kept) stdout.write(`kept  ${at(name)}\n`);
  // Whoever typed npx has no flowctl of their own to type.
  const npx = host.environment.variables["npm_command"] === "exec" ? "npx " : "";
  stdout.write(`next: ${npx}flowctl run ${at(`first.${template}`)}\n`);
  return 0;
}

/** What was not there yet. */
function write(
  plan: readonly (readonly [name: string, text: string])[],
  root: string,
  { files }: CommandContext["host"],
): readonly (readonly [name: string, text: string])[] {
  try {
    files.makeDirectory(root, "shared");
    return plan.filter(([name, text]) => files.create(join(root, name), text, "shared"));
  } catch (cause) {
    const why = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw userError("usage", "INIT_DIRECTORY", `nothing can be written in ${root} (${why})`, {
      cause,
      help: "name another directory: flowctl init DIR",
    });
  }
}

async function chosen(asked: string | undefined, { host, globals }: CommandContext): Promise<Template> {
  if (asked !== undefined) {
    const found = TEMPLATES.find((each) => each === asked);
    if (found !== undefined) return found;
    throw userError("usage", "INIT_TEMPLATE", `there is no template "${asked}"`, {
      help: `one of ${TEMPLATES.join(", ")}`,
    });
  }
  const { terminal, environment } = host;
  const { isTTY, columns } = terminal.stderr;
  // Where there are no columns the question would stand a letter on a line.
  const isAsking = globals.input && terminal.stdinIsTTY && isTTY && columns > 0 && !environment.variables["CI"];
  if (!isAsking) return "ts";
  const { select, isCancel } = await import("@clack/prompts");
  const answer = await select({
    message: "How do you want to write flows?",
    options: [
      { value: "ts" as const, label: "TypeScript", hint: "typed, with any package" },
      { value: "yaml" as const, label: "YAML", hint: "shell scripts and the task library" },
    ],
  });
  if (isCancel(answer)) throw userError("usage", "INIT_CANCELLED", "nothing was written");
  return answer;
}
