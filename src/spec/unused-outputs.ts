import type { Diagnostic } from "../model/error.ts";
import type { CompiledFlow } from "./compile-flow.ts";
import { declaredOutputs } from "./declared-outputs.ts";
import { Report } from "./report.ts";
import type { Source } from "./source.ts";

/** Outputs that a task declares, or whose reading it describes, and that nothing reads. */
export function unusedOutputs({ tasks, outputsRead }: CompiledFlow, source: Source): readonly Diagnostic[] {
  const report = new Report(source);
  const isRead = (key: string, output: string): boolean => outputsRead.has(key) || outputsRead.has(`${key}.${output}`);
  for (const { key, entry } of tasks) {
    for (const [index, name] of [...declaredOutputs(entry.outputs).keys()].entries())
      if (!isRead(key, name))
        report.value(["tasks", key, "outputs", ...placeIn(entry.outputs, name, index)], {
          code: "UNUSED_OUTPUT",
          severity: "warning",
          message: `nothing reads the output "${name}" of task "${key}"`,
          help: `read it with \${{ tasks.${key}.outputs.${name} }}, or leave it out`,
        });
    const { capture } = entry;
    if ((capture === "json" || capture === "lines") && !isRead(key, "stdout"))
      report.value(["tasks", key, "capture"], {
        code: "UNUSED_OUTPUT",
        severity: "warning",
        message: `nothing reads what task "${key}" prints, which is read as ${capture}`,
        help: `read it with \${{ tasks.${key}.outputs.stdout }}, or leave capture: out`,
      });
  }
  return report.diagnostics;
}

function placeIn(outputs: unknown, name: string, index: number): readonly (string | number)[] {
  if (typeof outputs === "string") return [];
  return Array.isArray(outputs) ? [index] : [name];
}
