// A module of its own, so that the library is loaded only where YAML is read or written.
import { parseDocument } from "yaml";
import { spellNumbers } from "../spec/read-yaml.ts";

export { stringify } from "yaml";

/**
 * Parses YAML 1.2; a number whose spelling is not its own is a `WrittenNumber`.
 *
 * @throws Error if the text is not YAML
 */
export function parseWritten(text: string): unknown {
  const document = parseDocument(text, { merge: true, version: "1.2", prettyErrors: true });
  const [problem] = document.errors;
  if (problem !== undefined) throw problem;
  spellNumbers(document);
  return document.toJS() as unknown;
}
