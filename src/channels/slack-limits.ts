/**
 * Slack's limits for one message, in characters unless a name says otherwise.
 * One table, so that one live check can correct it. The block limits are in
 * Slack's Block Kit reference; `allBlocks` is not documented: messages above
 * about 13,200 characters were refused with `msg_blocks_too_long`
 * (slackapi/bolt-js#2509, getsentry/sentry#64928).
 */
export const SLACK_LIMITS = {
  /** Top-level `text`; longer is cut by Slack. Source: changes to message truncation, 2018. */
  text: 40_000,
  /** `text` of the plainest rung, as a section would allow. */
  plainText: 3000,
  /** `header.text`. Source: Block Kit reference, header. */
  header: 150,
  /** `section.text`. Source: Block Kit reference, section. */
  section: 3000,
  /** Entries of `section.fields`. Source: Block Kit reference, section. */
  fieldCount: 10,
  /** One of `section.fields`. Source: Block Kit reference, section. */
  field: 2000,
  /** Entries of `context.elements`. Source: Block Kit reference, context. */
  contextCount: 10,
  /** Entries of `actions.elements`. Source: Block Kit reference, actions. */
  actionCount: 25,
  /** `button.text`. Source: Block Kit reference, button. */
  button: 75,
  /** `button.url`. Source: Block Kit reference, button. */
  buttonUrl: 3000,
  /** Blocks in one message. Source: Block Kit reference, blocks. */
  blockCount: 50,
  /** All blocks together as JSON: a budget well under what was seen refused. Source: see above. */
  allBlocks: 10_000,
} as const;
