import type { Random } from "../host/host.ts";

/** Digits and small letters without `i`, `l`, `o`, `u`: none is mistaken for another. In order of their codes. */
const LETTERS = "0123456789abcdefghjkmnpqrstvwxyz";
/** 2025-01-01: no run is older. */
const EPOCH = 1_735_689_600_000;
/** Seconds fill six letters for 34 years. */
const TIME = 6;
const CHANCE = 3;

/**
 * A new run's id, such as `1v9k2q7d4`: the second it was made in, then chance. Ids sort
 * by time. Two of the same second may be equal: whoever makes one takes its place exclusively.
 */
export function newRunId(now: number, random: Random): string {
  let seconds = Math.max(Math.floor((now - EPOCH) / 1000), 0);
  let id = "";
  for (let at = 0; at < TIME; at += 1) {
    id = letter(seconds % 32) + id;
    seconds = Math.floor(seconds / 32);
  }
  for (let at = 0; at < CHANCE; at += 1) id += letter(Math.floor(random() * 32));
  return id;
}

function letter(value: number): string {
  return LETTERS.charAt(value % LETTERS.length);
}

/** Whether a text has the form of a run's id. */
export function isRunId(text: string): boolean {
  return text.length === TIME + CHANCE && Array.from(text).every((each) => LETTERS.includes(each));
}
