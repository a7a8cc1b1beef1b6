import type { Random } from "../host/host.ts";

/** Digits and small letters without `i`, `l`, `o`, `u`: none is mistaken for another. In order of their codes. */
const LETTERS = "0123456789abcdefghjkmnpqrstvwxyz";
/** 2025-01-01: no run is older. */
const EPOCH = 1_735_689_600_000;
/** Thirty-seconds of a second: they fill seven letters for 34 years. */
const TICK_MS = 1000 / 32;
const TIME = 7;
const CHANCE = 3;

/**
 * A new run's id, such as `1v9k2q7d4x`: the moment it was made in, then chance. Ids sort
 * by time. Two of one moment may be equal: whoever makes one takes its place exclusively.
 */
export function newRunId(now: number, random: Random): string {
  let ticks = Math.max(Math.floor((now - EPOCH) / TICK_MS), 0);
  let id = "";
  for (let at = 0; at < TIME; at += 1) {
    id = letter(ticks % 32) + id;
    ticks = Math.floor(ticks / 32);
  }
  for (let at = 0; at < CHANCE; at += 1) id += letter(Math.floor(random() * 32));
  return id;
}

function letter(value: number): string {
  return LETTERS.charAt(value % LETTERS.length);
}
