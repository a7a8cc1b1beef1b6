import { join } from "node:path";
import type { Host } from "../host/host.ts";
import { diskTrouble } from "../model/disk-trouble.ts";
import { EXIT_CODES, UserError, userError, type Diagnostic } from "../model/error.ts";
import { annotateDiagnostics, renderDiagnostics } from "../reporters/diagnostics.ts";
import { control } from "../reporters/screen-before.ts";

/** A bug of ours (design §3). */
const BUG = 70;

/**
 * Says what went wrong, on standard error, and answers the exit code. What the
 * person can mend is shown as diagnostics; a bug of ours goes into a file, with
 * its stack, so that it can be reported.
 */
export function explain(
  error: unknown,
  host: Host,
  options: {
    readonly redact: (text: string) => string;
    readonly cwd?: string;
    /** False with `--no-annotations`. @default true */
    readonly annotations?: boolean;
  },
): number {
  const { stderr } = host.terminal;
  const { redact, cwd = host.environment.cwd, annotations = true } = options;
  if (error instanceof UserError) {
    const diagnostics = redactExcerpts(error.diagnostics, redact);
    if (annotations && host.environment.variables["GITHUB_ACTIONS"] === "true")
      for (const line of annotateDiagnostics(diagnostics, workspaceOf(host))) control(stderr, `${line}\n`);
    stderr.write(renderDiagnostics(diagnostics, { cwd }));
    return EXIT_CODES[error.kind];
  }
  const failed = failedPath(error);
  if (failed !== undefined) return explain(diskError(failed, error, host), host, options);
  const text = redact(error instanceof Error ? (error.stack ?? String(error)) : String(error));
  const file = crashFile(host, text);
  stderr.write(
    `error[BUG]: flowctl itself failed: ${text.split("\n")[0] ?? ""}\n` +
      (file === undefined ? `${text}\n` : `  help: please report it with the file ${file}\n`),
  );
  return BUG;
}

/** The path of an operation on the disk that failed: that is no bug, but another user's file, or the disk's. */
function failedPath(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("path" in error)) return undefined;
  const isOfProcess = "syscall" in error && String(error.syscall).startsWith("spawn");
  return !isOfProcess && typeof error.path === "string" ? error.path : undefined;
}

/** Whether the file belongs to somebody else, as where HOME is another user's. */
function isForbidden(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["EACCES", "EPERM", "EROFS"].includes(String(error.code));
}

function diskError(path: string, cause: unknown, { environment: { home, user } }: Host): UserError {
  if (!isForbidden(cause)) return userError("usage", "DISK", `${path}: ${diskTrouble(cause)}`, { cause });
  return userError("usage", "NO_PERMISSION", `${path}: ${diskTrouble(cause)}`, {
    cause,
    ...(path.startsWith(home)
      ? { help: `HOME is ${home}, and the user is "${user}": say HOME=/a/directory/of/theirs flowctl …` }
      : {}),
  });
}

/** What the paths of annotations are relative to. */
export function workspaceOf({ environment }: Host): { readonly workspace?: string } {
  const workspace = environment.variables["GITHUB_WORKSPACE"];
  return workspace === undefined ? {} : { workspace };
}

/** Diagnostics without secrets in their source lines, which are cut: a cut could end within one. */
export function redactExcerpts(
  diagnostics: readonly Diagnostic[],
  redact: (text: string) => string,
): readonly Diagnostic[] {
  return diagnostics.map((each) =>
    each.sourceLine === undefined ? each : { ...each, sourceLine: redact(each.sourceLine) },
  );
}

function crashFile(host: Host, text: string): string | undefined {
  const { environment, files, clock } = host;
  const directory = join(
    environment.variables["FLOWCTL_STATE_DIR"] ?? join(environment.home, ".local", "state", "flowctl"),
    "crashes",
  );
  const file = join(directory, `${new Date(clock.now()).toISOString().replaceAll(":", "-")}.txt`);
  try {
    files.makeDirectory(directory);
    return files.create(file, `${text}\n`) ? file : undefined;
  } catch {
    // A disk that is full must not hide the bug: it is shown instead.
    return undefined;
  }
}
