import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { exchange } from "../../src/channels/exchange.ts";
import { expectNoSecret, deliveryOf } from "./delivery.ts";

const open: Server[] = [];
afterAll(() => {
  for (const each of open) each.close();
});
async function listening(server: Server): Promise<string> {
  open.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

const definition = { type: "webhook", timeout: "2s" };

describe("one exchange", () => {
  it("reads no more of an answer than it needs, though it never ends", async () => {
    const page = "x".repeat(16_384);
    const server = createHttpServer((_request, response) => {
      const write = (): void => {
        while (!response.destroyed && response.write(page));
      };
      response.on("drain", write);
      write();
    });
    const { answer } = await exchange({ url: await listening(server) }, deliveryOf({ definition }));
    expect(answer).toMatchObject({ status: 200 });
    expect(answer?.body).toHaveLength(65_536);
    server.closeAllConnections();
  });

  it("is ambiguous where an answer starts and does not end", async () => {
    const server = createHttpServer((_request, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("ok");
    });
    const { failure } = await exchange(
      { url: await listening(server) },
      deliveryOf({ definition: { ...definition, timeout: "200ms" } }),
    );
    expect(failure).toMatchObject({ outcome: "ambiguous", code: "TIMEOUT" });
    server.closeAllConnections();
  });

  it("names a proxy's refusal, and not the proxy's password", async () => {
    const proxy = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"));
    });
    const url = (await listening(proxy)).replace("//", "//user:pr0xy-password@");
    const environment = { https_proxy: url };
    const { failure } = await exchange(
      { url: "https://hooks.slack.com/services/x" },
      deliveryOf({ definition, environment }),
    );
    expect(failure).toMatchObject({ outcome: "transient", code: "PROXY", note: "the proxy answered 407" });
    expectNoSecret(failure!, ["pr0xy-password"]);
  });

  it("goes through the channel's own proxies rather than the environment's, a login among its secrets", async () => {
    const asked: string[] = [];
    const proxy = createHttpServer((request, response) => {
      asked.push(`${request.url ?? ""} ${request.headers["proxy-authorization"] ?? ""}`);
      response.end();
    });
    proxy.on("connect", (request, socket) => {
      asked.push(`${request.url ?? ""} ${request.headers["proxy-authorization"] ?? ""}`);
      socket.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    });
    const url = await listening(proxy);
    const proxies = { http: url, https: { secret: "PROXY" } };
    const delivery = deliveryOf({
      definition: { ...definition, proxies },
      values: { PROXY: url.replace("//", "//me:pr0xy-password@") },
      environment: { http_proxy: "http://127.0.0.1:9", https_proxy: "http://127.0.0.1:9", no_proxy: "*" },
    });
    await exchange({ url: "http://a.test/" }, delivery);
    const { failure } = await exchange({ url: "https://hooks.slack.com/services/x" }, delivery);
    const login = `Basic ${Buffer.from("me:pr0xy-password").toString("base64")}`;
    expect(asked).toEqual(["http://a.test/ ", `hooks.slack.com:443 ${login}`]);
    expectNoSecret(failure!, ["pr0xy-password"]);
  });

  it("survives proxy variables that are no URLs", async () => {
    const environment = { https_proxy: "::not a url::" };
    const { failure } = await exchange(
      { url: "https://hooks.slack.com/services/x" },
      deliveryOf({ definition, environment }),
    );
    expect(failure).toMatchObject({ outcome: "transient", code: "BAD_PROXY" });
  });

  it("asks nobody with a header that cannot be sent", async () => {
    const bad = { url: "http://127.0.0.1:1/", headers: { authorization: "Bearer a\nb" } };
    expect((await exchange(bad, deliveryOf({ definition }))).failure).toMatchObject({
      outcome: "permanent",
      code: "BAD_HEADER",
    });
  });

  it("takes a login from the URL, as a header", async () => {
    const seen: (string | undefined)[] = [];
    const server = createHttpServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end();
    });
    const url = (await listening(server)).replace("//", "//etl:p%40ss@");
    expect((await exchange({ url }, deliveryOf({ definition }))).answer?.status).toBe(200);
    expect(seen).toEqual([`Basic ${Buffer.from("etl:p@ss").toString("base64")}`]);
  });

  it("takes the login out of the URL that a proxy is asked for", async () => {
    const seen: (string | undefined)[][] = [];
    const proxy = createHttpServer((request, response) => {
      seen.push([request.url, request.headers.authorization]);
      response.end();
    });
    const delivery = deliveryOf({ definition, environment: { http_proxy: await listening(proxy) } });
    const { answer } = await exchange({ url: "http://me:s3same@hooks.test/in?a=1" }, delivery);
    expect(answer?.status).toBe(200);
    expect(seen).toEqual([["http://hooks.test/in?a=1", `Basic ${Buffer.from("me:s3same").toString("base64")}`]]);
  });

  it("closes its connections to a proxy when the answer is there", async () => {
    const ended: Promise<unknown>[] = [];
    // A server that keeps connections for as long as its client does.
    const proxy = createHttpServer({ keepAliveTimeout: 600_000 }, (_, response) => response.end("ok"));
    proxy.on("connection", (socket) => ended.push(once(socket, "close")));
    const delivery = deliveryOf({ definition, environment: { http_proxy: await listening(proxy) } });
    const { answer } = await exchange({ url: "http://hooks.test/in" }, delivery);
    expect(answer?.body).toBe("ok");
    expect(ended).toHaveLength(1);
    await Promise.all(ended);
  });

  it("knows that a host without an address was sent nothing", async () => {
    const { failure } = await exchange({ url: "http://no-such-host.invalid/x" }, deliveryOf({ definition }));
    expect(failure?.outcome).toBe("transient");
  });

  it("knows that a handshake that breaks off sent nothing", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.destroy());
    });
    const url = (await listening(server)).replace("http:", "https:");
    const { failure } = await exchange({ url }, deliveryOf({ definition }));
    expect(failure?.outcome).toBe("transient");
  });

  it("tells an answer that is not HTTP from none", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
    });
    const { failure } = await exchange({ url: await listening(server) }, deliveryOf({ definition }));
    expect(failure?.outcome).toBe("ambiguous");
  });
});
