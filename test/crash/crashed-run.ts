import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Adds a run that crashed, made from the only run of a state directory. @returns its id */
export function addCrashedRun(state: string): string {
  const [id = ""] = readdirSync(join(state, "runs"));
  const crashed = `0${id.slice(1)}`;
  const directory = join(state, "runs", crashed);
  cpSync(join(state, "runs", id), directory, { recursive: true });
  const manifest = join(directory, "will.json");
  writeFileSync(manifest, readFileSync(manifest, "utf8").replaceAll(id, crashed));
  for (const name of ["end.json", "results.jsonl", "processes.jsonl"]) rmSync(join(directory, name));
  writeFileSync(join(directory, "journal.jsonl"), "");
  writeFileSync(join(state, "live", crashed), "");
  return crashed;
}
