import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { TaskContext } from "../../src/model/task.ts";
import { http, type HttpInputs } from "../../src/tasks/http.ts";
import { freePort } from "../rig/loopback.ts";

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => {
    if (server === undefined) resolve(undefined);
    else server.close(resolve);
  });
  server = undefined;
});

type Handler = (request: IncomingMessage, response: ServerResponse, body: string, count: number) => void;

async function serve(handler: Handler): Promise<string> {
  let count = 0;
  const made = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      handler(request, response, body, (count += 1));
    });
  });
  server = made;
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
}

const waits: number[] = [];
/** Time passes when it is waited for. */
const clock = {
  now: () => Date.UTC(2026, 10, 24),
  setTimeout: (callback: () => void, ms: number) => (waits.push(ms), setImmediate(callback)),
  clearTimeout: (timer: NodeJS.Immediate) => {
    clearImmediate(timer);
  },
};

function run(inputs: HttpInputs, signal = new AbortController().signal) {
  waits.length = 0;
  const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const context: Partial<TaskContext> = { signal, logger, service: (name) => (name === "clock" ? clock : undefined) };
  return http.run(inputs, context);
}

describe("http", () => {
  it("answers status, headers and the value of JSON", async () => {
    const url = await serve((request, response, body) => {
      response.setHeader("content-type", "application/json; charset=utf-8");
      response.end(JSON.stringify({ method: request.method, type: request.headers["content-type"], body }));
    });
    expect(await run({ url })).toMatchObject({ status: 200, json: { method: "GET", body: "" } });
    expect(await run({ url, json: { a: 1 } })).toMatchObject({
      json: { method: "POST", type: "application/json", body: '{"a":1}' },
    });
    expect(await run({ url, method: "PUT", body: "x", headers: { "content-type": "text/x" } })).toMatchObject({
      json: { method: "PUT", type: "text/x", body: "x" },
    });
  });

  it("fails with the status and the beginning of what was said, unless the status is accepted", async () => {
    const url = await serve((_, response) => response.writeHead(404, "Nope").end("no such page"));
    await expect(run({ url })).rejects.toMatchObject({ message: "HTTP 404 Nope", status: 404, text: "no such page" });
    expect(await run({ url, accept: [404] })).toMatchObject({ status: 404, text: "no such page" });
  });

  it("comes again when it is asked to, in seconds or by date, and no sooner", async () => {
    const url = await serve((_, response, _body, count) => {
      if (count === 1) response.writeHead(429, { "retry-after": "7" }).end();
      else if (count === 2)
        response.writeHead(503, { "retry-after": new Date(clock.now() + 9000).toUTCString() }).end();
      else response.end("done");
    });
    expect(await run({ url })).toMatchObject({ text: "done" });
    expect(waits).toEqual([7000, 9000]);
  });

  it("fails when it would have to wait for too long, or is not told for how long", async () => {
    const url = await serve((_, response, _body, count) =>
      response.writeHead(503, count === 1 ? { "retry-after": "3600" } : {}).end(),
    );
    await expect(run({ url })).rejects.toThrow("HTTP 503");
    await expect(run({ url })).rejects.toThrow("HTTP 503");
    expect(waits).toEqual([]);
  });

  it("says which host did not answer and why, and nothing of the query", async () => {
    const port = await freePort();
    const refused = run({ url: `http://127.0.0.1:${port}/path?token=s3cret` });
    await expect(refused).rejects.toThrow(`127.0.0.1:${port}/path: connect ECONNREFUSED`);
    await expect(refused).rejects.not.toThrow(/s3cret/);
    await expect(run({ url: "nonsense" })).rejects.toThrow("the URL cannot be read");
  });

  it("gives up after its time, and at once when the task is to end", async () => {
    const url = await serve(() => undefined);
    await expect(run({ url, timeout: 20 })).rejects.toThrow("no answer within 20ms");
    const controller = new AbortController();
    const stopped = run({ url }, controller.signal);
    controller.abort(new Error("cancelled"));
    await expect(stopped).rejects.toThrow("cancelled");
  });
});
