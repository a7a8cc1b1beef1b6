import { isSecretReference, type ChannelDefinition } from "../model/notification.ts";

/**
 * Lists the addresses in a text as mail programs write several: `a@x.org, "Doe, Jane" <b@x.org>; Team: c@x.org, d@x.org;`.
 * Source: RFC 5322, 3.4; people separate addresses by semicolons and line ends, too.
 */
export function addressesIn(text: string): readonly string[] {
  const found: string[] = [];
  let address = "";
  let inside: "quotes" | "comment" | "brackets" | undefined;
  const closes = { quotes: '"', comment: ")", brackets: ">" } as const;
  const end = (): void => {
    if (address.trim() !== "") found.push(address.trim());
    address = "";
  };
  for (let at = 0; at < text.length; at += 1) {
    const letter = text.charAt(at);
    const isEscape = letter === "\\" && (inside === "quotes" || inside === "comment");
    if (inside === undefined && /[,;\r\n]/.test(letter)) end();
    // What is before a colon names a group. An address has one only in brackets: `a@[IPv6:::1]`.
    else if (inside === undefined && letter === ":" && !address.includes("[")) address = "";
    else address += isEscape ? letter + text.charAt((at += 1)) : letter;
    if (isEscape) continue;
    if (inside !== undefined) inside = letter === closes[inside] ? undefined : inside;
    else if (letter === '"') inside = "quotes";
    else if (letter === "(") inside = "comment";
    else if (letter === "<") inside = "brackets";
  }
  end();
  return found;
}

/**
 * Whom one message goes to: the definition's `to`, `cc` and `bcc`, each by itself, so that one
 * refusal does not repeat the message for the others; a text with several mail addresses is as many recipients. One whose address is a secret stands as
 * that secret's name. One empty name where there is none.
 */
export function recipientsOf(definition: ChannelDefinition): readonly string[] {
  const list = [definition["to"], definition["cc"], definition["bcc"]]
    .flatMap((each: unknown): readonly unknown[] => (Array.isArray(each) ? each : [each]))
    .flatMap((each) => {
      if (isSecretReference(each)) return [`(secret ${each.secret})`];
      if (typeof each !== "string" || each === "") return [];
      const addresses = definition.type === "email" ? addressesIn(each) : [];
      return addresses.length > 0 ? addresses : [each];
    });
  return list.length === 0 ? [""] : [...new Set(list)];
}

/** The address itself: the secret's value where a recipient stands as its name. */
export function addressOf(recipient: string, values: Readonly<Record<string, string>>): string {
  const name = /^\(secret (.+)\)$/.exec(recipient)?.[1];
  return name === undefined ? recipient : (values[name]?.trim() ?? "");
}
