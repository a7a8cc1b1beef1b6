import type { Diagnostic } from "../model/error.ts";
import { valueAt } from "../spec/problems.ts";
import { diagnose, type Finding, type Path } from "../spec/source.ts";
import type { OpenedFlow } from "./open-flow.ts";

/** Makes a diagnostic at a path of a spec: `["tasks", "load", "retry"]`. */
export type Placer = (path: Path, finding: Finding) => Diagnostic;

/** Says where something stands, as exactly as the flow's source lets it. */
export function placer({ source, flow }: Pick<OpenedFlow, "source" | "flow">, file: string): Placer {
  return (path, finding) => {
    const { code, severity = "error", message, help } = finding;
    // A flow in code knows where it is defined, and not where each of its tasks is.
    if (source === undefined)
      return { code, severity, message, ...(flow.source ?? { file }), ...(help === undefined ? {} : { help }) };
    const isThere = valueAt(source.value, path) !== undefined;
    const span = isThere ? source.valueAt(path) : source.keyAt(path.slice(0, -1));
    return diagnose(source.file, source.text, span, finding);
  };
}
