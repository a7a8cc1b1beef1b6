/** undici's proxy and the `fetch` that fits it, in a module that is loaded where a proxy is named only. */
export { EnvHttpProxyAgent, fetch } from "undici";
