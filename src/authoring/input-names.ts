const known = new WeakMap<object, readonly string[] | undefined>();

/**
 * The names of the inputs a body takes, read from its first parameter's pattern:
 * `({ rows, date = today }) => …` takes `rows` and `date`.
 *
 * @returns `undefined` where that cannot be told: a plain parameter, a rest, a
 * computed name, native code, anything unusual
 */
export function inputNamesOf(body: (...args: never[]) => unknown): readonly string[] | undefined {
  if (known.has(body)) return known.get(body);
  const names = read(Function.prototype.toString.call(body));
  known.set(body, names);
  return names;
}

const HEAD = /^\s*(?:async\b\s*)?(?:function\b\s*\*?\s*[\w$]*|\*?\s*[\w$]+|)\s*\(\s*/;
const NAME = /^[\w$]+$/;

function read(source: string): readonly string[] | undefined {
  if (source.includes("[native code]")) return undefined;
  const text = source.replace(/\/\*[\s\S]*?\*\//g, "");
  const head = HEAD.exec(text);
  if (!head || /\/\//.test(text.slice(0, text.indexOf(")") + 1))) return undefined;
  const rest = text.slice(head[0].length);
  if (rest.startsWith(")")) return usesArguments(text) ? undefined : [];
  if (!rest.startsWith("{")) return undefined;
  const parts = split(rest);
  if (!parts) return undefined;
  const names: string[] = [];
  for (const part of parts) {
    const name = /^[^:=]*/.exec(part)?.[0].trim() ?? "";
    if (!NAME.test(name)) return undefined;
    names.push(name);
  }
  return names;
}

const usesArguments = (text: string): boolean => /\barguments\b/.test(text);

/** The members of a pattern that starts with `{`, split at its own commas. */
function split(text: string): readonly string[] | undefined {
  const parts: string[] = [];
  let depth = 0;
  let from = 1;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    // A quote, a template or a slash may hide brackets: rather not tell than tell wrong.
    if (/["'`/]/.test(character)) return undefined;
    if (/[{[(]/.test(character)) depth += 1;
    if (/[}\])]/.test(character)) depth -= 1;
    if ((character === "," && depth === 1) || depth === 0) {
      const part = text.slice(from, at).trim();
      if (part !== "") parts.push(part);
      from = at + 1;
    }
    if (depth === 0) return parts;
  }
  return undefined;
}
