import { exactJson } from "../model/exact-json.ts";
import type { Message } from "../model/notification.ts";
import { Signal } from "../model/signal.ts";
import { hasMarks, markValue, withoutMarks } from "../model/value-marks.ts";
import { isFailed } from "../model/state.ts";

/** There is nothing to say, or it cannot be said. The text tells which task gave what. */
export class NoMessage extends Error {
  override readonly name = "NoMessage";
}

/**
 * What a task's `message` becomes:
 *
 * | value | message |
 * | --- | --- |
 * | text | itself |
 * | number, boolean, date | its text |
 * | list | its elements, a line each |
 * | object | the service's own payload, sent as it is |
 * | Error (the value of a failed upstream) | `<task> failed: <first line>` |
 * | null, undefined, empty text | fails: `NoMessage` |
 *
 * @param source the name of the task the value comes from
 */
export function messageOf(value: unknown, source: string | undefined): Message {
  const origin = source === undefined ? "" : ` ("${source}" gave none)`;
  if (value === null || value === undefined) {
    throw new NoMessage(`there is no message to send: "message" is ${String(value)}${origin}`);
  }
  const failure = failureOf(value);
  if (failure !== undefined) {
    return { kind: "text", text: `${source ?? "a task"} failed: ${firstLine(failure)}`, literal: true };
  }
  if (isPayload(value)) return { kind: "payload", payload: value };
  const text = textOf(value);
  if (withoutMarks(text).trim() === "") throw new NoMessage(`there is no message to send: "message" is empty${origin}`);
  return { kind: "text", text };
}

/** The same for services that have no payload of their own: an object is told by its `text`, else as JSON. */
export function textMessageOf(value: unknown, source: string | undefined): Message {
  const message = messageOf(value, source);
  if (message.kind !== "payload") return message;
  const { text } = message.payload;
  return { kind: "text", text: typeof text === "string" ? text : jsonOf(message.payload) };
}

function failureOf(value: unknown): string | undefined {
  if (value instanceof Error) return value.message === "" ? value.name : value.message;
  if (value instanceof Signal && isFailed(value.state)) return value.message ?? value.state.type;
  return undefined;
}

function isPayload(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Signal) return false;
  return !(Symbol.iterator in value);
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Signal) return value.message ?? value.state.type;
  if (typeof value === "object" && value !== null && Symbol.iterator in value) {
    return [...(value as Iterable<unknown>)].map(lineOf).join("\n");
  }
  if (typeof value === "function" || typeof value === "symbol") {
    throw new NoMessage(`a ${typeof value} cannot be sent as a message`);
  }
  return String(value);
}

function lineOf(value: unknown): string {
  const failure = failureOf(value);
  if (failure !== undefined) return firstLine(failure);
  return typeof value === "object" && value !== null && !(value instanceof Date) ? jsonOf(value) : textOf(value);
}

/** Where there are values in it, keys and all may be one. */
function jsonOf(value: object): string {
  const text = exactJson(value);
  return hasMarks(text) ? markValue(text) : text;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}
