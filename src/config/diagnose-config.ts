import type { Diagnostic } from "../model/error.ts";
import { valueAt } from "../spec/problems.ts";
import { diagnose, type Finding, type Path } from "../spec/source.ts";
import type { Config } from "./config.ts";

/**
 * A diagnostic at a key of the config, in whichever file it stands.
 *
 * @param key as in `origins`: `["hooks", "failures"]`
 * @param inside the path below it
 */
export function diagnoseConfig(
  config: Pick<Config, "file" | "places">,
  key: Path,
  inside: Path,
  finding: Finding,
): Diagnostic {
  const place = config.places.get(key.join("."));
  if (place?.source === undefined) {
    const { code, message, help, severity = "error" } = finding;
    const file = place?.file ?? config.file;
    return {
      code,
      severity,
      message,
      ...(file === undefined ? {} : { file }),
      ...(help === undefined ? {} : { help }),
    };
  }
  const { source, path } = place;
  const target = [...path, ...inside];
  const span = valueAt(source.value, target) === undefined ? source.keyAt(path) : source.valueAt(target);
  return diagnose(source.file, source.text, span, finding);
}
