import type { Diagnostic } from "../model/error.ts";
import type { CompiledFlow } from "./compile-flow.ts";
import { Report } from "./report.ts";
import type { Source } from "./source.ts";

/** Roots that are the same in every run, or do not belong to the work. */
const STEADY = new Set(["env", "secrets", "run", "flow", "now"]);

/** Cached results that are used whatever the values are that the task reads: yesterday's for today. */
export function looseCaches({ tasks }: CompiledFlow, source: Source): readonly Diagnostic[] {
  const report = new Report(source);
  for (const { key, entry, rootsRead } of tasks) {
    const { cache } = entry;
    const varying = [...rootsRead].filter((root) => !STEADY.has(root));
    const isLoose = typeof cache === "string" || (typeof cache === "object" && cache.validator === undefined);
    if (isLoose && varying.length > 0)
      report.value(["tasks", key, "cache"], {
        code: "CACHE_IGNORES_INPUTS",
        severity: "warning",
        message: `the cached result of task "${key}" is used again whatever it reads of ${varying.join(" and ")}`,
        help: "add validator: all_inputs, or duration_only where that is meant",
      });
  }
  return report.diagnostics;
}
