import type { Keychain } from "./keychain.ts";
import type { Lookup, Provider } from "./provider.ts";
import type { IndexEntry, SecretIndex } from "./secret-index.ts";
import { serviceOf } from "./secret-name.ts";
import type { SecretSettings } from "./secret-settings.ts";
import { troubleOf } from "./keychain-trouble.ts";

/**
 * The OS keychain: one child process for all names, each looked for in its
 * namespaces. A locked keychain answers as if it were empty; the index knows better.
 */
export function keychainProvider(settings: SecretSettings, keychain: Keychain, index: SecretIndex): Provider {
  return {
    name: "keychain",
    lookup: async (names) => {
      const wanted = names.flatMap((name) => settings.namespaces.map((namespace) => ({ name, namespace })));
      const entries = wanted.map(({ name, namespace }) => ({ service: serviceOf(namespace), account: name }));
      const reply = await keychain.ask({ action: "get", entries });
      if (!reply.ok) {
        const { message, help } = reply.trouble;
        const no: Lookup = { kind: "no", why: message, ...(help === undefined ? {} : { help }) };
        return new Map(names.map((name) => [name, no]));
      }
      const known = index.list();
      const answers = new Map<string, Lookup>();
      for (const [at, { name }] of wanted.entries()) {
        const answer = reply.answers[at];
        if (answers.get(name)?.kind === "found") continue;
        if (answer?.ok === true && answer.value !== undefined)
          answers.set(name, { kind: "found", value: answer.value });
        else if (answer?.ok === false) answers.set(name, { kind: "no", why: troubleOf(answer.message).message });
        else if (!answers.has(name)) answers.set(name, absence(name, settings, known));
      }
      return answers;
    },
  };
}

function absence(name: string, { namespaces }: SecretSettings, known: readonly IndexEntry[]): Lookup {
  const stored = known.find(
    (each) => each.store === "keychain" && each.name === name && namespaces.includes(each.namespace),
  );
  if (stored === undefined) return { kind: "no", why: `it is not in ${namespaces.map(serviceOf).join(" or ")}` };
  return {
    kind: "no",
    why: `it was stored there on ${stored.updatedAt.slice(0, 10)}, but the keychain answers nothing: it is locked, or the entry was removed`,
    help: "unlock the keychain and try again; flowctl secrets doctor tells more",
  };
}
