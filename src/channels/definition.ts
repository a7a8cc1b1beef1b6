import { distance } from "fastest-levenshtein";
import { parseDuration } from "../model/duration.ts";
import { isSecretReference, type ChannelDefinition } from "../model/notification.ts";
import type { ChannelProblem, DeliveryRequest } from "../outbox/channel.ts";
import { PROXY_SCHEME } from "./route.ts";

/** What an option of a channel may be. */
interface OptionRule {
  readonly is: "text" | "url" | "texts" | "number" | "flag" | "duration" | "headers" | "variables" | "proxies" | "body";
  readonly required?: true;
  /** It may have expressions. */
  readonly template?: true;
  /** It is no secret: the text itself must stand there, as one of `oneOf` does. */
  readonly open?: true;
  /** The least and the most that a number may be; it is whole then. */
  readonly between?: readonly [number, number];
  /** The only texts that are allowed. */
  readonly oneOf?: readonly string[];
  /** Entries of a list may be names of secrets. */
  readonly secrets?: true;
  /** What every text must look like, and how to say so. */
  readonly like?: readonly [Pick<RegExp, "test">, string];
}

export type OptionRules = Readonly<Record<string, OptionRule>>;

/** How urgent a channel's messages are, the most urgent first. */
const SEVERITIES = ["critical", "error", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Options that every channel takes. */
const COMMON: OptionRules = {
  type: { is: "text", required: true, open: true },
  timeout: { is: "duration" },
  fallback: { is: "text", open: true },
  severity: { is: "text", oneOf: SEVERITIES },
  onAmbiguous: { is: "text", oneOf: ["resend", "hold"] },
};

/** Checks a definition by its channel's rules; a text or a URL, and an entry of some lists, may also be a secret's name. */
export function checkOptions(definition: ChannelDefinition, rules: OptionRules): readonly ChannelProblem[] {
  const all: OptionRules = { ...COMMON, ...rules };
  const names = Object.keys(all);
  const unknown = Object.keys(definition)
    .filter((path) => !Object.hasOwn(all, path))
    .map((path) => ({ path, message: `is not an option of the ${definition.type} channel${didYouMean(path, names)}` }));
  const wrong = names.flatMap((path) => {
    const rule = all[path];
    const value = definition[path];
    if (rule === undefined) return [];
    if (value === undefined) return rule.required === true ? [{ path, message: "is missing" }] : [];
    return problemsOf(path, value, rule);
  });
  return [...unknown, ...wrong];
}

/** The same for a channel that speaks HTTP. */
export function checkHttpOptions(definition: ChannelDefinition, rules: OptionRules): readonly ChannelProblem[] {
  return checkOptions(definition, { ...rules, proxies: { is: "proxies" } });
}

function didYouMean(name: string, names: readonly string[]): string {
  const near = [...names].sort((a, b) => distance(name, a) - distance(name, b))[0];
  if (near !== undefined && distance(name, near) <= 2) return `; did you mean "${near}"?`;
  return `; it takes ${names.filter((each) => each !== "type").join(", ")}`;
}

function problemsOf(path: string, value: unknown, rule: OptionRule): readonly ChannelProblem[] {
  const one = (message: string | undefined): readonly ChannelProblem[] =>
    message === undefined ? [] : [{ path, message }];
  switch (rule.is) {
    case "text":
      return one(isSecretReference(value) && isHideable(rule) ? undefined : textProblem(value, rule));
    case "url":
      if (isSecretReference(value) || isHttpUrl(value)) return one(undefined);
      return one(hasExpression(value) ? EXPRESSION : "must be an http or https URL, or { secret: NAME }");
    case "texts":
      if (Array.isArray(value) && value.length === 0) return one("must not be empty");
      return (Array.isArray(value) ? value : [value]).flatMap((each: unknown, index) => {
        const message = rule.secrets === true && isSecretReference(each) ? undefined : textProblem(each, rule);
        return message === undefined ? [] : [{ path: Array.isArray(value) ? `${path}[${index}]` : path, message }];
      });
    case "number":
      return one(numberProblem(value, rule));
    case "flag":
      return one(typeof value === "boolean" ? undefined : "must be true or false");
    case "duration":
      return one(parseDuration(value) === undefined ? "must be a duration such as 10s" : undefined);
    case "headers":
    case "variables":
      return entryProblems(path, value, rule);
    case "proxies":
      return proxyProblems(path, value);
    case "body":
      return bodyProblems(path, value);
  }
}

function proxyProblems(path: string, value: unknown): readonly ChannelProblem[] {
  if (!isRecord(value)) return [{ path, message: "must be the URLs of proxies: { http, https }" }];
  return Object.entries(value).flatMap(([scheme, each]) => {
    const at = `${path}.${scheme}`;
    if (scheme !== "http" && scheme !== "https") return [{ path: at, message: "is not one of http, https" }];
    if (isSecretReference(each)) return [];
    if (typeof each !== "string" || !URL.canParse(each) || !PROXY_SCHEME.test(new URL(each).protocol))
      return [{ path: at, message: "must be the URL of an http, https or SOCKS proxy" }];
    const { username, password } = new URL(each);
    const hasLogin = username !== "" || password !== "";
    return hasLogin ? [{ path: at, message: "holds a login: keep the URL as a secret, { secret: NAME }" }] : [];
  });
}

/** A text, or plain data in which no secret is named. */
function bodyProblems(path: string, value: unknown): readonly ChannelProblem[] {
  if (isSecretReference(value))
    return [{ path, message: "names a secret, and none is put into a body: hand it over with headers" }];
  if (value === null || value === "") return [{ path, message: "must be a text, a map or a list" }];
  if (Array.isArray(value))
    return value.flatMap((each, index) => (each === null ? [] : bodyProblems(`${path}[${index}]`, each)));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, each]) =>
    each === null || each === "" ? [] : bodyProblems(`${path}.${key}`, each),
  );
}

