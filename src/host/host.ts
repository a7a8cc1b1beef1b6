import type { Clock } from "./clock.ts";
import type { Files } from "./files.ts";

/**
 * The outside world as small ports. `cli.ts` builds the real one; tests and the
 * test kit build others. Everything else sees the types only.
 */
export interface Host {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly environment: Environment;
  readonly terminal: Terminal;
}

/** A number from 0 up to, but without, 1. */
export type Random = () => number;

/** What the process was started with, read once. */
export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly user: string;
  readonly hostname: string;
  readonly pid: number;
  /** Undefined on Windows. */
  readonly uid: number | undefined;
  readonly execPath: string;
  /** The script that Node runs: flowctl's own. */
  readonly script?: string;
}

/** One of the two output streams. */
export interface Screen {
  readonly isTTY: boolean;
  /** 0 where unknown. */
  readonly columns: number;
  readonly rows: number;
  /** Writes text. A command's screen cleans and masks it. */
  write(text: string): void;
  /** Writes cursor movements or commands of a CI system: only masked. @default `write` */
  control?(text: string): void;
}

export interface Terminal {
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly stdinIsTTY: boolean;
}
