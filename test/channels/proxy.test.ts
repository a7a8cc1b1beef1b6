import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { exchange } from "../../src/channels/exchange.ts";
import { proxiedFetch, proxyFor } from "../../src/channels/proxy.ts";
import { deliveryOf } from "./delivery.ts";

const open: Server[] = [];
afterAll(() => {
  for (const each of open) each.close();
});
async function listening(server: Server): Promise<string> {
  open.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

const definition = { type: "webhook", timeout: "5s" };
const send = (url: string, environment: Record<string, string>) =>
  exchange({ url }, deliveryOf({ definition, environment }));

describe("the proxy for a URL", () => {
  const env = { https_proxy: "http://p:1", HTTP_PROXY: "q:2", no_proxy: "" };
  it.each<[string, Record<string, string>, string | undefined]>([
    ["https://a.test/", env, "http://p:1"],
    ["http://a.test/", env, "http://q:2"],
    ["https://a.test/", { ALL_PROXY: "socks5h://s:9" }, "socks5h://s:9"],
    ["https://a.test/", { all_proxy: "http://s:9", https_proxy: "http://p:1" }, "http://p:1"],
    ["https://a.test/", { https_proxy: "http://small:1", HTTPS_PROXY: "http://large:1" }, "http://small:1"],
    ["https://a.test/", { http_proxy: "http://p:1" }, undefined],
  ])("%s with %j", (url, variables, expected) => {
    const proxy = proxyFor(new URL(url), variables);
    expect(proxy === undefined ? undefined : `${proxy.protocol}//${proxy.host}`).toBe(expected);
  });

  it.each([
    ["*", "http://anything.test/", true],
    ["example.com", "http://example.com/", true],
    ["example.com", "http://api.example.com/", true],
    [".example.com", "http://api.example.com/", true],
    [".example.com", "http://example.com/", true],
    ["*.example.com", "http://api.example.com/", true],
    ["example.com", "http://badexample.com/", false],
    ["example.com.", "http://EXAMPLE.com./", true],
    ["a.test example.com", "http://example.com/", true],
    ["example.com:8080", "http://example.com:8080/", true],
    ["example.com:8080", "http://example.com/", false],
    ["10.0.0.0/8", "http://10.200.3.4/", true],
    ["10.0.0.0/8", "http://11.0.0.1/", false],
    ["10.0.0.0/8", "http://ten.10.0.0.1.example/", false],
    ["192.168.1.7", "http://192.168.1.7:9/", true],
    ["192.168.1.0/33", "http://192.168.1.7/", false],
    ["127.0.0.0/8", "http://127.9.9.9/", true],
    ["::1", "http://[::1]:8080/", true],
    ["[::1]", "http://[::1]/", true],
    ["[::1]:80", "http://[::1]/", true],
    ["fd00::/8", "http://[fd12:3456::1]/", true],
    ["[fd00::]/8", "http://[fd12:3456::1]/", true],
    ["fd00::/8", "http://[fe80::1]/", false],
    ["0.1", "http://10.0.0.1/", false],
    [" , ", "http://a.test/", false],
  ])("no_proxy=%s excludes %s: %s", (list, url, excluded) => {
    expect(proxyFor(new URL(url), { all_proxy: "http://p:1", NO_PROXY: list }) === undefined).toBe(excluded);
  });

  it.each(["ftp://p:1", "::none::", "http://", "socks6://p:1"])("%s is an error", async (proxy) => {
    expect(() => proxyFor(new URL("https://a.test/"), { https_proxy: proxy })).toThrow(TypeError);
    expect((await send("https://a.test/", { https_proxy: proxy })).failure).toMatchObject({ code: "BAD_PROXY" });
  });
});

describe("a proxy that opens no tunnel", () => {
  it.each<[string, (socket: Socket) => void, object]>([
    ["hangs up at once", (socket) => socket.end(), { code: "PROXY_FAILED" }],
    ["hangs up when asked", (socket) => socket.once("data", () => socket.end()), { code: "PROXY_FAILED" }],
    ["resets", (socket) => socket.once("data", () => socket.resetAndDestroy()), { code: expect.any(String) as string }],
    ["wants a login", refusing(407), { code: "PROXY", note: "the proxy answered 407" }],
    ["is overloaded", refusing(503), { code: "PROXY", note: "the proxy answered 503" }],
    ["speaks another protocol", (socket) => socket.once("data", () => socket.end("SSH-2.0-x\r\n")), {}],
  ])("and %s is asked once, and the message is tried again later", async (_, behave, expected) => {
    let connections = 0;
    const proxy = await listening(
      createServer((socket) => {
        connections += 1;
        socket.on("error", () => undefined);
        behave(socket);
      }),
    );
    const { failure } = await send("https://hooks.example.com/x", { https_proxy: `http://${proxy}` });
    expect(failure).toMatchObject({ outcome: "transient", ...expected });
    expect(connections).toBe(1);
  });
});

function refusing(status: number): (socket: Socket) => void {
  return (socket) => socket.once("data", () => socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`));
}

describe("a SOCKS proxy", () => {
  it("connects to the host by its name, with the login of the URL", async () => {
    const service = await listening(createHttpServer((_request, response) => response.end("taken")));
    const seen: string[] = [];
    const proxy = await listening(socksServer(service, seen));
    const environment = { all_proxy: `socks5://user:p%40ss@${proxy}` };
    expect((await send("http://inside.test/x", environment)).answer).toMatchObject({ status: 200, body: "taken" });
    expect(seen).toEqual(["user:p@ss", "inside.test"]);
  });

  it("that hangs up is asked once", async () => {
    let connections = 0;
    const proxy = await listening(
      createServer((socket) => {
        connections += 1;
        socket.on("error", () => undefined).once("data", () => socket.end());
      }),
    );
    const { failure } = await send("https://inside.test/x", { all_proxy: `socks5://${proxy}` });
    expect([failure?.outcome, connections]).toEqual(["transient", 1]);
  });
});

/** A SOCKS5 server that asks for a login and connects every host to one service. Source: RFC 1928 and 1929. */
function socksServer(service: string, seen: string[]): Server {
  return createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write(Buffer.from([5, 2]));
      socket.once("data", (login: Buffer) => {
        const user = login.subarray(2, 2 + (login[1] ?? 0));
        seen.push(`${user.toString()}:${login.subarray(3 + user.length).toString()}`);
        socket.write(Buffer.from([1, 0]));
        socket.once("data", (request: Buffer) => {
          seen.push(request.subarray(5, 5 + (request[4] ?? 0)).toString());
          const [host = "", port = ""] = service.split(":");
          const target = connect(Number(port), host, () => {
            socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
            socket.pipe(target).pipe(socket);
          });
        });
      });
    });
  });
}

describe("fetch for tasks", () => {
  it("goes through the environment's proxy, and straight to the hosts that need none", async () => {
    const asked: string[] = [];
    const note = (request: IncomingMessage): void => void asked.push(request.url ?? "");
    const proxy = await listening(
      createHttpServer((request, response) => {
        note(request);
        response.end("by proxy");
      }),
    );
    const service = await listening(createHttpServer((_request, response) => response.end("straight")));
    const fetch = await proxiedFetch({ http_proxy: proxy, no_proxy: "127.0.0.0/8" });
    expect(await (await fetch!("http://away.test/a")).text()).toBe("by proxy");
    expect(await (await fetch!(`http://${service}/b`)).text()).toBe("straight");
    expect(asked).toEqual(["http://away.test/a"]);
    expect(await proxiedFetch({ no_proxy: "*" })).toBeUndefined();
  });
});
