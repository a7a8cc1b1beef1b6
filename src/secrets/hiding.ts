/** From this length on a text is looked for anywhere; a shorter one only where a word begins and ends. */
export const LONG_ENOUGH = 8;
/** Nothing shorter is looked for: it would turn ordinary words into stars. */
export const SHORTEST = 4;

/** Values that occur in ordinary text so often that masking them spoils it. */
const COMMON = new Set(
  "true false null none test tests testing admin administrator root user username password passwd secret token default production development staging localhost example changeme".split(
    " ",
  ),
);

/** Why a value cannot be hidden well in output, as phrases about it that do not show it. */
export function hidingProblems(value: string): readonly string[] {
  if (value.length < SHORTEST) return [`it has fewer than ${SHORTEST} characters: output cannot hide it at all`];
  const problems: string[] = [];
  if (value.length < LONG_ENOUGH)
    problems.push("it is short: output hides it only where it stands as a word of its own");
  if (COMMON.has(value.toLowerCase())) problems.push("it is a common word, and is hidden wherever that word stands");
  return problems;
}
