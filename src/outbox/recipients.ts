import { isSecretReference, type ChannelDefinition } from "../model/notification.ts";

/**
 * Whom one message goes to: the definition's `to`, `cc` and `bcc`, each by itself, so that one
 * refusal does not repeat the message for the others. One whose address is a secret stands as
 * that secret's name. One empty name where there is none.
 */
export function recipientsOf(definition: ChannelDefinition): readonly string[] {
  const list = [definition["to"], definition["cc"], definition["bcc"]]
    .flatMap((each: unknown): readonly unknown[] => (Array.isArray(each) ? each : [each]))
    .flatMap((each) => {
      if (isSecretReference(each)) return [`(secret ${each.secret})`];
      return typeof each === "string" && each !== "" ? [each] : [];
    });
  return list.length === 0 ? [""] : [...new Set(list)];
}

/** The address itself: the secret's value where a recipient stands as its name. */
export function addressOf(recipient: string, values: Readonly<Record<string, string>>): string {
  const name = /^\(secret (.+)\)$/.exec(recipient)?.[1];
  return name === undefined ? recipient : (values[name]?.trim() ?? "");
}
