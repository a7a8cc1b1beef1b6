import type { Clock } from "../host/clock.ts";
import type { Files } from "../host/files.ts";
import type { Environment } from "../host/host.ts";
import { findBus } from "./keychain-bus.ts";
import { startChild, type ChildEnd, type KeychainChild } from "./keychain-child.ts";
import { parseAnswer, type EntryAnswer, type KeychainRequest } from "./keychain-protocol.ts";
import { moduleTrouble, troubleOf, type KeychainTrouble } from "./keychain-trouble.ts";

/** The OS keychain, reached through a child process that can be killed. */
export interface Keychain {
  /** Starts the child of the next request ahead of it, so that it loads meanwhile. It does not ask anything yet. */
  warm(): void;
  /** Carries out one request, in one child. It never throws and never takes longer than the limit. */
  ask(request: KeychainRequest): Promise<KeychainReply>;
  /** Kills a child that was started ahead of a request that did not come. */
  close(): void;
}

export type KeychainReply =
  | { readonly ok: true; readonly answers: readonly EntryAnswer[] }
  | { readonly ok: false; readonly trouble: KeychainTrouble };

export interface KeychainOptions {
  readonly environment: Environment;
  readonly files: Files;
  readonly clock: Clock;
  /** Milliseconds after the request at which the child is killed. */
  readonly timeoutMs: number;
  /** Whether a person is there to unlock the keychain. */
  readonly interactive?: boolean | undefined;
  /** Called once where the answer takes long and a person is there. */
  readonly onWaiting?: (() => void) | undefined;
  /** The child's program. @default the bundled `keychain-host.js` */
  readonly hostPath?: string | undefined;
}

/** A person is told that something is waited for after so long. */
const PATIENCE = 1_000;
/** Each further entry of a request has so much more time, in milliseconds. */
const PER_ENTRY = 50;

/** A keychain that starts nothing until it is asked or warmed. */
export function createKeychain(options: KeychainOptions): Keychain {
  const { environment, files, hostPath } = options;
  let ahead: KeychainChild | undefined;
  const close = (): void => {
    ahead?.kill();
    ahead = undefined;
  };
  return {
    warm: () => {
      const bus = findBus(environment, files);
      if (bus.reachable) ahead ??= startChild(environment, bus.address, hostPath);
    },
    ask: async (request) => {
      const bus = findBus(environment, files);
      if (!bus.reachable) return { ok: false, trouble: { code: "NO_BUS", message: bus.why } };
      if (request.entries.length === 0) return { ok: true, answers: [] };
      const child = ahead ?? startChild(environment, bus.address, hostPath);
      ahead = undefined;
      return askChild(child, request, options);
    },
    close,
  };
}

function askChild(child: KeychainChild, request: KeychainRequest, options: KeychainOptions): Promise<KeychainReply> {
  const { environment, clock } = options;
  const timeoutMs = options.timeoutMs + PER_ENTRY * (request.entries.length - 1);
  return new Promise((resolve) => {
    const done = (reply: KeychainReply): void => {
      clock.clearTimeout(limit);
      clock.clearTimeout(patience);
      child.kill();
      resolve(reply);
    };
    const limit = clock.setTimeout(() => {
      done({ ok: false, trouble: timeout(timeoutMs) });
    }, timeoutMs);
    const patience = clock.setTimeout(() => {
      if (options.interactive === true) options.onWaiting?.();
    }, PATIENCE);
    void child.send(request).then((end) => {
      done(read(end, request, environment.platform));
    });
  });
}

function timeout(limitMs: number): KeychainTrouble {
  return {
    code: "TIMEOUT",
    message: `it did not answer within ${limitMs / 1000} s`,
    help: "it may be waiting to be unlocked; FLOWCTL_KEYCHAIN_TIMEOUT=60s waits longer",
  };
}

function read(end: ChildEnd, request: KeychainRequest, platform: NodeJS.Platform): KeychainReply {
  if ("why" in end) return { ok: false, trouble: { code: "CRASH", message: `its helper ${end.why}` } };
  const answer = parseAnswer(end.line, request.entries.length);
  if (answer === undefined)
    return { ok: false, trouble: { code: "CRASH", message: "its helper's answer makes no sense" } };
  if (!answer.ok) return { ok: false, trouble: moduleTrouble(answer.message, platform) };
  const refused = answer.answers.find((each) => !each.ok);
  // Where everything failed it is the keychain that failed, and not an entry.
  if (refused?.ok === false && answer.answers.every((each) => !each.ok)) {
    return { ok: false, trouble: troubleOf(refused.message) };
  }
  return answer;
}
