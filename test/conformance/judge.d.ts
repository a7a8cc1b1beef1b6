/** What came of comparing scenarios with what this engine does. */
export interface Judgement {
  readonly agreed: number;
  readonly total: number;
  readonly problems: readonly { readonly name: string; readonly difference: string }[];
  /** Those that differ on purpose; they count as agreed. */
  readonly deviations: readonly { readonly name: string; readonly reason: string }[];
  /** Fields that no one understands. */
  readonly unknown: readonly string[];
}
export function judge(text: string, api: object, source?: string): Promise<Judgement>;
