import { basename } from "node:path";
import { userError, type UserError } from "../model/error.ts";
import { isFlow, type Flow } from "../model/flow.ts";
import { list, nearest } from "./load-error.ts";

/**
 * The flow that a module exports: its only one, or the one of a name.
 *
 * @throws UserError where there is none, none of that name, or several and no name
 */
export function findFlow(exports: Readonly<Record<string, unknown>>, file: string, name?: string): Flow {
  const flows = flowsOf(exports);
  const names = flows.map((flow) => flow.name);
  const place = { file };
  if (flows.length === 0) throw noFlow(exports, file);
  if (name !== undefined) {
    const named = flows.filter((flow) => flow.name === name);
    const [found, second] = named.length > 0 ? named : [exports[name]].filter(isFlow);
    if (second !== undefined) {
      throw userError("usage", "LOAD_SAME_NAME", `${basename(file)} exports two flows named "${name}"`, place);
    }
    if (found !== undefined) return found;
    throw noSuchFlow(name, names, file, `it exports ${list(names)}`);
  }
  const [only, second] = flows;
  const chosen = second === undefined ? only : undefined;
  if (chosen !== undefined) return chosen;
  throw userError("usage", "LOAD_SEVERAL_FLOWS", `${basename(file)} exports ${flows.length} flows: ${list(names)}`, {
    ...place,
    help: `choose one, for example --name ${names[0] ?? ""}`,
  });
}

/** @param otherwise the help where none of its flows has a name like that */
export function noSuchFlow(name: string, names: readonly string[], file: string, otherwise: string): UserError {
  const meant = nearest(name, names);
  return userError("usage", "LOAD_NO_SUCH_FLOW", `${basename(file)} has no flow named "${name}"`, {
    file,
    help: meant !== undefined ? `did you mean "${meant}"?` : otherwise,
  });
}

/** Every flow among a module's exports, once, the default first. */
function flowsOf(exports: Readonly<Record<string, unknown>>): readonly Flow[] {
  const value = exports["default"];
  const inside =
    typeof value === "object" && value !== null && !isFlow(value) ? Object.values<unknown>({ ...value }) : [];
  return [...new Set([value, ...Object.values(exports), ...inside].filter(isFlow))];
}

function noFlow(exports: Readonly<Record<string, unknown>>, file: string): Error {
  const names = Object.keys(exports);
  return userError("usage", "LOAD_NO_FLOW", `${basename(file)} exports no flow`, {
    file,
    help:
      (names.length === 0 ? "it exports nothing" : `it exports ${list(names)}`) +
      ': write export default flow("name", () => { … })',
  });
}
