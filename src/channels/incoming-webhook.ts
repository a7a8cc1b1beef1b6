/** Slack's library, behind a module of ours: a bundler gives a CommonJS package's names only to static imports. */
export { IncomingWebhook } from "@slack/webhook";
