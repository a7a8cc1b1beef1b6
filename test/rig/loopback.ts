import { Server, createServer, type AddressInfo } from "node:net";

/**
 * Makes servers of other people's packages listen on 127.0.0.1 only: those that
 * name a port and no host would be open to the whole network.
 */
export function listenOnLoopbackOnly(): void {
  if (patched) return;
  patched = true;
  const { listen } = Server.prototype as unknown as { listen: (this: Server, ...given: unknown[]) => Server };
  Server.prototype.listen = function (this: Server, ...given: unknown[]) {
    const [port, host, ...rest] = given;
    if (typeof port !== "number" || typeof host === "string") return listen.apply(this, given);
    return listen.apply(this, [port, "127.0.0.1", ...(host === undefined ? [] : [host]), ...rest]);
  } as typeof Server.prototype.listen;
}

let patched = false;

/** A port of 127.0.0.1 at which nobody listens. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
