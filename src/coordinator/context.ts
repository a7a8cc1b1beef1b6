import type { SystemHost } from "../host/system-host.ts";
import type { StreamName } from "../host/terminal.ts";
import type { Redactor } from "../secrets/redactor.ts";
import type { Stop } from "../host/signals.ts";

/** Options that every command takes. */
export interface GlobalOptions {
  /** `-C DIR`, made absolute; the process's directory where not given. */
  readonly cwd: string;
  /** `--config FILE`, or `none`. */
  readonly config: string | undefined;
  /** `--profile NAME`. */
  readonly profile: string | undefined;
  readonly quiet: boolean;
  /** 0, 1 (`-v`) or 2 (`-vv`: debug). */
  readonly verbose: number;
  readonly color: "auto" | "always" | "never";
  /** False with `--no-input`: never ask. */
  readonly input: boolean;
  /** Data on standard output as one JSON document; everything else on standard error. */
  readonly json: boolean;
}

/** What a command is given. It answers an exit code, or throws a `UserError`. */
export interface CommandContext {
  readonly host: SystemHost;
  readonly globals: GlobalOptions;
  readonly stop: Stop;
  /** The process's own: it knows the secrets of the environment from the start, and others once they are found. */
  readonly redactor: Redactor;
  /** The one way past the redactor: for what a person, or GitHub's masking, has asked to be told. @default stdout */
  readonly reveal: (text: string, stream?: StreamName) => void;
}
