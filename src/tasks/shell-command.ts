import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** A program and its arguments. */
export interface Argv {
  readonly file: string;
  readonly args: readonly string[];
}

/** The shells that are known by name, and how each is given a script; the first error ends it. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  bash: ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"],
  sh: ["sh", "-e", "-c"],
  zsh: ["zsh", "-f", "-eo", "pipefail", "-c"],
  pwsh: ["pwsh", "-NoProfile", "-NonInteractive", "-Command"],
  powershell: ["powershell", "-NoProfile", "-NonInteractive", "-Command"],
  cmd: ["cmd", "/d", "/s", "/c"],
};

/** Names for `shell`; also a list: a program and its arguments, to which the script is added. */
export type ShellChoice = "bash" | "sh" | "zsh" | "pwsh" | "powershell" | "cmd" | readonly string[];

/**
 * How a script is run: by the chosen shell, else `bash -eo pipefail` where there is bash,
 * else `sh -e`; on Windows by `pwsh`.
 *
 * @throws Error where the name is not known
 */
export function shellCommand(options: {
  readonly script: string;
  readonly shell?: ShellChoice | undefined;
  readonly path: string | undefined;
  readonly platform: NodeJS.Platform;
}): Argv {
  const { script, shell, path, platform } = options;
  const words = shell === undefined ? byDefault(path, platform) : typeof shell === "string" ? named(shell) : shell;
  const [file, ...args] = words ?? [];
  if (file === undefined)
    throw new Error(`shell ${JSON.stringify(shell)} is not known: use ${Object.keys(KNOWN).join(", ")} or a list`);
  const strict = file === "pwsh" || file === "powershell" ? `$ErrorActionPreference = 'Stop'\n${script}` : script;
  return { file, args: [...args, strict] };
}

/** `constructor` is the name of something, but of no shell. */
function named(shell: string): readonly string[] | undefined {
  return Object.hasOwn(KNOWN, shell) ? KNOWN[shell] : undefined;
}

function byDefault(path: string | undefined, platform: NodeJS.Platform): readonly string[] | undefined {
  if (platform === "win32") return KNOWN["pwsh"];
  return KNOWN[hasBash(path) ? "bash" : "sh"];
}

const known = new Map<string, boolean>();

function hasBash(path = "/usr/bin:/bin"): boolean {
  let has = known.get(path);
  if (has === undefined) {
    has = path.split(delimiter).some((directory) => directory !== "" && isExecutable(join(directory, "bash")));
    known.set(path, has);
  }
  return has;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
