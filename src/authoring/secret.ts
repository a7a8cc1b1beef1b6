import { userError } from "../model/error.ts";
import { Plumbing, plainSettings } from "./node.ts";
import { reference, type Ref } from "./reference.ts";

/**
 * A reference to the value of a secret, to hand to tasks as an input. It is
 * looked up when the flow runs, never written to disk, and reading it while the
 * flow is built is an error.
 *
 * @example fetchRows({ token: secret("API_TOKEN") });
 */
export function secret(name: string): Ref<string> {
  if (typeof name !== "string" || name === "") {
    throw userError("usage", "SECRET_NAME", "secret(…) needs the name of a secret.", {
      help: 'Write secret("API_TOKEN"), and store its value with: flowctl secrets set API_TOKEN',
    });
  }
  const task = new Plumbing(plainSettings(name, "secret", { checkpoint: false, secrets: [name] }), (_inputs, context) =>
    context.secret(name),
  );
  return reference<string>({ task, path: [], flow: undefined });
}