/** The names and texts of headers, or of a program's variables. */
function entryProblems(path: string, value: unknown, { is }: OptionRule): readonly ChannelProblem[] {
  if (!isRecord(value) || isSecretReference(value)) return [{ path, message: "must be names with texts" }];
  return Object.entries(value).flatMap(([name, each]) => {
    const at = `${path}.${name}`;
    if (is === "headers" && !/^[\w-]+$/.test(name)) return [{ path, message: `"${name}" is not a header's name` }];
    if (isSecretReference(each)) return [];
    if (typeof each !== "string") return [{ path: at, message: "must be a text, or { secret: NAME }" }];
    return hasExpression(each) ? [{ path: at, message: EXPRESSION }] : [];
  });
}

function isHideable({ open, oneOf }: OptionRule): boolean {
  return open !== true && oneOf === undefined;
}

function numberProblem(value: unknown, { between }: OptionRule): string | undefined {
  if (typeof value !== "number" || !Number.isFinite(value)) return "must be a number";
  if (between === undefined) return undefined;
  const [least, most] = between;
  const isWithin = Number.isInteger(value) && value >= least && value <= most;
  return isWithin ? undefined : `must be a whole number from ${least} to ${most}`;
}

const EXPRESSION = "has an expression, and none is read here: what changes or is secret is named, { secret: NAME }";

/** What would be sent as it stands, and is not meant so. */
function hasExpression(value: unknown): boolean {
  return typeof value === "string" && value.includes("${{");
}

function textProblem(value: unknown, rule: OptionRule): string | undefined {
  if (typeof value !== "string" || value.trim() === "") return "must be a text";
  if (hasExpression(value) && rule.template !== true) return EXPRESSION;
  if (rule.oneOf !== undefined && !rule.oneOf.includes(value)) return `must be one of ${rule.oneOf.join(", ")}`;
  return rule.like === undefined || rule.like[0].test(value) ? undefined : rule.like[1];
}

/** Whether a value is a URL that can be asked over HTTP. Its text is never shown: a webhook's URL is a secret. */
export function isHttpUrl(value: unknown): value is string {
  return typeof value === "string" && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

type Source = Pick<DeliveryRequest, "definition" | "values">;

/** An option's text; where it names a secret, the secret's value. Undefined where there is none. */
export function optionText({ definition, values }: Source, name: string): string | undefined {
  return textOf(definition[name], values);
}

function textOf(value: unknown, values: Source["values"]): string | undefined {
  if (isSecretReference(value)) return Object.hasOwn(values, value.secret) ? values[value.secret]?.trim() : undefined;
  return typeof value === "string" ? value : undefined;
}

/** A list option's texts; a single text is a list of one. */
export function optionTexts(definition: ChannelDefinition, name: string): readonly string[] {
  const value = definition[name];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((each) => typeof each === "string");
}

/** The same with secrets resolved. */
export function optionList({ definition, values }: Source, name: string): readonly string[] {
  const value = definition[name];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.flatMap((each) => textOf(each, values) ?? []);
}

/** A record option's texts, secrets resolved. */
export function optionRecord({ definition, values }: Source, name: string): Readonly<Record<string, string>> {
  const value = definition[name];
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => {
      const text = textOf(each, values);
      return text === undefined ? [] : [[key, text]];
    }),
  );
}

/** How urgent its messages are, by the person's own word. */
export function severityOf(definition: ChannelDefinition): Severity | undefined {
  return SEVERITIES.find((each) => each === definition["severity"]);
}

/** How long one attempt may take, in milliseconds. @default 15000 */
export function timeoutOf(definition: ChannelDefinition): number {
  return parseDuration(definition["timeout"]) ?? 15_000;
}
