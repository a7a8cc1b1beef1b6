import { request as overHttp } from "node:http";
import { request as overHttps } from "node:https";
import { CONNECT_MS, MOST_READ, type HttpAnswer, type Route } from "./route.ts";

/** Straight to the service, by Node's HTTP client: `fetch` takes longer to load than an alert should take. */
export const directRoute: Route = ({ method, url, headers, body, signal }) =>
  new Promise<HttpAnswer>((resolve, reject) => {
    const isSecure = url.protocol === "https:";
    const outgoing = (isSecure ? overHttps : overHttp)(url, {
      method,
      headers: { accept: "*/*", "user-agent": "flowctl", ...headers },
      agent: false,
      signal,
    });
    const patience = setTimeout(() => {
      outgoing.destroy(Object.assign(new Error("no connection"), { code: "UND_ERR_CONNECT_TIMEOUT" }));
    }, CONNECT_MS);
    outgoing.on("socket", (socket) => {
      socket.once(isSecure ? "secureConnect" : "connect", () => {
        clearTimeout(patience);
      });
    });
    outgoing.on("close", () => {
      clearTimeout(patience);
    });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const answer = (): void => {
        const { statusCode = 0, headers: answered } = response;
        const text = Buffer.concat(chunks).subarray(0, MOST_READ).toString("utf8");
        const get = (name: string): string | null => {
          const value = answered[name.toLowerCase()];
          return value === undefined ? null : String(value);
        };
        resolve({ status: statusCode, headers: { get }, body: text });
      };
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size < MOST_READ) return;
        answer();
        response.destroy();
      });
      response.on("end", answer);
      response.on("error", reject);
    });
    outgoing.end(body);
  });
