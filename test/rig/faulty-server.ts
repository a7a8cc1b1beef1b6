import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { generateCACertificate, getLocal, type CompletedRequest, type Mockttp } from "mockttp";
import { freePort, listenOnLoopbackOnly } from "./loopback.ts";

/** What a server does with one request. */
export type Answer =
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  /** Takes the request, then resets the connection. */
  | "reset"
  /** Takes the request, then closes the connection. */
  | "close"
  /** Takes the request and never answers. */
  | "hang";

/** A request as it arrived. */
export interface Seen {
  readonly method: string;
  /** With the host, as the client wrote it. */
  readonly url: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface FaultyServer {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Requests so far, oldest first. */
  requests(): readonly Seen[];
  /** Resolves with the next requests until `count` have arrived in all. */
  arrived(count: number): Promise<readonly Seen[]>;
  close(): Promise<void>;
}

/**
 * A server on 127.0.0.1 that answers by a script: the first request by the
 * first answer and so on; the last answer stays. A function decides by itself.
 */
export async function faultyServer(script: Script): Promise<FaultyServer> {
  listenOnLoopbackOnly();
  const server = getLocal({ recordTraffic: false });
  await server.start();
  const log = await play(server, script);
  return { url: `http://127.0.0.1:${String(server.port)}`, ...log, close: () => server.stop() };
}

export type Script = readonly Answer[] | ((request: Seen, index: number) => Answer);

export interface RealUrls extends Omit<FaultyServer, "url"> {
  /** Environment for a process that is to reach the real URLs here: proxy variables and the authority to trust. */
  readonly environment: Readonly<Record<string, string>>;
  readonly proxyUrl: string;
  readonly caFile: string;
}

/**
 * A TLS proxy on 127.0.0.1 that answers for every real URL, such as
 * https://hooks.slack.com and https://api.twilio.com, under its own authority.
 */
export async function realUrls(script: Script): Promise<RealUrls> {
  listenOnLoopbackOnly();
  const directory = mkdtempSync(join(tmpdir(), "flowctl-ca-"));
  const caFile = join(directory, "ca.pem");
  const { key, cert } = await generateCACertificate();
  const trusted = process.env["NODE_EXTRA_CA_CERTS"];
  writeFileSync(caFile, `${trusted === undefined ? "" : readFileSync(trusted, "utf8")}\n${cert}`);
  const server = getLocal({ https: { key, cert }, recordTraffic: false });
  await server.start();
  const log = await play(server, script);
  const proxyUrl = `http://127.0.0.1:${String(server.port)}`;
  return {
    ...log,
    proxyUrl,
    caFile,
    environment: { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl, NODE_EXTRA_CA_CERTS: caFile },
    async close() {
      await server.stop();
      rmSync(directory, { recursive: true });
    },
  };
}

/** A URL of 127.0.0.1 at which connections are refused. */
export async function refusedUrl(): Promise<string> {
  return `http://127.0.0.1:${String(await freePort())}`;
}

async function play(server: Mockttp, script: Script): Promise<Pick<FaultyServer, "requests" | "arrived">> {
  const seen: Seen[] = [];
  const waiting: { count: number; tell: (seen: readonly Seen[]) => void }[] = [];
  const answerTo = (request: Seen, index: number): Answer =>
    typeof script === "function" ? script(request, index) : (script[Math.min(index, script.length - 1)] ?? "reset");
  const hanging = new Promise<never>(() => undefined);
  await server.forAnyRequest().thenCallback(async (request) => {
    const one = await describe(request);
    const index = seen.push(one) - 1;
    for (const each of waiting.filter(({ count }) => count <= seen.length)) each.tell(seen);
    const answer = answerTo(one, index);
    if (answer === "hang") return hanging;
    if (answer === "reset" || answer === "close") return answer;
    return { statusCode: answer.status, headers: { ...answer.headers }, body: answer.body ?? "" };
  });
  return {
    requests: () => [...seen],
    arrived: (count) =>
      seen.length >= count
        ? Promise.resolve([...seen])
        : new Promise((tell) => {
            waiting.push({ count, tell });
          }),
  };
}

async function describe(request: CompletedRequest): Promise<Seen> {
  const { method, url, path, headers } = request;
  return { method, url, path, headers, body: (await request.body.getText()) ?? "" };
}
