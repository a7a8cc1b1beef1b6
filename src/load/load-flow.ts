import type { Diagnostic } from "../model/error.ts";
import type { Flow } from "../model/flow.ts";
import { findFlow } from "./find-flow.ts";
import { importModule } from "./import-module.ts";
import { locate } from "./locate.ts";

export interface LoadFlowOptions {
  /** Which flow, where the module exports several. */
  readonly name?: string | undefined;
  /** Hears of what is ignored: a `flow.run()` at the module's top level. */
  readonly onWarning?: ((diagnostic: Diagnostic) => void) | undefined;
}

/**
 * The flow in a module (`.ts .mts .cts .tsx .js .mjs .cjs .jsx`).
 *
 * @throws UserError of kind "usage" for whatever is wrong with the file, its imports or its exports
 */
export async function loadFlow(path: string, options: LoadFlowOptions = {}): Promise<Flow> {
  const file = locate(path);
  const exports = await importModule(file, {
    warn: (message) => {
      options.onWarning?.({ code: "LOAD_IGNORED", severity: "warning", message, file });
    },
  });
  return findFlow(exports, file, options.name);
}
