import { relative } from "node:path";
import type { RunStarted } from "../model/event.ts";

/** What is known of a run before its first event. */
export interface RunHeader {
  /** flowctl's own. */
  readonly version: string;
  /** The flow's file, absolute. */
  readonly file: string | undefined;
  /** The config's file, absolute; undefined where there is none. */
  readonly config: string | undefined;
  readonly cwd: string;
}

/** A run's first line: which flowctl, which run, of what, by which config. */
export function headerLine(header: RunHeader, event: RunStarted): string {
  const tasks = event.taskCount === 1 ? "1 task" : `${event.taskCount} tasks`;
  return [
    `flowctl ${header.version}`,
    `run ${event.runId}`,
    header.file === undefined ? event.flow : shown(header.file, header.cwd),
    tasks,
    `config: ${header.config === undefined ? "none" : shown(header.config, header.cwd)}`,
  ].join("  ");
}

function shown(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near.startsWith("..") || near === "" ? path : near;
}
